"""The names of networks and of teacher files; without torch, so that a slip is answered at once."""

from __future__ import annotations

import os
import re
from pathlib import Path

from benchmark.errors import BenchError, unknown
from benchmark.files import StoreError, check_file

TIMM = "timm:"
RECIPES = ("auto", "glyphs", "photos")  # as asked for; see teachers.kinds
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
    """Raise ``BenchError`` for a name that is no network of the suite, nor said to be timm's."""
    if not name.startswith(TIMM) and name not in NETWORKS:
        raise unknown("architecture", name, NETWORKS, "Networks of timm are written timm:NAME.")


def is_architecture(teacher: str) -> bool:
    """False for a teacher that is given as a file, or as what looks like the path of one."""
    if teacher in NETWORKS or teacher.startswith(TIMM):
        return True
    looks = re.search(r"[/\\]|^[.~]|\.\w+$", teacher)
    return not looks and not os.path.exists(teacher)


def teacher_path(text: str) -> Path | None:
    """The path when a teacher was given as a file, None when it is an architecture."""
    if is_architecture(text):
        return None
    path = Path(os.path.expanduser(text))
    if path.suffix != ".safetensors":
        raise BenchError(
            f"{text!r} is no teacher of this suite: a teacher is a .safetensors file with its "
            "card, a .json file of the same name, beside it. `bench teacher train --dataset NAME "
            "--architecture NAME` makes both, `bench teacher list` shows those there are; "
            "--teacher takes the file or an architecture"
        )
    try:
        check_file(path)
    except FileNotFoundError:
        raise BenchError(
            f"there is no teacher file {text!r}; `bench teacher list` shows where some are"
        ) from None
    except StoreError as problem:
        raise BenchError(f"{problem}: give --teacher a teacher's file or an architecture") from None
    return path
