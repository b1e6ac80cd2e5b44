"""The state of a method as data: attributes to plain values, and back."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor, nn

from benchmark.errors import BenchError

PLAIN = (bool, int, float, str, type(None))


def plain(where: str, value: Any) -> Any:
    """A value as data that loads without executing code; ``where`` names it in the error."""
    if isinstance(value, nn.Module):
        return {"state_dict": value.state_dict(), **_flags(value)}
    if hasattr(value, "state_dict"):
        return {"state_dict": value.state_dict()}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Tensor) or type(value) in PLAIN:
        return value
    if type(value) in (list, tuple):
        return [plain(f"{where}[{i}]", item) for i, item in enumerate(value)]
    if type(value) is dict:
        return {"dict": {key: plain(f"{where}[{key!r}]", item) for key, item in value.items()}}
    raise BenchError(
        f"{where} is a {type(value).__name__}, which cannot be saved for a resume: use modules, "
        "optimisers, tensors, numbers, lists and dicts of these, or give it state_dict() and "
        "load_state_dict()"
    )


def _flags(module: nn.Module) -> dict[str, list[bool]]:
    """The switches of a network that its ``state_dict`` leaves out."""
    return {
        "training": [part.training for part in module.modules()],
        "requires_grad": [parameter.requires_grad for parameter in module.parameters()],
    }


def restored(where: str, current: Any, saved: Any, filled: dict[int, int]) -> Any:
    """The value for an attribute: ``current`` filled in place where possible.

    ``filled``: each storage written so far, with the saved storage it was filled from.
    """
    if isinstance(saved, dict) and "state_dict" in saved:
        return _load_object(where, current, saved)
    if isinstance(saved, dict):
        named = current if isinstance(current, dict) else {}
        items = saved["dict"].items()
        return {key: restored(f"{where}[{key!r}]", named.get(key), it, filled) for key, it in items}
    if isinstance(saved, list):
        known = list(current) if isinstance(current, (list, tuple)) else []
        known += [None] * (len(saved) - len(known))
        pairs = enumerate(zip(known, saved, strict=False))
        values = [restored(f"{where}[{i}]", old, item, filled) for i, (old, item) in pairs]
        return tuple(values) if isinstance(current, tuple) else values
    if isinstance(saved, Tensor) and isinstance(current, Tensor):
        return _load_tensor(current, saved, filled)
    return saved


def _load_object(where: str, current: Any, saved: dict[str, Any]) -> Any:
    """``current`` with its saved state; states of the first versions hold no flags."""
    if not hasattr(current, "load_state_dict"):
        raise BenchError(f"{where} has a saved state but was not built by setup(); build it there")
    current.load_state_dict(saved["state_dict"])
    if isinstance(current, nn.Module) and "training" in saved:
        parts, parameters = list(current.modules()), list(current.parameters())
        if (len(parts), len(parameters)) != (len(saved["training"]), len(saved["requires_grad"])):
            raise BenchError(f"{where} has other parts than setup() gives it; build them there")
        for part, training in zip(parts, saved["training"], strict=True):
            part.training = training
        for parameter, requires_grad in zip(parameters, saved["requires_grad"], strict=True):
            parameter.requires_grad_(requires_grad)
    return current


def _load_tensor(current: Tensor, saved: Tensor, filled: dict[int, int]) -> Tensor:
    """``current`` with the saved values: an optimiser made in ``setup`` may hold this very tensor.

    Another tensor where the saved one does not fit into it, or where two attributes that are one
    tensor after ``setup`` had become two.
    """
    here, there = (tensor.untyped_storage().data_ptr() for tensor in (current, saved))
    alike = all(getattr(saved, name) == getattr(current, name) for name in ("shape", "dtype"))
    fits = alike and saved.stride() == current.stride() and 0 not in current.stride()
    if fits and current.is_leaf and filled.setdefault(here, there) == there:
        current.data.copy_(saved)
        return current.requires_grad_(saved.requires_grad)
    return saved.detach().to(current.device).requires_grad_(saved.requires_grad)
