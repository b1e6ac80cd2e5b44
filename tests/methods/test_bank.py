"""The bank of labelled images by class, and the transfer set of two kinds."""

from __future__ import annotations

import torch
from torch import Tensor

from benchmark.method import Spec
from methods._blocks.bank import ClassBank
from methods._blocks.transfer import TransferSet
from support.suite import CPU


def make_bank(size: int = 3) -> ClassBank:
    return ClassBank(Spec((1, 2, 2), 4, CPU), size)


def greys(*levels: int) -> Tensor:
    return torch.tensor(levels).float().div(255).view(-1, 1, 1, 1).expand(-1, 1, 2, 2).clone()


def numbers(images: Tensor) -> list:
    return images[..., 0, 0, 0].mul(255).round().int().tolist()


def test_a_bank_keeps_the_newest_images_of_each_class():
    bank = make_bank()
    bank.add(greys(1, 2, 3, 4, 5, 9), torch.tensor([0, 0, 0, 0, 0, 2]), fresh=True)
    assert bank.known().tolist() == [True, False, True, False]
    images, labels = bank.draw(torch.zeros(4, dtype=torch.int64), 99)
    assert sorted(zip(numbers(images), labels.tolist(), strict=True)) == [
        (3, 0),
        (4, 0),
        (5, 0),
        (9, 2),
    ]
    assert len(bank.draw(torch.zeros(4, dtype=torch.int64), 99)[0]) == 0


def test_images_are_drawn_as_evenly_as_those_used_before_allow():
    bank = make_bank(5)
    labels = torch.tensor([0] * 5 + [1] * 3 + [2] * 1)
    bank.add(greys(*range(9)), labels, fresh=True)
    bank.add(greys(100), torch.tensor([3]))  # not fresh: never drawn
    _, drawn = bank.draw(torch.tensor([2, 0, 0, 0]), 5)
    assert drawn.bincount(minlength=4).tolist() == [1, 3, 1, 0]


def test_the_nearest_of_the_allowed_classes_are_found():
    bank = make_bank()
    bank.add(greys(10, 20, 90, 40, 50), torch.tensor([0, 0, 0, 1, 2]))
    allowed = torch.tensor([[1, 0, 0, 1], [0, 1, 1, 0], [0, 1, 0, 0]]).bool()
    found = bank.nearest(greys(19, 52, 52), allowed, 2)
    assert numbers(found) == [[20, 50, 40], [10, 40, 40]]  # the only one of a class is repeated
    assert numbers(bank.nearest(greys(19), allowed[:1], 5))[3:] == [[20], [20]]


def test_a_bank_and_a_transfer_set_come_back():
    first, again = make_bank(), make_bank()
    first.add(greys(1, 2, 3, 4, 5), torch.tensor([0, 0, 0, 0, 3]), fresh=True)
    first.draw(torch.zeros(4, dtype=torch.int64), 1)
    again.load_state_dict(first.state_dict())
    first.add(greys(6), torch.tensor([0]))
    again.add(greys(6), torch.tensor([0]))
    assert torch.equal(first.images, again.images) and torch.equal(first.fresh, again.fresh)
    filled = make_transfer()
    empty = TransferSet(Spec((1, 2, 2), 3, CPU), 4, 4)
    empty.load_state_dict(filled.state_dict())
    torch.manual_seed(0)
    one = list(filled.batches(2))
    torch.manual_seed(0)
    for mine, other in zip(one, empty.batches(2), strict=True):
        assert all(torch.equal(a, b) for a, b in zip(mine, other, strict=True))


def make_transfer() -> TransferSet:
    transfer = TransferSet(Spec((1, 2, 2), 3, CPU), 4, 4)
    transfer.add_soft(greys(1, 2), torch.tensor([1, 2]), torch.tensor([[1.0, 3, 2], [4, 5, 9]]))
    transfer.hard.add(greys(10, 20, 30), torch.tensor([0, 1, 2]))
    return transfer


def test_a_pass_over_a_transfer_set_gives_each_image_its_own_label():
    seen = {}
    batches = list(make_transfer().batches(4))
    assert [len(batch[0]) for batch in batches] == [4]  # the fifth alone is left out
    for images, labels, logits, soft in make_transfer().batches(5):
        for row in zip(
            numbers(images), labels.tolist(), logits.tolist(), soft.tolist(), strict=True
        ):
            seen[row[0]] = row[1:]
    nothing = [0.0, 0.0, 0.0]
    assert seen == {
        1: (1, [1.0, 3.0, 2.0], 1.0),
        2: (2, [4.0, 5.0, 9.0], 1.0),
        10: (0, nothing, 0.0),
        20: (1, nothing, 0.0),
        30: (2, nothing, 0.0),
    }
