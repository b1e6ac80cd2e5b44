"""Writers of tiny data sets in the official file formats, and checks of the images read from them.

Labels go round the classes (0, 1, 2, 0, ...); pixels come from a fixed generator.
"""

from __future__ import annotations

import io
import pickle
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from benchmark import datasets
from benchmark.errors import BenchError

CLASSES = ("apple", "bear", "cat")


def accept_any_checksum(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make torchvision take files that exist, whatever their MD5 sum."""
    for module in ("cifar", "svhn", "mnist", "utils"):
        path = f"torchvision.datasets.{module}.check_integrity"
        monkeypatch.setattr(path, lambda file, md5=None: Path(file).is_file())


def pixels(*shape: int, seed: int = 0) -> np.ndarray:
    """Random uint8 values of the given shape."""
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def write_mnist(root: Path, count: int = 20, name: str = "MNIST", classes: int = 10) -> None:
    """``name``/raw/*-ubyte with ``count`` images in each split; also for "FashionMNIST"."""
    folder = root / name / "raw"
    folder.mkdir(parents=True)
    for seed, part in enumerate(("train", "t10k")):
        images = pixels(count, 28, 28, seed=seed)
        labels = (np.arange(count) % classes).astype(np.uint8)
        (folder / f"{part}-images-idx3-ubyte").write_bytes(_idx(images))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(_idx(labels))


def _idx(array: np.ndarray) -> bytes:
    header = bytes((0, 0, 8, array.ndim))  # 8 stands for unsigned bytes
    return header + np.array(array.shape, dtype=">i4").tobytes() + array.tobytes()


def write_svhn(root: Path, count: int = 20) -> None:
    """train_32x32.mat and test_32x32.mat, where the label of the digit 0 is 10, as published."""
    from scipy.io import savemat

    root.mkdir(parents=True, exist_ok=True)
    labels = (np.arange(count) % 10 + 1).astype(np.uint8).reshape(-1, 1)
    for seed, split in enumerate(("train", "test")):
        content = {"X": pixels(32, 32, 3, count, seed=seed), "y": labels}
        savemat(root / f"{split}_32x32.mat", content)


def write_cifar10(root: Path, count: int = 20) -> None:
    """Five training batches of ``count`` images each and one test batch."""
    folder = root / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    labels = [index % 10 for index in range(count)]
    for seed, name in enumerate(
        [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
    ):
        _pickle(folder / name, {"data": pixels(count, 3072, seed=seed), "labels": labels})
    names = "airplane automobile bird cat deer dog frog horse ship truck"
    _pickle(folder / "batches.meta", {"label_names": names.split()})


def write_cifar100(root: Path, count: int = 100) -> None:
    """The files train, test and meta with ``count`` images in each split."""
    folder = root / "cifar-100-python"
    folder.mkdir(parents=True)
    labels = [index % 100 for index in range(count)]
    for seed, name in enumerate(("train", "test")):
        _pickle(folder / name, {"data": pixels(count, 3072, seed=seed), "fine_labels": labels})
    _pickle(folder / "meta", {"fine_label_names": [f"class {index}" for index in range(100)]})


def _pickle(path: Path, content: dict) -> None:
    path.write_bytes(pickle.dumps(content))


def write_image(
    path: Path, size: tuple[int, int] = (16, 16), mode: str = "RGB", seed: int = 0
) -> None:
    """One image of ``size`` (width, height); the suffix of ``path`` picks the file format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    width, height = size
    array = pixels(height, width, seed=seed) if mode == "L" else pixels(height, width, 3, seed=seed)
    Image.fromarray(array).save(path)


def write_folder(
    root: Path,
    classes: tuple[str, ...] = CLASSES,
    train: int = 4,
    test: int = 2,
    size: tuple[int, int] = (16, 16),
    mode: str = "RGB",
    test_name: str = "test",
    suffix: str = ".png",
) -> Path:
    """train/<class>/* and test/<class>/* with that many images a class; returns ``root``."""
    for split, count in (("train", train), (test_name, test)):
        for label, name in enumerate(classes):
            for index in range(count):
                seed = 1000 * (split != "train") + 100 * label + index
                write_image(root / split / name / f"{index:04}{suffix}", size, mode, seed)
    return root


def write_tar(path: Path, folder: Path, prefix: str = "", folders: bool = True) -> Path:
    """Pack ``folder`` below ``prefix``; the suffix of ``path`` picks the compression."""
    kind = path.suffix.lstrip(".")
    with tarfile.open(path, "w:" if kind == "tar" else f"w:{kind}") as archive:
        for file in sorted(folder.rglob("*"), reverse=True):  # readers must not rely on order
            if folders or file.is_file():
                archive.add(file, prefix + str(file.relative_to(folder)), recursive=False)
    return path


def add_member(
    path: Path, name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = ""
) -> None:
    """Append a file, or a link to ``link`` or the like, to an uncompressed archive."""
    with tarfile.open(path, "a") as archive:
        member = tarfile.TarInfo(name)
        member.size, member.type, member.linkname = len(content), kind, link
        archive.addfile(member, io.BytesIO(content))


def write_imagenet12(root: Path, test_name: str = "test") -> Path:
    """imagenet12 with three classes of wide JPEG images."""
    return write_folder(
        root / "imagenet12", size=(100, 80), test_name=test_name, suffix=".JPEG", train=2
    )


def write_tiny_imagenet(root: Path, classes: int = 3, train: int = 3, val: int = 2) -> Path:
    """tiny-imagenet-200 in its original layout with that many images a class."""
    place = root / "tiny-imagenet-200"
    wnids = [f"n{index:08}" for index in range(classes)]
    for label, wnid in enumerate(wnids):
        for index in range(train):
            file = place / "train" / wnid / "images" / f"{wnid}_{index}.JPEG"
            write_image(file, (64, 64), seed=100 * label + index)
        (place / "train" / wnid / f"{wnid}_boxes.txt").write_text("")
    rows = []
    for index in range(classes * val):
        file = place / "val" / "images" / f"val_{index}.JPEG"
        write_image(file, (64, 64), mode="L" if index == 0 else "RGB", seed=1000 + index)
        rows.append(f"{file.name}\t{wnids[index % classes]}\t0\t0\t62\t62\n")
    (place / "val" / "val_annotations.txt").write_text("".join(rows))
    (place / "wnids.txt").write_text("\n".join(reversed(wnids)))
    return place


def assert_split(split: datasets.Split, count: int, shape: tuple, labels: list[int]) -> None:
    """The types the interface promises, ``count`` images, and exactly these labels."""
    assert split.images.dtype == torch.uint8 and split.images.device.type == "cpu"
    assert split.images.shape == (count, *shape) and split.images.is_contiguous()
    assert split.labels.dtype == torch.int64 and sorted(set(split.labels.tolist())) == labels


def damaged_text(name: str, data_dir: Path) -> str:
    """The message of the error that loading and reading both splits ends in."""
    with pytest.raises(BenchError) as caught:
        dataset = datasets.load(name, data_dir)
        _ = dataset.test, dataset.train
    assert "\n" not in str(caught.value)
    return str(caught.value)
