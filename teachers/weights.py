"""The weights file of a teacher, which stores the measured network exactly, in float16.

The parameters are rounded before the teacher is measured. The statistics of batch norm (running
means and variances) and whole numbers are not rounded: they are few, and a variance may be
anything. Files with float32 weights are read, too.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from torch import Tensor, nn

from benchmark.errors import BenchError
from benchmark.files import StoreError
from benchmark.reading import read_file

HEADER_LIMIT = 1024 * 1024  # bytes a weights file may hold beyond the weights
LARGEST = torch.finfo(torch.float16).max


@torch.no_grad()
def round_weights(module: nn.Module) -> None:
    """Round all parameters to float16 values, in place; their type stays float32.

    Raises ``BenchError`` for a value that float16 cannot hold, and changes nothing then.
    """
    for name, parameter in module.named_parameters():
        outside = parameter[~torch.isfinite(parameter.half())]
        if len(outside):
            raise BenchError(
                f"the weights {name} hold {outside[0].item():g}, which float16 cannot (at most "
                f"{LARGEST:g}): no sound network has such weights; train it with a smaller "
                "learning rate"
            )
    for parameter in module.parameters():
        parameter.copy_(parameter.half())


def pack(module: nn.Module) -> bytes:
    """The weights of a rounded network as a safetensors file; ``ValueError`` if it is not."""
    from safetensors.torch import save as to_bytes

    state = {key: value.detach().cpu().contiguous() for key, value in module.state_dict().items()}
    for name in _halves(module):
        rounded = state[name].half()
        if not torch.equal(rounded.float(), state[name]):
            raise ValueError(f"{name} was not rounded before it was measured")
        state[name] = rounded
    return to_bytes(state)


def unpack(path: Path, module: nn.Module, sha256: str) -> dict[str, Tensor]:
    """The ``state_dict`` in a weights file, as ``module`` wants it: names, shapes, types, finite.

    Raises ``ValueError`` with the fault in the file.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load as from_bytes

    wanted = module.state_dict()
    limit = HEADER_LIMIT + sum(_sizes(module).values())
    if path.stat().st_size > limit:
        raise ValueError(f"it is larger than the {limit} bytes its architecture can need")
    data = _read(path, limit)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ValueError("its SHA-256 is not the one on its card")
    try:
        weights = from_bytes(data)
    except (SafetensorError, ArithmeticError, LookupError, TypeError) as error:
        raise ValueError(f"it is not a safetensors file ({error})") from error
    if set(weights) != set(wanted):
        wrong = ", ".join(sorted(set(weights) ^ set(wanted))[:5])
        raise ValueError(f"missing or unknown tensors for its architecture: {wrong}")
    halves = _halves(module)
    return {key: _as_wanted(key, weights[key], wanted[key], key in halves) for key in wanted}


def check_claim(path: Path, outline: nn.Module) -> None:
    """``ValueError`` for a file too small to hold the weights of a network, even as float16.

    ``outline``: the network, on any device; one on "meta" takes no memory.
    """
    halves = _halves(outline)
    least = sum(size // 2 if name in halves else size for name, size in _sizes(outline).items())
    size = path.stat().st_size
    if size < least:
        raise ValueError(
            f"it has {size:,} bytes, its card claims a network that needs {least:,} or more"
        )


def _sizes(module: nn.Module) -> dict[str, int]:
    return {name: of.numel() * of.element_size() for name, of in module.state_dict().items()}


def _read(path: Path, limit: int) -> bytes:
    try:
        return read_file(path, limit, links=True)
    except (StoreError, FileNotFoundError) as problem:
        raise ValueError(str(problem)) from None


def _as_wanted(key: str, value: Tensor, wanted: Tensor, may_be_half: bool) -> Tensor:
    half = may_be_half and value.dtype == torch.float16
    if value.shape != wanted.shape or not (half or value.dtype == wanted.dtype):
        raise ValueError(f"tensor {key} has another shape or type than in the architecture")
    if not torch.isfinite(value).all():
        raise ValueError(f"tensor {key} holds values that are not finite")
    return value.to(wanted.dtype)


def _halves(module: nn.Module) -> set[str]:
    """Names of the tensors that are stored as float16."""
    return {name for name, value in module.named_parameters() if value.dtype == torch.float32}
