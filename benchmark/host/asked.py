"""All that a method's process is told when it begins."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from benchmark.host.frames import Frame
from benchmark.host.inside import Given
from benchmark.host.source import Source
from benchmark.nets.own_network import Network
from benchmark.oracle.serving import Serving

ROOM = 2**20  # bytes for the names of tensors


@dataclass(frozen=True)
class Asked:
    """How the process of a method is to compute, and where its code comes from."""

    source: Source
    student: str  # architecture
    own: Network | None  # the student's, of a person's own file
    teacher: str  # architecture; built where the method is given one
    budget: int
    precision: str
    arithmetic: str
    graphs: bool


def begin(given: Given, asked: Asked) -> Frame:
    """The frame that tells it."""
    return Frame("begin", _fields(given, asked), _tensors(given))


def largest(begin: Frame, serving: Serving) -> int:
    """Bytes of a question for a whole budget, or of a student if that is more."""
    width = 1 if serving.precision == "uint8" else 4
    question = serving.account.budget * math.prod(serving.spec.shape) * width
    student = sum(one.nbytes for name, one in begin.tensors.items() if name.startswith("student."))
    return max(question, student) + ROOM


def _fields(given: Given, asked: Asked) -> dict[str, Any]:
    return {
        "source": asked.source.fields(),
        "name": given.name,
        "seed": given.seed,
        "shape": list(given.spec.shape),
        "classes": given.spec.classes,
        "access": given.spec.access,
        "device": str(given.spec.device),
        "threads": torch.get_num_threads(),
        "config": asdict(given.config),
        "student": asked.student,
        "own": asked.own.fields() if asked.own else {},
        "teacher": asked.teacher if given.teacher is not None else "",
        "budget": asked.budget,
        "precision": asked.precision,
        "arithmetic": asked.arithmetic,
        "graphs": asked.graphs,
    }


def _tensors(given: Given) -> dict[str, Tensor]:
    found = {f"student.{name}": of for name, of in given.student.state_dict().items()}
    if given.teacher is not None:
        found |= {f"teacher.{name}": of for name, of in given.teacher.state_dict().items()}
    if given.images is not None:
        found["images"] = given.images
    return found
