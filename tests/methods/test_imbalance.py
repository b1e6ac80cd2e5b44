"""Losses for imbalanced classes against values computed by hand."""

from __future__ import annotations

import math

import pytest
import torch

from methods._blocks.balanced import evened_rows
from methods._blocks.imbalance import (
    class_balanced_focal,
    class_balanced_weights,
    class_counts,
    ldam,
    ldam_margins,
)

LOGITS = torch.tensor([[math.log(3), 0.0], [math.log(3), 0.0]])  # sigmoids: 3/4 and 1/2
LABELS = torch.tensor([0, 1])


def test_counts_are_those_of_bincount():
    assert class_counts(torch.tensor([0, 2, 2, 1]), 4).tolist() == [1, 1, 2, 0]
    labels = torch.randint(7, (100,))
    assert torch.equal(class_counts(labels, 9), labels.bincount(minlength=9))


def test_rows_are_drawn_by_a_power_of_how_many_there_are_of_their_class():
    labels = torch.tensor([0] * 81 + [1] * 9 + [3] * 1)
    torch.manual_seed(0)
    for power, shares in ((0.0, (81, 9, 0, 1)), (0.5, (9, 3, 0, 1)), (1.0, (1, 1, 0, 1))):
        rows = evened_rows(labels, 4, 20_000, power)
        found = labels[rows].bincount(minlength=4) / 20_000
        torch.testing.assert_close(found, torch.tensor(shares) / sum(shares), atol=0.015, rtol=0)
    assert set(rows.tolist()) == set(range(91))  # none of a class is left out


def test_the_rarest_class_has_the_largest_margin_and_an_absent_one_counts_as_one_label():
    margins = ldam_margins(torch.tensor([16, 1, 0, 81]), 0.5)
    torch.testing.assert_close(margins, torch.tensor([0.25, 0.5, 0.5, 1 / 6]))
    margins = ldam_margins(torch.tensor([16, 81]), 0.5)
    torch.testing.assert_close(margins, torch.tensor([0.5, 1 / 3]))


def test_ldam_lowers_the_logit_of_the_label_alone():
    logits = torch.tensor([[1.0, 2.0], [1.0, 2.0]])
    loss = ldam(logits, LABELS, torch.tensor([16, 1]), 0.5)
    first, second = math.log(1 + math.exp(2 - 0.75)), math.log(1 + math.exp(1 - 1.5))
    assert loss.item() == pytest.approx((first + second) / 2)


def test_weights_are_one_over_the_effective_number_and_sum_to_the_classes():
    weights = class_balanced_weights(torch.tensor([1, 2, 3, 0]), 0.5)
    by_hand = torch.tensor([1, 2 / 3, 4 / 7, 1])  # 0.5 / (1 - 0.5^n)
    torch.testing.assert_close(weights, by_hand * 4 / by_hand.sum())
    rare, twice = class_balanced_weights(torch.tensor([1, 2]), 0.9999).tolist()
    assert rare / twice == pytest.approx(1.9999, abs=1e-5)
    torch.testing.assert_close(class_balanced_weights(torch.full((5,), 70), 0.99), torch.ones(5))


@pytest.mark.parametrize("gamma", [0.0, 1.0, 2.0])
def test_focal_loss_of_known_sigmoids(gamma):
    def term(q):
        return -((1 - q) ** gamma) * math.log(q)

    first, second = term(3 / 4) + term(1 / 2), term(1 / 4) + term(1 / 2)
    equal = class_balanced_focal(LOGITS, LABELS, torch.tensor([5, 5]), 0.9, gamma)
    assert equal.item() == pytest.approx((first + second) / 2, rel=1e-5)
    other = class_balanced_focal(LOGITS, LABELS, torch.tensor([1, 3]), 0.5, gamma)
    assert other.item() == pytest.approx((14 / 11 * first + 8 / 11 * second) / 2, rel=1e-5)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_focal_loss_of_extreme_logits_has_finite_gradients(gamma):
    logits = torch.tensor([[500.0, -500.0], [500.0, -500.0]], requires_grad=True)
    class_balanced_focal(logits, LABELS, torch.tensor([1, 1]), 0.9, gamma).backward()
    assert torch.isfinite(logits.grad).all() and logits.grad[1].abs().min() > 0
