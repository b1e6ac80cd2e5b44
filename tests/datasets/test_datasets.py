"""The built-in and torchvision sets, from tiny files in the official formats, and their errors."""

from __future__ import annotations

import gzip
import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
import torch

from benchmark import datasets
from benchmark.datasets import built_in
from benchmark.errors import BenchError
from support import tiny_formats as tiny
from support.tiny_formats import assert_split, damaged_text

DIGITS_TEST = "b1bead20711fbb491b3b21f652a342aece9f0d544e94facfdfc1f424f97772bd"
DIGITS_TRAIN = "587a3cff98203c25e48f3f922fd20941406b93ea131c9903618a7fc44ee37514"


@pytest.fixture
def unread():
    """Digits are read from their file, before and after."""
    built_in._digits.cache_clear()
    yield
    built_in._digits.cache_clear()


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    def refuse(*_, **__):
        raise URLError("no route to host")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)


def test_names_are_cheap_and_complete():
    code = (
        "import sys, benchmark.datasets as d; print(*d.names());"
        "assert not {'torchvision', 'sklearn', 'scipy', 'PIL'} & set(sys.modules)"
    )
    root = Path(datasets.__file__).parents[2]
    run = [sys.executable, "-c", code]
    output = subprocess.run(run, check=True, capture_output=True, text=True, cwd=root).stdout
    expected = "digits photos mnist fmnist svhn cifar10 cifar100 tiny-imagenet imagenet12"
    assert output.split() == [*expected.split(), "folder:PATH", "tuning:NAME"]


@pytest.mark.parametrize("file", [built_in.DIGITS, "datasets/data/moved.csv.gz"])
def test_digits_are_the_same_wherever_scikit_learn_keeps_its_file(file, unread, monkeypatch):
    monkeypatch.setattr(built_in, "DIGITS", file)
    data = datasets.load("digits")
    assert (data.train.digest, data.test.digest) == (DIGITS_TRAIN, DIGITS_TEST)


def test_digits_are_read_without_an_import_of_scikit_learn(unread, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)  # an import of it fails
    assert datasets.load("digits").test.digest == DIGITS_TEST


def test_default_data_dir(monkeypatch, tmp_path):
    monkeypatch.setenv("BENCH_DATA", str(tmp_path))
    assert datasets.default_data_dir() == tmp_path
    monkeypatch.delenv("BENCH_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert datasets.default_data_dir() == tmp_path / "bench" / "data"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert datasets.default_data_dir() == Path.home() / ".cache" / "bench" / "data"


def test_unknown_names(tmp_path):
    with pytest.raises(BenchError, match=r"unknown data set 'mnits'.*mnist.*folder:PATH"):
        datasets.load("mnits", tmp_path)
    with pytest.raises(BenchError, match="folder:PATH"):
        datasets.load("", tmp_path)


def test_size_is_checked(tmp_path):
    with pytest.raises(BenchError, match="size 0 is out of range"):
        datasets.load("imagenet12", tmp_path, size=0)
    with pytest.raises(BenchError, match="mnist has one image size only"):
        datasets.load("mnist", tmp_path, size=32)


def test_digits():
    digits = datasets.load("digits")
    assert digits.name == "digits" and digits.classes == tuple("0123456789")
    assert_split(digits.train, 1442, (1, 16, 16), list(range(10)))
    assert_split(digits.test, 355, (1, 16, 16), list(range(10)))
    assert digits.test.labels.bincount().min() >= 34, "the split is not stratified"
    assert digits.train.images.min() == 0 and digits.train.images.max() == 255
    train = {image.numpy().tobytes() for image in digits.train.images}
    assert not train & {image.numpy().tobytes() for image in digits.test.images}
    assert digits.test.digest == DIGITS_TEST
    assert digits.train.digest == DIGITS_TRAIN


def test_digits_are_the_bilinear_ones():
    from sklearn.datasets import load_digits

    images = torch.as_tensor(load_digits().images).unsqueeze(1) * 255 / 16
    wide = torch.nn.functional.interpolate(images, scale_factor=2, mode="bilinear")
    digits = datasets.load("digits")
    ours = torch.cat([digits.train.images, digits.test.images]).double()
    assert abs(ours.mean() - wide.mean()) < 0.05
    first = digits.train.images[0, 0].double()  # the first 0 in the bundle is its first image
    assert (first - wide[0, 0]).abs().max() <= 0.5


def test_digest_depends_on_everything():
    labels, pixels = torch.arange(4), torch.from_numpy(tiny.pixels(4, 1, 4, 4))
    first = datasets.Split(pixels, labels).digest
    assert first == datasets.Split(pixels.clone(), labels.clone()).digest
    assert first != datasets.Split(pixels, labels.flip(0)).digest
    assert first != datasets.Split(pixels.flip(0), labels).digest
    assert first != datasets.Split(pixels.view(4, 1, 2, 8), labels).digest


@pytest.mark.parametrize("name, folder", [("mnist", "MNIST"), ("fmnist", "FashionMNIST")])
def test_mnist_format(tmp_path, name, folder):
    tiny.write_mnist(tmp_path, 20, name=folder)
    dataset = datasets.load(name, tmp_path)
    assert (dataset.name, dataset.shape, len(dataset.classes)) == (name, (1, 28, 28), 10)
    assert_split(dataset.train, 20, (1, 28, 28), list(range(10)))
    assert_split(dataset.test, 20, (1, 28, 28), list(range(10)))
    np.testing.assert_array_equal(
        dataset.test.images[:, 0].numpy(), tiny.pixels(20, 28, 28, seed=1)
    )


def test_svhn_format(tmp_path, monkeypatch):
    tiny.accept_any_checksum(monkeypatch)
    tiny.write_svhn(tmp_path, 20)
    dataset = datasets.load("svhn", tmp_path)
    assert_split(dataset.train, 20, (3, 32, 32), list(range(10)))
    assert dataset.test.labels.tolist()[:10] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0]
    published = tiny.pixels(32, 32, 3, 20, seed=1)
    np.testing.assert_array_equal(
        dataset.test.images[3].numpy(), published[..., 3].transpose(2, 0, 1)
    )


