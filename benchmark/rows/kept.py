"""The safetensors files beside a row: its student, and a sample of its queries."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from safetensors.torch import load as from_safetensors
from safetensors.torch import save as to_safetensors
from torch import Tensor

from benchmark.files import MB, StoreError, Unsound
from benchmark.reading import read_file
from benchmark.rows.row import Row
from benchmark.text import LONGEST, hidden

# Bytes of a file. A sample has 2 MB of images or one large image, and numbers of 1,000 rounds.
LIMITS = {"student": 4096 * MB, "sample": 16 * MB}
NAMES = 100  # of logged numbers
MOST = 2**20  # images of a sample, pixels of a side
Tensors = dict[str, Tensor]


def packed(tensors: Tensors) -> bytes:
    """Tensors as the content of a file."""
    return to_safetensors({name: of.cpu().contiguous() for name, of in tensors.items()})


def digest(tensors: Tensors) -> str:
    """SHA-256, in hex, of tensors as a file holds them; of a final student, its row has it."""
    return hashlib.sha256(packed(tensors)).hexdigest()


def load(path: Path, kind: str, row: Row) -> Tensors:
    """The tensors of the "student" or "sample" whose SHA-256 a row names. Raises ``Unsound``."""
    again = "run the cell again with --force to have it"
    try:
        content = read_file(path, LIMITS[kind])
    except FileNotFoundError:
        raise Unsound(f"the {kind} {path} is not here; {again}") from None
    except StoreError as problem:
        raise Unsound(f"the {kind} {problem}; {again}") from None
    if hashlib.sha256(content).hexdigest() != (
        row.student_sha if kind == "student" else row.sample_sha
    ):
        raise Unsound(f"{path} is not the {kind} that its row names; {again}")
    try:
        tensors = from_safetensors(content)
    except Exception as problem:  # the reader's own, and what unknown types raise
        raise Unsound(f"the {kind} {path} holds no tensors ({problem}); {again}") from None
    if kind == "sample" and (wrong := _wrong_with_sample(tensors, row.classes)):
        raise Unsound(f"the {kind} {path} {wrong}; {again}")
    return tensors


def _wrong_with_sample(tensors: Tensors, classes: int) -> str:
    """The fault in the form of a sample, or nothing."""
    images, labels, asked = (tensors.get(name) for name in ("images", "labels", "asked"))
    if images is None or images.dtype != torch.uint8 or images.ndim != 4:
        return "has no images"
    if images.shape[1] not in (1, 3) or not 1 <= min(images.shape[2:]) <= max(images.shape) <= MOST:
        return "has images of an impossible shape, or too many"
    for of in (labels, asked):
        if of is None or of.dtype != torch.int64 or of.shape != images.shape[:1]:
            return "has not a label and a position for each image"
    if labels is not None and len(images) and not 0 <= labels.min() <= labels.max() < classes:
        return f"has labels of other classes than the row's {classes}"
    return _wrong_with_numbers(
        {name: of for name, of in tensors.items() if name[:4] == "log/"}, tensors.get("rounds")
    )


def _wrong_with_numbers(logged: Tensors, rounds: Tensor | None) -> str:
    """The fault in the numbers that a method logged, or nothing."""
    if rounds is None:
        return "has numbers of other rounds than it names" if logged else ""
    if rounds.dtype != torch.int64 or rounds.ndim != 1:
        return "has rounds that are no list of whole numbers"
    if any(of.shape != rounds.shape for of in logged.values()):
        return "has numbers of other rounds than it names"
    if any(of.dtype != torch.float32 for of in logged.values()):
        return "has logged numbers that are no float32"
    shown = all(len(name) <= LONGEST and not hidden(name) for name in logged)
    return "" if shown and len(logged) <= NAMES else "has logged numbers of too many or odd names"
