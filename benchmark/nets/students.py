"""Students: networks of the suite, or of a person's own file, which is checked before it is run."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmark import env
from benchmark.errors import BenchError
from benchmark.nets import architectures
from benchmark.nets.architectures import Shape
from benchmark.nets.health import named
from benchmark.nets.own_network import Network

TRIED = 3  # images


def build(architecture: str, shape: Shape, classes: int, own: Network | None) -> nn.Module:
    """A fresh student on the CPU, in training mode, as ``architectures.build`` makes one.

    ``own``: the network of a person's file, of which ``architecture`` is the label.
    """
    return (
        architectures.build(architecture, shape, classes)
        if own is None
        else _own(own, shape, classes)
    )


def _own(own: Network, shape: Shape, classes: int) -> nn.Module:
    module = own.make(shape[0], classes)
    tensors = dict([*module.named_parameters(), *module.named_buffers()])
    inexact = {name: of for name, of in tensors.items() if not _is_whole(of.dtype)}
    if wrong := [name for name, of in inexact.items() if of.dtype != torch.float32]:
        raise _refusal(own, f"holds {inexact[wrong[0]].dtype} in {named(wrong)}: use torch.float32")
    _answers(own, module, torch.zeros(2, *shape), classes)
    return module.train()


def check(own: Network, shape: Shape, classes: int) -> None:
    """Raise ``BenchError`` for a network that can be no student of images of this shape (C, H, W).

    The caller's random state stays.
    """
    with env.randomness_kept(torch.device("cpu")):
        first, same, other = (_seeded(own, shape, classes, seed) for seed in (0, 0, 1))
        _check_weights(own, first, same)
        images = torch.rand(TRIED, *shape)
        answers = _answers(own, first, images, classes)
        if not torch.equal(answers, _answers(own, first, images, classes)):
            raise _refusal(own, "answers the same images differently in evaluation mode")
        other.load_state_dict(first.state_dict())
        if not torch.equal(answers, _answers(own, other, images, classes)):
            raise _refusal(
                own,
                "has numbers that are not in its state_dict(), so nobody could copy what it has "
                "learnt: make them parameters or buffers",
            )
        _check_learns(own, first, images)


def _seeded(own: Network, shape: Shape, classes: int, seed: int) -> nn.Module:
    env.seed_all(seed, "check", own.label)
    return _own(own, shape, classes)


def _check_weights(own: Network, module: nn.Module, same: nn.Module) -> None:
    if not any(parameter.requires_grad for parameter in module.parameters()):
        raise _refusal(own, "has no parameters that could be trained")
    state, again = module.state_dict(), same.state_dict()
    if strange := [name for name, of in state.items() if not isinstance(of, Tensor)]:
        raise _refusal(own, f"has no tensor as {named(strange)} of its state_dict()")
    if state.keys() != again.keys() or any(not _alike(of, again[n]) for n, of in state.items()):
        raise _refusal(
            own,
            "has other initial weights each time, though the seed is the same: draw them from "
            "torch's own random numbers",
        )


def _is_whole(dtype: torch.dtype) -> bool:
    return not (dtype.is_floating_point or dtype.is_complex)


def _alike(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and torch.equal(one, other)


def _answers(own: Network, module: nn.Module, images: Tensor, classes: int) -> Tensor:
    """Its logits in evaluation mode, N x K, finite float32. ``BenchError`` for anything else."""
    shape = "x".join(map(str, images.shape[1:]))
    try:
        with torch.no_grad():  # not inference_mode: a tensor that it caches could not be trained
            logits = module.eval()(images)
    except Exception as problem:  # the file may do anything
        told = str(problem).strip().splitlines()[:1] or [""]
        reason = f"{type(problem).__name__}: {told[0][:200]}"
        raise _refusal(own, f"cannot take images of shape {shape}: {reason}") from None
    if not isinstance(logits, Tensor) or logits.shape != (len(images), classes):
        found = list(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
        raise _refusal(
            own,
            f"gives {found} for {len(images)} images of shape {shape}: return logits "
            f"[{len(images)}, {classes}], a row for each image",
        )
    if logits.dtype != torch.float32:
        raise _refusal(own, f"answers in {logits.dtype}: return torch.float32")
    if not torch.isfinite(logits).all():
        raise _refusal(own, "answers with values that are not finite before any training")
    return logits


def _check_learns(own: Network, module: nn.Module, images: Tensor) -> None:
    """One step back from a loss in training mode must reach a parameter."""
    try:
        loss = F.cross_entropy(module.train()(images), torch.zeros(len(images), dtype=torch.int64))
        loss.backward()
    except Exception as problem:  # the file may do anything
        reason = (str(problem).strip().splitlines() or [type(problem).__name__])[0][:200]
        raise _refusal(own, f"cannot be trained: {reason}") from None
    if all(parameter.grad is None for parameter in module.parameters()):
        raise _refusal(own, "cannot be trained: its logits depend on no parameter")


def _refusal(own: Network, reason: str) -> BenchError:
    return BenchError(f"{own.file}: a student of class {own.name} {reason}")
