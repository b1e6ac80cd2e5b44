"""An ONNX file, run by onnxruntime on the CPU."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from benchmark.errors import BenchError

if TYPE_CHECKING:
    from teachers.imported.given import Given

INSTALL = "pip install 'honest-distillation-benchmark[onnx]'"
AT_ONCE = 1000  # images


class Onnx(nn.Module):
    """A session: images N x C x H x W, flat where the model wants them so, to N x K."""

    def __init__(self, session: Any, output: str, flat: bool, single: bool) -> None:
        super().__init__()
        self.session, self.output, self.flat, self.single = session, output, flat, single

    def forward(self, images: Tensor) -> Tensor:
        """The answers, on the CPU's arithmetic, back on the device of the images."""
        pixels = images.detach().cpu().float().numpy()
        pixels = pixels.reshape(len(pixels), -1) if self.flat else pixels
        name, step = self.session.get_inputs()[0].name, 1 if self.single else AT_ONCE
        parts = [
            _table(self.session.run([self.output], {name: pixels[at : at + step]})[0])
            for at in range(0, len(pixels), step)
        ]
        return torch.from_numpy(np.concatenate(parts)).to(images.device)


def _table(answer: Any) -> np.ndarray:
    """N x K; scikit-learn's models answer with a list of {class: probability}."""
    if isinstance(answer, list):
        answer = np.array([[one[name] for name in sorted(one)] for one in answer])
    return np.asarray(answer, np.float32)


def opened(
    path: Path, content: bytes, given: Given, shape: tuple[int, int, int], classes: int
) -> nn.Module:
    """The model of a file. Raises ``BenchError`` with the fault in it."""
    session = _session(path, content)
    inputs = session.get_inputs()
    if len(inputs) != 1 or inputs[0].type != "tensor(float)":
        told = ", ".join(f"{one.name} {one.type}" for one in inputs)
        raise BenchError(f"{path} wants {told}; a teacher takes one tensor of float images")
    batch, *wanted = inputs[0].shape
    flat = len(wanted) == 1
    here = [math.prod(shape)] if flat else list(shape)
    fixed = all(type(w) is not int or w == h for w, h in zip(wanted, here, strict=False))
    if len(wanted) != len(here) or not fixed:
        want, have = ("x".join(map(str, sizes)) for sizes in (wanted, here))
        raise BenchError(
            f"{path} takes images of {want}, not {have}: give --input-size or --channels"
        )
    if type(batch) is int and batch != 1:
        raise BenchError(f"{path} takes batches of exactly {batch}; export it with a free one")
    return Onnx(session, _output(path, session, given.output, classes), flat, batch == 1)


def _session(path: Path, content: bytes) -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise BenchError(f"{path}: ONNX files need onnxruntime: {INSTALL}") from None
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # its warnings are no error of a person
    options.intra_op_num_threads = torch.get_num_threads()
    # From bytes, not from the path: the file alone, as its SHA-256 tells, none beside it.
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as problem:  # it has a class of error for each fault
        told = str(problem).strip().splitlines()[0][:200]
        raise BenchError(
            f"{path} is no ONNX file that onnxruntime reads: {told}. A file with its weights "
            "beside it (.onnx.data) has to be exported as one, external_data=False"
        ) from None


def _output(path: Path, session: Any, asked: str, classes: int) -> str:
    """The output with a number for each class."""
    names = [one.name for one in session.get_outputs()]
    if asked:
        if asked not in names:
            raise BenchError(f"{path} has no output {asked!r}, it has {', '.join(names)}")
        return asked
    found = [one.name for one in session.get_outputs() if _may_answer(one, classes)]
    if len(found) != 1:
        which = "several outputs that may be" if found else "no output of"
        raise BenchError(
            f"{path} has {which} a number for each of {classes} classes "
            f"({', '.join(found or names)}); name it with --output"
        )
    return found[0]


def _may_answer(output: Any, classes: int) -> bool:
    if output.type.startswith("seq(map"):
        return True
    if output.type != "tensor(float)" or len(output.shape) != 2:
        return False
    return type(output.shape[1]) is not int or output.shape[1] == classes