@pytest.mark.parametrize("name, classes", [("cifar10", 10), ("cifar100", 100)])
def test_cifar_format(tmp_path, monkeypatch, name, classes):
    tiny.accept_any_checksum(monkeypatch)
    getattr(tiny, f"write_{name}")(tmp_path, 100)
    dataset = datasets.load(name, tmp_path)
    assert len(set(dataset.classes)) == classes and dataset.shape == (3, 32, 32)
    assert_split(dataset.train, 500 if classes == 10 else 100, (3, 32, 32), list(range(classes)))
    seed = 5 if classes == 10 else 1
    np.testing.assert_array_equal(
        dataset.test.images.numpy(), tiny.pixels(100, 3072, seed=seed).reshape(-1, 3, 32, 32)
    )


@pytest.mark.parametrize(
    "name, named",
    [
        ("mnist", ("MNIST/raw", "t10k-labels-idx1-ubyte")),
        ("fmnist", ("FashionMNIST/raw", "train-images-idx3-ubyte")),
        ("svhn", ("test_32x32.mat",)),
        ("cifar10", ("cifar-10-batches-py", "test_batch")),
        ("cifar100", ("cifar-100-python", "meta")),
    ],
)
def test_no_network_names_files_and_folder(tmp_path, name, named):
    before = socket.getdefaulttimeout()
    text = damaged_text(name, tmp_path)
    assert f"{name} is not complete in {tmp_path}" in text and "no route to host" in text
    assert all(part in text for part in named) and "BENCH_DATA" in text
    assert text.count("URLError") + text.count("urlopen error") <= 2, "a pile of network errors"
    assert socket.getdefaulttimeout() == before


@pytest.mark.parametrize("name", ["fmnist", "cifar10", "svhn"])
def test_a_failed_download_leaves_nothing_behind(tmp_path, name):
    (tmp_path / "MNIST").mkdir()
    damaged_text(name, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["MNIST"], "an empty folder was left"
    damaged_text(name, tmp_path / "new" / "data")
    assert not (tmp_path / "new").exists()


def test_no_network_and_a_data_folder_that_cannot_be_written(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert "could not be downloaded" in damaged_text("cifar10", blocked / "data")


def test_damaged_mnist(tmp_path):
    tiny.write_mnist(tmp_path, 20)
    file = tmp_path / "MNIST" / "raw" / "t10k-images-idx3-ubyte"
    file.write_bytes(file.read_bytes()[:1000])
    text = damaged_text("mnist", tmp_path)
    assert f"the files in {file.parent} are damaged" in text and file.name in text


def test_labels_outside_the_classes(tmp_path):
    tiny.write_mnist(tmp_path, 30, classes=11)
    assert "labels from 0 to 10" in damaged_text("mnist", tmp_path)


@pytest.mark.parametrize("part", ["images-idx3", "labels-idx1"])
@pytest.mark.parametrize("change", ["cut", "longer", "empty", "magic", "floats", "gzipped"])
def test_idx_files_that_are_not_what_they_say(tmp_path, part, change):
    tiny.write_mnist(tmp_path, 20, name="FashionMNIST")
    file = tmp_path / "FashionMNIST" / "raw" / f"train-{part}-ubyte"
    whole = file.read_bytes()
    file.write_bytes(
        {
            "cut": whole[:-1],
            "longer": whole + b"x",
            "empty": b"",
            "magic": b"PK" + whole[2:],
            "floats": whole[:2] + b"\x0d" + whole[3:],
            "gzipped": gzip.compress(whole),
        }[change]
    )
    text = damaged_text("fmnist", tmp_path)
    assert f"fmnist: the files in {file.parent} are damaged" in text and file.name in text


def test_idx_files_of_unequal_number(tmp_path):
    tiny.write_mnist(tmp_path / "a", 20)
    tiny.write_mnist(tmp_path / "b", 30)
    name = "MNIST/raw/t10k-labels-idx1-ubyte"
    shutil.copy(tmp_path / "b" / name, tmp_path / "a" / name)
    assert "20 images but 30 labels" in damaged_text("mnist", tmp_path / "a")


def test_named_sets_read_plain_files_of_their_size_only(tmp_path):
    tiny.write_mnist(tmp_path, 20)
    file = tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte"
    with open(file, "r+b") as grown:
        grown.truncate(3 * 2**30)  # with holes, so it takes no room
    assert f"{file} has 3,221,225,472 bytes, more than any" in damaged_text("mnist", tmp_path)
    file.unlink()
    if hasattr(os, "mkfifo"):
        os.mkfifo(file)
        assert "mnist is not complete" in damaged_text("mnist", tmp_path)


@pytest.mark.parametrize("name", ["cifar10", "cifar100", "svhn"])
def test_damaged_files_fail_their_checksum(tmp_path, name):
    getattr(tiny, f"write_{name}")(tmp_path)  # tiny files never have the published sums
    text = damaged_text(name, tmp_path)
    assert f"{name}: the files in {tmp_path}" in text and "are damaged" in text
    assert "download=True" not in text, "torchvision's advice is not for users of the command line"
