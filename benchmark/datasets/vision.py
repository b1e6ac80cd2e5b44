"""The sets that torchvision reads, downloaded on first use."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmark.datasets import Dataset, Split, known
from benchmark.datasets.plain_files import open_regular
from benchmark.errors import BenchError

MAX_FILE = 2**29  # bytes of a file of these sets; the largest has 182,040,794
DOWNLOAD_TIMEOUT = 10.0  # seconds without a byte from a server

_DIGITS = "0 1 2 3 4 5 6 7 8 9"
_IDX = tuple(
    f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")
)
_FASHION = "t-shirt/top trouser pullover dress coat sandal shirt sneaker bag ankle_boot"
_CIFAR10 = "airplane automobile bird cat deer dog frog horse ship truck"
_CIFAR100 = """
    apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly
    camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile
    cup dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard lamp
    lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain mouse mushroom
    oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine
    possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake
    spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger tractor
    train trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""


@dataclass(frozen=True)
class _Source:
    """A set's class in torchvision, and the ``files`` it wants in ``folder`` of the data folder."""

    torchvision: str
    folder: str
    files: tuple[str, ...]
    shape: tuple[int, int, int]
    class_names: str


_BATCHES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch", "batches.meta")
_SOURCES = {
    "mnist": _Source("MNIST", "MNIST/raw", _IDX, (1, 28, 28), _DIGITS),
    "fmnist": _Source("FashionMNIST", "FashionMNIST/raw", _IDX, (1, 28, 28), _FASHION),
    "svhn": _Source("SVHN", ".", ("train_32x32.mat", "test_32x32.mat"), (3, 32, 32), _DIGITS),
    "cifar10": _Source("CIFAR10", "cifar-10-batches-py", _BATCHES, (3, 32, 32), _CIFAR10),
    "cifar100": _Source(
        "CIFAR100", "cifar-100-python", ("train", "test", "meta"), (3, 32, 32), _CIFAR100
    ),
}


def load_vision(name: str, data_dir: Path) -> Dataset:
    """One of torchvision's sets under ``data_dir``; downloads it there if files are missing."""
    source = _SOURCES[name]
    if not is_here(name, data_dir):
        _download(name, source, data_dir)
    classes = tuple(source.class_names.split())
    read, stamp = partial(_read_vision, name, data_dir), partial(_stamp, name, data_dir)
    return Dataset(name, source.shape, classes, read, stamp=stamp)


def outline(name: str) -> tuple[tuple[int, int, int], int] | None:
    """Shape and number of classes of one of torchvision's sets, None for another name."""
    source = _SOURCES.get(name)
    return (source.shape, len(source.class_names.split())) if source else None


def class_names(name: str) -> tuple[str, ...]:
    """The class names of one of torchvision's sets, none for another name."""
    source = _SOURCES.get(name)
    return tuple(source.class_names.split()) if source else ()


def is_here(name: str, data_dir: Path) -> bool:
    """Whether one of these sets has all its files below ``data_dir``."""
    source = _SOURCES.get(name)
    return source is not None and all(
        (data_dir / source.folder / file).is_file() for file in source.files
    )


def _read_vision(name: str, data_dir: Path, split: str) -> Split:
    source = _SOURCES[name]
    for file in source.files:
        _check_file(data_dir / source.folder / file)
    try:
        raw = _construct(source, data_dir, split)
        images, labels = _as_tensors(raw, source.shape)
        if len(images) != len(labels) or not len(labels):
            raise ValueError(f"{len(images)} images but {len(labels)} labels")
        if images.shape[1:] != source.shape:
            raise ValueError(f"images of shape {tuple(images.shape[1:])}, not {source.shape}")
        if not 0 <= int(labels.min()) <= int(labels.max()) < len(source.class_names.split()):
            raise ValueError(f"labels from {int(labels.min())} to {int(labels.max())}")
    except Exception as error:  # parsers of damaged files raise nearly anything
        folder = data_dir / source.folder
        raise BenchError(
            f"{name}: the files in {folder} are damaged ({_last_line(error)}). Delete "
            f"{', '.join(source.files)} there and run again to download them, or put back intact "
            "copies"
        ) from error
    return Split(images, labels)


def _check_file(path: Path) -> None:
    """Refuse anything but a file of sane size, which torchvision would read into memory."""
    with open_regular(str(path)) as file:
        size = os.fstat(file.fileno()).st_size
    if size > MAX_FILE:
        raise BenchError(
            f"{path} has {size:,} bytes, more than any file of these sets: delete it and run "
            "again to download it, or put back an intact copy"
        )


def _stamp(name: str, data_dir: Path, split: str) -> known.Stamp | None:
    folder = data_dir / _SOURCES[name].folder
    files = ((file, folder / file) for file in _SOURCES[name].files)
    return known.stamp(f"{name} in {os.path.realpath(folder)} {split}", files)


def _as_tensors(raw: Any, shape: tuple[int, int, int]) -> tuple[Tensor, Tensor]:
    images = torch.as_tensor(raw.data)
    labels = torch.as_tensor(raw.labels if hasattr(raw, "labels") else raw.targets)
    if images.ndim == 3:
        images = images.unsqueeze(1)
    elif images.shape[1:] == (*shape[1:], shape[0]):  # CIFAR keeps the channels last
        images = images.permute(0, 3, 1, 2)
    return images.to(torch.uint8).contiguous(), labels.long()


def _construct(source: _Source, data_dir: Path, split: str, download: bool = False) -> object:
    from torchvision import datasets as torchvision_datasets

    chosen = {"split": split} if source.torchvision == "SVHN" else {"train": split == "train"}
    make = getattr(torchvision_datasets, source.torchvision)
    return make(root=data_dir, download=download, **chosen)


def _download(name: str, source: _Source, data_dir: Path) -> None:
    folder = data_dir / source.folder
    absent = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        with _network_manners():
            for split in ("train", "test"):
                _construct(source, data_dir, split, download=True)
    except (OSError, RuntimeError, HTTPException, EOFError, tarfile.TarError) as error:
        # torchvision makes folders before it connects, even in a data folder that others share.
        for path in absent:
            with contextlib.suppress(OSError):  # it was never made, or something is in it
                path.rmdir()
        raise BenchError(
            f"{name} is not complete in {data_dir} and could not be downloaded "
            f"({_last_line(error)}). Put {', '.join(source.files)} into "
            f"{folder}, or set BENCH_DATA to the folder that has "
            f"{'them' if source.folder == '.' else source.folder}"
        ) from error


@contextlib.contextmanager
def _network_manners() -> Iterator[None]:
    """A time limit for a silent server, and torchvision's output on standard error."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(DOWNLOAD_TIMEOUT)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        socket.setdefaulttimeout(before)


def _last_line(error: Exception) -> str:
    """The last line of a message: torchvision lists every mirror it tried before it."""
    lines = str(error).strip().splitlines() or [""]
    told = lines[-1].split(" You can use download=True")[0]
    return f"{type(error).__name__}: {told}" if told else type(error).__name__
