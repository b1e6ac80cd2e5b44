"""Defences as answerers that wrap an answerer.

Every random choice follows from a seed and the position of its query alone: neither a resumed run
nor another split into batches changes an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from benchmark import env
from benchmark.defences.memory import Memory
from benchmark.defences.spelling import Part, parse
from benchmark.errors import BenchError
from benchmark.oracle.answering import Answer, Answerer
from benchmark.oracle.query import as_bytes

WORDS = 4  # that Philox makes of one value of its counter


def words_at(seed: int, first: int, count: int) -> np.ndarray:
    """Random words of positions ``first`` to ``first + count - 1``, uint64 count x 4.

    Philox (Salmon et al., SC 2011) is a function of its counter, and position is the counter.
    """
    generator = np.random.Philox(key=seed, counter=first)
    return generator.random_raw(WORDS * count).reshape(count, WORDS)


def shares(words: np.ndarray) -> np.ndarray:
    """Words as numbers from 0 to below 1."""
    return (words >> np.uint64(11)) * 2.0**-53


@dataclass(frozen=True)
class Flipped:
    """Each label becomes, with a probability, one of the other classes, all equally likely."""

    inner: Answerer
    chance: float
    seed: int
    classes: int

    def answer(self, shown: Tensor, first: int) -> Answer:
        """See ``Answerer``."""
        answer = _hard(self.inner.answer(shown, first))
        words = words_at(self.seed, first, len(shown))
        labels = answer.labels.cpu().numpy()
        step = 1 + (words[:, 1] % np.uint64(self.classes - 1)).astype(np.int64)
        flipped = np.where(
            shares(words[:, 0]) < self.chance, (labels + step) % self.classes, labels
        )
        return replace(answer, labels=torch.from_numpy(flipped).to(answer.labels.device))


@dataclass(frozen=True)
class NearRefused:
    """An image too near to an earlier query gets a random class, which says nothing of it.

    A label-only interface has no word for "refused", and an error would cost a method its whole
    batch, the honest images too. So a refused image costs its query, as it was looked at, and is
    answered with any class, equally likely: the asker cannot tell that it was refused.
    """

    inner: Answerer
    distance: float  # L2, of pixels from 0 to 1
    seed: int
    classes: int
    memory: Memory

    def answer(self, shown: Tensor, first: int) -> Answer:
        """See ``Answerer``."""
        answer = _hard(self.inner.answer(shown, first))
        images = as_bytes(shown.cpu().contiguous().numpy())
        refused = self.memory.near(images, first, self.distance)
        words = words_at(self.seed, first, len(shown))[:, 0]
        drawn = (words % np.uint64(self.classes)).astype(np.int64)
        labels = np.where(refused, drawn, answer.labels.cpu().numpy())
        return replace(answer, labels=torch.from_numpy(labels).to(answer.labels.device))


@dataclass(frozen=True)
class AnyOf:
    """Each query is answered by one of several teachers, all equally likely."""

    members: Sequence[Answerer]
    seed: int

    def answer(self, shown: Tensor, first: int) -> Answer:
        """See ``Answerer``. Every teacher sees all images, so that a split changes no bit less."""
        answers = [member.answer(shown, first) for member in self.members]
        words = words_at(self.seed, first, len(shown))[:, 0]
        which = torch.from_numpy((words % np.uint64(len(self.members))).astype(np.int64))
        which = which.to(answers[0].labels.device)
        labels = torch.stack([one.labels for one in answers])
        at = torch.arange(len(shown), device=which.device)
        told = [one.probabilities for one in answers if one.probabilities is not None]
        probabilities = torch.stack(told)[which, at] if told else None
        return replace(answers[0], labels=labels[which, at], probabilities=probabilities)


def defended(
    answerer: Answerer,
    text: str,
    seed: int,
    classes: int,
    memory: Memory | None = None,
    members: Callable[[str, str], Answerer] | None = None,
) -> Answerer:
    """An answerer behind the defences of a text; the answerer itself where it is "".

    ``memory``: of a run that goes on, else a new one. ``members``: the further teacher of an
    ensemble by architecture and begin of its SHA-256. Raises ``BenchError`` for a wrong text, and
    for an ensemble where ``members`` is missing.
    """
    for part in parse(text).parts:
        own = env.seed_of(seed, "defence", part.name)
        if part.name == "flip":
            if classes < 2:
                raise BenchError("flip needs two classes or more: with one there is no other")
            answerer = Flipped(answerer, part.number, own, classes)
        elif part.name == "refuse-near":
            remembered = Memory() if memory is None else memory
            answerer = NearRefused(answerer, part.number, own, classes, remembered)
        elif part.name == "ensemble":
            answerer = AnyOf([answerer, *_members(part, members)], own)
    return answerer


def _members(part: Part, members: Callable[[str, str], Answerer] | None) -> list[Answerer]:
    if members is None:
        raise BenchError(f"{part.text} needs teachers of a data set, which are not known here")
    return [members(architecture, sha) for architecture, sha in part.members]


def _hard(answer: Answer) -> Answer:
    """The answer, if it is a label alone: beside probabilities another label would hide nothing."""
    if answer.probabilities is not None:
        raise ValueError("this defence changes labels; a teacher that tells more is not defended")
    return answer
