"""The loss of honest users: the accuracy of what they are told, on the test set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from benchmark import env
from benchmark.defences.wrappers import defended
from benchmark.nets.evaluate import BATCH, percent_equal
from benchmark.oracle.answering import Answer, Answerer


@dataclass(frozen=True)
class Told:
    """A teacher whose answers to a sequence of images are known already."""

    labels: Tensor  # int64, of all images in order

    def answer(self, shown: Tensor, first: int) -> Answer:
        """See ``Answerer``."""
        return Answer(self.labels[first : first + len(shown)])


def cost_to_users(
    defence: str,
    teacher: Answerer,
    images: Tensor,
    labels: Tensor,
    seed: int,
    classes: int,
    members: Callable[[str, str], Answerer] | None = None,
) -> float:
    """The accuracy in % that honest users get behind a defence, each image asked once in order.

    ``images``: uint8 N x C x H x W of the test set; ``labels``: int64 N, the truth. ``seed``: of
    the run, from which another is made, so these draws are not those of its queries. The memory of
    near-duplicates begins empty: a user is refused for images that look like other users' alone.
    """
    own = env.seed_of(seed, "users")
    server = defended(teacher, defence, own, classes, members=members)
    told, first = [], 0
    for part in images.split(BATCH):
        told.append(server.answer(part, first).labels.cpu())
        first += len(part)
    return percent_equal(torch.cat(told), labels.cpu())
