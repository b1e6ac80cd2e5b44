"""The teacher behind a name, a file or an architecture: as ``bench run`` finds it."""

from __future__ import annotations

from pathlib import Path

import torch

from benchmark.errors import BenchError
from benchmark.nets.names import is_network
from benchmark.run import preparing, setting
from benchmark.run.setting import Places
from benchmark.run.watch import Show
from benchmark.serve.served import Served
from teachers import cards, resolving, shelf
from teachers.names import endpoint_of, model_of
from teachers.resolving import TeacherRef


def find(
    teacher: str, dataset: str | None, places: Places, size: int | None, show: Show
) -> TeacherRef:
    """A teacher; a model's own file is imported, as a run would import it.

    ``teacher``: a name of ``bench teacher list``, a file, or an architecture, which needs the data
    set too. Raises ``BenchError``.
    """
    if endpoint_of(teacher):
        raise BenchError(f"{teacher} is served where its address leads: there is no network here")
    named = shelf.named(places.teachers).get(teacher)
    if dataset is None:
        return TeacherRef.of(named or _alone(teacher, places))
    data = preparing.load(dataset, places.data, size, show)
    asked = str(named) if named and not is_network(teacher) else teacher
    found = resolving.resolve(asked, data, places.teachers)
    if found is None:
        raise BenchError(
            f"there is no {teacher} teacher of {data.name}: `bench teacher train` makes one"
        )
    setting.check_fit(found, data)
    return found


def _alone(teacher: str, places: Places) -> Path:
    """A teacher's file, which has a card that says what its images are."""
    model = model_of(teacher)
    if model is not None and cards.card_of(model[0]).exists():
        return model[0]
    if model is not None or is_network(teacher):
        raise BenchError(f"{teacher!r} says nothing of its images: give --dataset too")
    raise shelf.unknown(teacher, places.teachers)


def load(found: TeacherRef, device: torch.device, scores: bool = False) -> Served:
    """A teacher, verified, as an oracle of a run has it."""
    teacher = found.load(device)
    module = teacher.module.to(memory_format=torch.channels_last)
    return Served(found.path.stem, teacher.card, module, scores)
