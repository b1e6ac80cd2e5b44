"""What is kept beside a row as safetensors: its student, and a sample of its queries."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from safetensors.torch import load as from_safetensors
from safetensors.torch import save as to_safetensors
from torch import Tensor

from benchmark.files import MB, StoreError, Unsound, read_file

LIMIT = 4096 * MB  # bytes of a file
Tensors = dict[str, Tensor]


def packed(tensors: Tensors) -> bytes:
    """Tensors as the content of a file."""
    return to_safetensors({name: of.cpu().contiguous() for name, of in tensors.items()})


def load(path: Path, kind: str, sha: str | None) -> Tensors:
    """The tensors of a "student" or "sample" whose row names this SHA-256. Raises ``Unsound``."""
    again = "run the cell again with --force to have it"
    try:
        content = read_file(path, LIMIT)
    except FileNotFoundError:
        raise Unsound(f"the {kind} {path} is not here; {again}") from None
    except StoreError as problem:
        raise Unsound(f"the {kind} {problem}; {again}") from None
    if hashlib.sha256(content).hexdigest() != sha:
        raise Unsound(f"{path} is not the {kind} that its row names; {again}")
    try:
        tensors = from_safetensors(content)
    except Exception as problem:  # the reader's own, and what unknown types raise
        raise Unsound(f"the {kind} {path} holds no tensors ({problem}); {again}") from None
    if kind == "sample" and (wrong := _wrong_with_sample(tensors)):
        raise Unsound(f"the {kind} {path} {wrong}; {again}")
    return tensors


def _wrong_with_sample(tensors: Tensors) -> str:
    """What is wrong with the form of a sample, or nothing."""
    images, others = tensors.get("images"), [tensors.get(name) for name in ("labels", "asked")]
    if images is None or images.dtype != torch.uint8 or images.ndim != 4:
        return "has no images"
    if any(of is None or of.dtype != torch.int64 or of.shape != images.shape[:1] for of in others):
        return "has not a label and a place for each image"
    lengths = {of.shape for name, of in tensors.items() if name.startswith("log/")}
    rounds = tensors.get("rounds", torch.zeros(0))
    return "has numbers of other rounds than it names" if lengths - {rounds.shape} else ""
