"""Transfer attacks on linear networks, where the answer is known by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch
from torch import nn

from benchmark.exposure import transfer
from benchmark.exposure.students import by_class
from benchmark.exposure.transfer import DRAWING, PHOTO, attacked, chosen, eps_for, fgsm, noise, pgd


class Linear(nn.Module):
    """Two classes of images of two pixels: class 1 where w · x is above 0."""

    def __init__(self, *weights: float) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 2, bias=False)
        with torch.no_grad():
            self.layer.weight[1] = torch.tensor(weights)
            self.layer.weight[0] = -torch.tensor(weights)

    def forward(self, images):
        return self.layer(images.flatten(1))


def pixels(*pairs: tuple[int, int]):
    return torch.tensor(pairs, dtype=torch.uint8).reshape(-1, 1, 1, 2)


# Class 1 by 20, 40 and 60 bytes of w · x with w = (1, -1); a change of eps costs each 2 eps.
IMAGES = pixels((120, 100), (140, 100), (160, 100))
LABELS = torch.ones(3, dtype=torch.int64)


@pytest.mark.parametrize("attack", [fgsm, pgd])
@pytest.mark.parametrize(("eps", "share"), [(8, 0), (11, 1), (21, 2), (31, 3)])
def test_an_attack_on_the_teacher_itself_flips_exactly_those_of_a_small_margin(attack, eps, share):
    network = Linear(1.0, -1.0)
    found = transfer.transfer(network, network, IMAGES, LABELS, Fraction(eps, 255))
    assert found.images == 3
    assert found.fgsm == found.pgd == pytest.approx(100 * share / 3)
    moved = attacked(attack, network, IMAGES, LABELS, Fraction(eps, 255))
    expected = IMAGES.int() + torch.tensor([-eps, eps]).reshape(1, 1, 1, 2)
    assert moved.tolist() == expected.tolist()


def test_a_student_that_looks_elsewhere_moves_the_teacher_nowhere():
    teacher, student = Linear(1.0, -1.0), Linear(-1.0, 1.0)
    found = transfer.transfer(student, teacher, IMAGES, LABELS, Fraction(31, 255))
    assert found.fgsm == found.pgd == 0.0


def test_no_pixel_moves_further_than_eps_or_out_of_range():
    images = pixels((0, 255), (255, 0), (3, 250))
    labels = torch.tensor([0, 1, 0])
    network = Linear(1.0, -1.0)
    for eps, most in ((PHOTO, 8), (DRAWING, 76)):
        ours = [attacked(attack, network, images, labels, eps) for attack in (fgsm, pgd)]
        for moved in (*ours, noise(images, eps)):
            assert moved.dtype == torch.uint8
            change = moved.int() - images.int()
            assert change.abs().max() == most, "0.3 of 255 are 76.5 bytes, of which 76 are whole"
    sides = attacked(fgsm, Linear(1.0, -1.0), images, labels, PHOTO).flatten(1).tolist()
    assert sides == [[8, 247], [247, 8], [11, 242]]


def test_random_signs_repeat_and_move_every_pixel():
    first = noise(IMAGES, PHOTO)
    assert torch.equal(first, noise(IMAGES, PHOTO))
    assert set((first.int() - IMAGES.int()).flatten().tolist()) == {-8, 8}


def test_the_errors_of_a_teacher_are_a_share():
    images = torch.cat([IMAGES, IMAGES[:1]])
    assert transfer.errors(Linear(1.0, -1.0), images, torch.tensor([1, 0, 0, 1])) == 50.0


def test_a_student_has_its_modes_and_gradients_back():
    student = nn.Sequential(Linear(1.0, -1.0), nn.Dropout())
    student[1].eval()
    student[0].layer.weight.requires_grad_(False)
    attacked(fgsm, student, IMAGES, LABELS, PHOTO)
    assert [module.training for module in student] == [True, False]
    assert not student[0].layer.weight.requires_grad
    assert student[0].layer.weight.grad is None


def test_images_are_spread_evenly_and_only_those_that_the_teacher_gets_right():
    labels = torch.arange(3000) // 1000  # in the order of their classes
    found = chosen(labels, torch.where(labels == 1, 0, labels))
    assert found.tolist() == [i for i in range(0, 3000, 3) if not 1000 <= i < 2000]
    assert chosen(torch.tensor([1, 1]), torch.tensor([0, 1])).tolist() == [1]


def test_without_an_image_that_the_teacher_gets_right_there_is_no_success_to_tell():
    network = Linear(1.0, -1.0)
    assert transfer.transfer(network, network, IMAGES[:0], LABELS[:0], PHOTO) is None


def test_small_grey_images_are_drawings_and_all_others_photos():
    assert eps_for((1, 28, 28)) == eps_for((1, 8, 8)) == DRAWING
    assert eps_for((1, 28, 29)) == eps_for((3, 28, 28)) == PHOTO


def test_accuracy_by_class_is_by_hand():
    labels = torch.tensor([0, 0, 0, 2, 2])
    assert by_class(torch.tensor([0, 0, 1, 2, 0]), labels, 3) == (200 / 3, None, 50.0)
