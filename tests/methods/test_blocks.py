"""Shared parts against values computed by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from benchmark.backing import Backing
from benchmark.method import Spec
from benchmark.nets.augment import KINDS, augment
from methods._blocks.differences import forward_difference, unit_directions
from methods._blocks.features import penultimate
from methods._blocks.losses import batch_information, recovered_logits, sample_information
from methods._blocks.noise import smooth_fields
from methods._blocks.optimisers import descend, sgd
from methods._blocks.pool import LabelledPool
from support.suite import CPU

SURE = torch.tensor([[200.0, -200.0], [-200.0, 200.0]])  # two certain, opposite predictions


def test_batch_information_is_lowest_for_a_balanced_batch():
    assert batch_information(SURE).item() == pytest.approx(-math.log(2) / 2)  # mean is (1/2, 1/2)
    assert batch_information(SURE[:1]).item() == pytest.approx(0.0)  # one class only
    thirds = torch.log(torch.tensor([[0.2, 0.3, 0.5], [0.4, 0.1, 0.5]]))
    by_hand = sum(p * math.log(p) for p in (0.3, 0.2, 0.5)) / 3
    assert batch_information(thirds).item() == pytest.approx(by_hand)


def test_sample_information_does_not_see_balance():
    assert sample_information(SURE).item() == pytest.approx(0.0)
    unsure = torch.zeros(3, 2)
    assert sample_information(unsure).item() == pytest.approx(-math.log(2) / 2)


@pytest.mark.parametrize("loss", [batch_information, sample_information])
def test_probabilities_that_underflow_give_finite_gradients(loss):
    logits = (SURE * 10).clone().requires_grad_()
    loss(logits).backward()
    assert torch.isfinite(logits.grad).all()


def test_augmentations_move_pixels_and_keep_the_rest():
    images = torch.rand(64, 3, 6, 8)
    assert augment(images, "none") is images
    flipped = augment(images, "flip")
    for before, after in zip(images, flipped, strict=True):
        assert torch.equal(after, before) or torch.equal(after, before.flip(-1))
    assert not torch.equal(flipped, images)
    cropped = augment(torch.ones(64, 1, 6, 6), "crop", padding=2)
    lost = (cropped == 0).flatten(1).sum(dim=1)
    assert lost.max() == 36 - 16 and lost.min() == 0  # a shift by (2, 2) at most
    assert augment((images * 255).byte(), "crop+flip").dtype == torch.uint8
    with pytest.raises(ValueError, match="crop"):
        augment(images, "zoom")


@pytest.mark.parametrize("kind", KINDS)
def test_augmentation_is_differentiable(kind):
    images = torch.rand(4, 1, 6, 6, requires_grad=True)
    augment(images, kind, padding=1).sum().backward()
    assert images.grad.max() == 1 and images.grad.min() >= 0


def make_pool(count: int) -> LabelledPool:
    pool = LabelledPool(Spec((1, 2, 2), 3, CPU), 10)
    levels = torch.arange(count).float().view(-1, 1, 1, 1) / 10
    pool.add(levels.expand(count, 1, 2, 2), torch.arange(count) % 3)
    return pool


def test_a_pass_over_the_pool_sees_every_image_once_with_its_label():
    pool = make_pool(7)
    seen = [
        (round(image.max().item() * 10), label.item())
        for images, labels in pool.batches(3)
        for image, label in zip(images, labels, strict=True)
    ]
    assert len(seen) == 6  # 3 + 3, and the single image left over is kept out of batch norm
    assert set(seen) < {(number, number % 3) for number in range(7)}
    assert sum(len(labels) for _, labels in make_pool(8).batches(3)) == 8


def test_pool_keeps_bytes_rounded_to_the_nearest():
    pool = make_pool(0)
    pool.add(torch.full((1, 1, 2, 2), 0.5001), torch.tensor([1]))
    assert pool.images[0].unique().item() == 128


def numbers(batch: tuple[Tensor, Tensor]) -> list[int]:
    """Which images of ``make_pool`` a batch holds, from their brightness."""
    return [round(image.max().item() * 10) for image in batch[0]]


def test_newest_and_resume():
    pool = make_pool(7)
    assert pool.newest(2)[1].tolist() == [2, 0]
    assert len(pool.newest(50)[1]) == 7
    pool.draw(3)
    again = make_pool(0)
    again.load_state_dict(pool.state_dict())
    assert len(again) == 7 and torch.equal(again.newest(7)[0], pool.newest(7)[0])
    assert numbers(again.draw(4)) == numbers(pool.draw(4))  # the same pass, where it stopped


@pytest.mark.parametrize("elsewhere", [False, True], ids=["in the file", "on another device too"])
def test_a_pool_whose_images_lie_in_a_file_goes_on_from_there(elsewhere, tmp_path):
    (tmp_path / "file").write_bytes(bytes(10 * 4))
    with open(tmp_path / "file", "r+b") as file:

        def make() -> LabelledPool:
            spec = Spec((1, 2, 2), 3, CPU, backing=Backing(file.fileno(), lambda: None))
            pool = LabelledPool(spec, 10)
            assert pool.images is pool.filed
            if elsewhere:  # as memory of a GPU
                pool.images = torch.empty_like(pool.images)
            return pool

        pool, same = make(), make_pool(7)
        pool.add(same.images[:7] / 255, same.labels[:7])
        state = pool.state_dict()
        assert "images" not in state
        for saved in (state, same.state_dict()):  # of before there was a file
            again = make()
            again.load_state_dict(saved)
            assert torch.equal(again.newest(7)[0], same.newest(7)[0])
            assert torch.equal(again.filed[:7], same.images[:7])


def test_parts_of_a_file_are_given_in_order_and_only_as_far_as_it_has_room(tmp_path):
    (tmp_path / "file").write_bytes(bytes(range(40)))
    with open(tmp_path / "file", "r+b") as file:
        backing = Backing(file.fileno(), lambda: None)
        assert backing.rows(6, (1, 2, 3)).flatten().tolist() == list(range(36))
        assert backing.rows(1, (1, 1, 5)) is None and backing.rows(0, (1, 2, 2)) is None
        assert backing.rows(1, (1, 2, 2)).flatten().tolist() == [36, 37, 38, 39]
        spec = Spec((1, 2, 2), 3, CPU, backing=backing)
        assert LabelledPool(spec, 10).filed is None  # in memory


def test_draws_read_every_image_once_a_pass():
    pool = make_pool(6)
    read = numbers(pool.draw(4)) + numbers(pool.draw(4)) + numbers(pool.draw(4))
    assert sorted(read[:6]) == sorted(read[6:]) == list(range(6))
    assert sorted(numbers(pool.draw(50))) == list(range(6))  # never more than there are


def test_new_images_join_the_pass_being_read():
    pool = make_pool(6)
    first = numbers(pool.draw(4))
    pool.add(torch.full((2, 1, 2, 2), 0.8), torch.tensor([1, 1]))
    rest = numbers(pool.draw(4))
    assert sorted(first + rest) == [0, 1, 2, 3, 4, 5, 8, 8]


def test_a_pool_gives_targets_in_the_place_of_labels_and_keeps_them_in_its_state():
    pools = [LabelledPool(Spec((1, 2, 2), 3, CPU), 10, targets=True) for _ in range(2)]
    levels = torch.arange(4).view(-1, 1, 1, 1) / 10
    pools[0].add(levels.expand(4, 1, 2, 2), torch.zeros(4).long(), torch.arange(4))
    pools[1].load_state_dict(pools[0].state_dict())
    for pool in pools:
        ((images, targets),) = pool.batches(9, targets=True)
        assert numbers((images, targets)) == targets.tolist() and len(set(targets.tolist())) == 4
        ((_, labels),) = pool.batches(9)
        assert not labels.any()


def test_a_forward_difference_finds_the_gradient_of_a_quadratic():
    """f(x) = |x|^2 / 2 has the gradient x; along u the difference adds d * step / 2 * u."""

    def f(points):
        return points.flatten(-3).square().sum(dim=-1) / 2

    points, step = torch.randn(3, 1, 2, 2, dtype=torch.float64), 1e-3
    directions = unit_directions(20_000, points)
    assert directions.flatten(2).norm(dim=2).allclose(torch.ones(1, dtype=torch.float64))
    found = forward_difference(f(points), f(points + step * directions), directions, step)
    torch.testing.assert_close(found, points, atol=0.06, rtol=0)
    one = forward_difference(f(points), f(points + step * directions[:1]), directions[:1], step)
    along = (points * directions[0]).flatten(1).sum(dim=1).view(3, 1, 1, 1)
    torch.testing.assert_close(one, 4 * (along + step / 2) * directions[0])


def test_recovered_logits_are_those_computed_by_hand():
    found = recovered_logits(torch.tensor([2]), 10, 0.1)[0]
    wrong, right = math.log(0.01), math.log(0.91)
    mean = (9 * wrong + right) / 10
    expected = torch.full((10,), wrong - mean)
    expected[2] = right - mean
    torch.testing.assert_close(found, expected)
    assert found[2].item() == pytest.approx(4.06, abs=0.01)


def test_penultimate_features_are_what_the_last_layer_gets():
    net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 4))
    images = torch.randn(5, 2)
    with penultimate(net) as features:
        logits = net(images)
    assert torch.equal(net[2](features[0]), logits) and len(features) == 1
    net(images)
    assert len(features) == 1  # the hook is gone
    with pytest.raises(ValueError, match="no linear layer"), penultimate(torch.nn.ReLU()):
        pass


@pytest.mark.parametrize("clip", [0.5, 100.0])
def test_a_step_is_clipped_by_the_norm_of_the_whole_gradient(clip):
    net = torch.nn.Linear(2, 1)
    before = torch.cat([p.detach().flatten() for p in net.parameters()])
    loss = descend(sgd(net, 1.0), net(torch.tensor([[3.0, 4.0]])).sum(), clip)
    moved = before - torch.cat([p.detach().flatten() for p in net.parameters()])
    whole = torch.tensor([3.0, 4.0, 1.0])
    torch.testing.assert_close(moved, whole * min(1, clip / whole.norm()), atol=1e-4, rtol=1e-4)
    assert not loss.requires_grad


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 9, 16)])
def test_smooth_noise_fills_the_unit_interval_of_each_image(shape):
    images = smooth_fields(6, shape, CPU)
    assert images.shape == (6, *shape)
    assert torch.equal(images.amin(dim=(1, 2, 3)), torch.zeros(6))
    assert torch.equal(images.amax(dim=(1, 2, 3)), torch.ones(6))
