"""Each form of a file: how it is told, and how it becomes a module."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from benchmark import trust
from benchmark.errors import BenchError
from benchmark.nets import architectures, own_network
from benchmark.nets.names import TIMM, own_parts
from teachers.imported import onnx_file
from teachers.imported.given import Given
from teachers.names import MODELS, PICKLES

Shape = tuple[int, int, int]


def form_of(path: Path, content: bytes) -> str:
    """The form of a file, by its ending and, for .pt, by its content."""
    if path.suffix in PICKLES:
        raise BenchError(
            f"{path} is a pickle, which runs any code when it is read, so it is refused; write a "
            "scikit-learn model as ONNX with skl2onnx, a network as its state dict"
        )
    if path.suffix not in MODELS:
        raise BenchError(f"{path} is none of {', '.join(MODELS)}")
    if path.suffix in (".onnx", ".pt2"):
        return {".onnx": "onnx", ".pt2": "exported"}[path.suffix]
    return "torchscript" if _is_script(path, content) else "state-dict"


def demand_network(path: Path, given: Given) -> None:
    """Refuse weights of which nobody says whose they are."""
    if given.form == "state-dict" and not given.architecture:
        raise BenchError(
            f"{path} holds weights without their network: name it, --architecture timm:NAME, one "
            "of the suite's, or ./net.py:Class (in `bench run` --teacher FILE@ARCHITECTURE)"
        )


def _is_script(path: Path, content: bytes) -> bool:
    if path.suffix == ".safetensors" or not zipfile.is_zipfile(io.BytesIO(content)):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return any(name.split("/")[1:2] == ["constants.pkl"] for name in archive.namelist())
    except zipfile.BadZipFile:
        return False  # torn; reading it as weights says so


def _state_dict(path: Path, content: bytes, given: Given, shape: Shape, classes: int) -> nn.Module:
    state = _weights(path, content)
    if own_parts(given.architecture):
        trust.demand(given.architecture)
        module = own_network.build(given.architecture, given.network_sha256, shape[0], classes)
    else:
        architectures.check(given.architecture)
        module = architectures.build(given.architecture, shape, classes)
    return _filled(module, state, path, given.architecture.removeprefix(TIMM))


def _weights(path: Path, content: bytes) -> dict[str, torch.Tensor]:
    if path.suffix == ".safetensors":
        from safetensors import SafetensorError
        from safetensors.torch import load as from_bytes

        try:
            return from_bytes(content)
        except SafetensorError as problem:
            raise BenchError(f"{path} is no safetensors file: {problem}") from None
    try:
        found = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as problem:  # whatever a strange file makes of it
        raise BenchError(
            f"{path} does not load as plain weights ({type(problem).__name__}), and a pickle that "
            "runs code is refused; save module.state_dict()"
        ) from None
    for name in ("state_dict", "model"):  # a checkpoint of a training loop
        if isinstance(found, dict) and isinstance(found.get(name), dict):
            found = found[name]
    tensors = isinstance(found, dict) and all(isinstance(v, torch.Tensor) for v in found.values())
    if not tensors or not found:
        raise BenchError(f"{path} holds no state dict: names with tensors, nothing else")
    return found


def _filled(module: nn.Module, state: dict, path: Path, architecture: str) -> nn.Module:
    wanted = module.state_dict()
    state = {name.removeprefix("module."): of for name, of in state.items()}
    wrong = [n for n in wanted if n not in state or state[n].shape != wanted[n].shape]
    wrong += [n for n in state if n not in wanted]
    if wrong:
        raise BenchError(
            f"{path} holds weights of another network than {architecture}: {len(wrong)} tensors "
            f"are missing, unknown or of another shape, as {wrong[0]}"
        )
    if bad := next((n for n, of in state.items() if not of.isfinite().all()), ""):
        raise BenchError(f"{path} holds values that are not finite, in {bad}")
    module.load_state_dict(state)
    return module


def _script(path: Path, content: bytes, given: Given, shape: Shape, classes: int) -> nn.Module:
    trust.demand(f"the TorchScript file {path}")
    try:
        return torch.jit.load(io.BytesIO(content), map_location="cpu")
    except RuntimeError as problem:
        raise BenchError(f"{path} is no TorchScript file: {str(problem)[:200]}") from None


class _Exported(nn.Module):
    """An exported program, which is a module that knows no mode."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.program = [module]  # in a list, so no child: the mode of a program cannot be set

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.program[0](images)


def _exported(path: Path, content: bytes, given: Given, shape: Shape, classes: int) -> nn.Module:
    trust.demand(f"the exported program {path}")
    try:
        return _Exported(torch.export.load(io.BytesIO(content)).module())
    except Exception as problem:  # whatever a strange file makes of it
        raise BenchError(f"{path} is no exported program: {str(problem)[:200]}") from None


OPENERS: dict[str, Callable[[Path, bytes, Given, Shape, int], nn.Module]] = {
    "state-dict": _state_dict,
    "torchscript": _script,
    "exported": _exported,
    "onnx": onnx_file.opened,
}
