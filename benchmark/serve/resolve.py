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
from teachers import cards, shelf
from teachers.names import model_of


def find(teacher: str, dataset: str | None, places: Places, size: int | None, show: Show) -> Path:
    """The file of a teacher; a model's own file is imported, as a run would import it.

    ``teacher``: a name of ``bench teacher list``, a file, or an architecture, which needs the data
    set too. Raises ``BenchError``.
    """
    named = shelf.named(places.teachers).get(teacher)
    if dataset is None:
        return named or _alone(teacher, places)
    data = preparing.load(dataset, places.data, size, show)
    asked = str(named) if named and not is_network(teacher) else teacher
    file = setting.find_teacher(asked, data, places.teachers)
    if file is None:
        raise BenchError(
            f"there is no {teacher} teacher of {data.name}: `bench teacher train` makes one"
        )
    setting.check_fit(file, cards.read_card(file), data)
    return file


def _alone(teacher: str, places: Places) -> Path:
    """A teacher's file, which has a card that says what its images are."""
    model = model_of(teacher)
    if model is not None and cards.card_of(model[0]).exists():
        return model[0]
    if model is not None or is_network(teacher):
        raise BenchError(f"{teacher!r} says nothing of its images: give --dataset too")
    raise shelf.unknown(teacher, places.teachers)


def load(file: Path, device: torch.device, scores: bool = False) -> Served:
    """The teacher of a file, verified, as an oracle of a run has it."""
    teacher = cards.load(file, device)
    module = teacher.module.to(memory_format=torch.channels_last)
    return Served(file.stem, teacher.card, module, scores)
