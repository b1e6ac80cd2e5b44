"""The student steps that a budget gives: those of ``ideal``, whose numbers methods share."""

from __future__ import annotations

from methods._blocks.replay import steps_within


def all_steps(labels: int, batch: int, replay_steps: int, final_passes: int) -> int:
    """Student steps of a whole run, for schedules that are shares of them.

    ``replay_steps`` for each batch of labels, never more than a pass over all that are there by
    then, and ``final_passes`` over all ``labels``.
    """
    return steps_within(labels, batch, replay_steps) + final_passes * -(-labels // batch)
