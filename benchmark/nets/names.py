"""The names of networks; without torch, so that a slip of the pen is refused at once."""

from __future__ import annotations

import os
import re
from pathlib import Path

from benchmark import trust
from benchmark.errors import BenchError, unknown

TIMM = "timm:"
ENDPOINT = "endpoint:"  # a classifier behind an address, by its file, in rows by its name
AUGMENTATIONS = ("none", "flip", "crop", "crop+flip")  # see benchmark.nets.augment
OWN = "own:"  # an imported teacher, by its name; a student of a person's own file, by its class
NETWORKS = {
    "mlp": "Three dense layers, C*H*W-512-128-K with ReLU.",
    "lenet": "Two 5x5 convolutions (16, 32) with batch norm and pooling, one dense layer.",
    "alexnet": "Five or three convolutions, no batch norm; the form follows the image size.",
    "vgg8": "Five convolutions with batch norm; the released code calls this one VGG-16.",
    "vgg16": "The real VGG-16 (configuration D) with batch norm, average pooling and one dense "
    "layer.",
    "resnet18": "ResNet-18 for small images: first convolution 3x3 at stride 1, no max-pooling.",
    "resnet34": "ResNet-34 for small images: first convolution 3x3 at stride 1, no max-pooling.",
}


def listed() -> dict[str, str]:
    """All names that ``architectures.build`` takes, each with one line for people."""
    timm = "Any network of timm, untrained, e.g. timm:mobilenetv3_small_100."
    return NETWORKS | {f"{TIMM}NAME": timm}


def check(name: str) -> None:
    """Raise ``BenchError`` for a name that is no network of the suite and has no ``timm:``."""
    if name.startswith(OWN):
        raise BenchError(
            f"{name!r} names an imported teacher, and nothing can train or build one; `bench "
            "teacher list` shows those there are, `bench teacher import FILE` makes one. A student "
            "of your own is ./net.py:Class"
        )
    if name.startswith(ENDPOINT):
        raise BenchError(
            f"{name!r} names no file: give --teacher {ENDPOINT}FILE.toml, which says where the "
            "classifier is (docs/endpoints.md)"
        )
    if not name.startswith(TIMM) and name not in NETWORKS:
        raise unknown("architecture", name, NETWORKS, "Networks of timm are written timm:NAME.")


def own_parts(text: str) -> tuple[Path, str] | None:
    """File and class of a network that is written ``FILE.py:Class``; else None."""
    found = re.fullmatch(r"(.+\.py):(\w+)", text)
    return (Path(os.path.expanduser(found[1])), found[2]) if found else None


def check_student(name: str) -> None:
    """As ``check``, for a student, which may be a network of a person's own file, too."""
    found = own_parts(name)
    if found and not found[0].is_file():
        raise BenchError(f"there is no file {found[0]} with the student {found[1]}")
    if found:
        trust.demand(f"the student {name}")
    elif name.endswith(".py"):
        raise BenchError(f"{name} names no class: a student of your own is {name}:Class")
    else:
        check(name)


def is_trainable(teacher: str) -> bool:
    """Whether a teacher is given as an architecture that the suite can build."""
    return is_architecture(teacher) and not teacher.startswith(OWN)


def is_network(teacher: str) -> bool:
    """Whether a text is surely a network's name, or that of an imported teacher."""
    return teacher in NETWORKS or teacher.startswith((TIMM, OWN))


def is_architecture(teacher: str) -> bool:
    """False for a teacher that is given as a file, or by a text that looks like a path."""
    if is_network(teacher):
        return True
    if teacher.startswith(ENDPOINT):
        return False
    looks = re.search(r"[/\\]|^[.~]|\.\w+($|@)", teacher)
    return not looks and not os.path.exists(teacher)
