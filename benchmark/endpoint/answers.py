"""Values of an answer, checked and made into labels and probabilities."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from benchmark.endpoint.form import Endpoint
from benchmark.oracle.replies import Reply

OFF = 0.01  # by which probabilities of one image may miss 1: some servers round to 3 digits


def reply(values: Any, count: int, endpoint: Endpoint) -> Reply:
    """Of ``count`` images. ``ValueError`` with a reason where anything is not as it should be.

    Labels: ``[N]`` or ``[N, 1]``, indices or class names. Scores: ``[N, K]``, or a list of
    ``{label, score}`` for one image.
    """
    if endpoint.body == "image":
        return _scored(values, endpoint)
    if not isinstance(values, list):
        raise ValueError("its answers are no list")
    if len(values) != count:
        raise ValueError(f"it has {len(values):,} answers to {count:,} images")
    if all(isinstance(one, list) and len(one) == endpoint.classes for one in values):
        told = _probabilities(values, endpoint)
        return Reply(told.argmax(dim=1), told)
    flat = [one[0] if isinstance(one, list) and len(one) == 1 else one for one in values]
    if any(isinstance(one, list) for one in flat):
        raise ValueError(f"an image has neither 1 answer nor {endpoint.classes} scores")
    return Reply(torch.tensor([_label(one, endpoint) for one in flat], dtype=torch.int64))


def _label(value: Any, endpoint: Endpoint) -> int:
    if isinstance(value, str):
        if value in endpoint.class_names:
            return endpoint.class_names[value]
        where = "is not in 'class_names'" if endpoint.class_names else "but 'class_names' is empty"
        raise ValueError(f"it names the class {value[:60]!r}, which {where}")
    if type(value) is not int:
        kind = "a number with decimals" if isinstance(value, float) else type(value).__name__
        raise ValueError(f"a label is {kind}, no index of a class")
    if not 0 <= value < endpoint.classes:
        raise ValueError(f"a label is {str(value)[:20]}, not from 0 to {endpoint.classes - 1}")
    return value


def _score(value: Any) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise ValueError("a score is no finite number")
    return float(value)


def _probabilities(rows: list[list[Any]], endpoint: Endpoint) -> Tensor:
    """float32 N x K, of probabilities or logits."""
    scores = torch.tensor([[_score(one) for one in row] for row in rows], dtype=torch.float64)
    if endpoint.scores == "logits":
        scores = scores.softmax(dim=1)
    elif (scores < 0).any() or ((scores.sum(dim=1) - 1).abs() > OFF).any():
        raise ValueError('its scores do not add up to 1; set scores = "logits" if they are')
    return scores.float()


def _scored(values: Any, endpoint: Endpoint) -> Reply:
    """Of a list of ``{label, score}`` for one image; some servers put it into another list."""
    if isinstance(values, list) and len(values) == 1 and isinstance(values[0], list):
        values = values[0]
    if not isinstance(values, list) or not values:
        raise ValueError("it is no list of {label, score}")
    found: dict[int, float] = {}
    for one in values:
        if not isinstance(one, dict) or not {"label", "score"} <= one.keys():
            raise ValueError("it is no list of {label, score}")
        label = _label(one["label"], endpoint)
        if label in found:
            raise ValueError("it names a class twice")
        found[label] = _score(one["score"])
    best = torch.tensor([max(found, key=lambda label: found[label])])
    if len(found) < endpoint.classes:
        return Reply(best)  # the best few alone
    row = [found[label] for label in range(endpoint.classes)]
    return Reply(best, _probabilities([row], endpoint))
