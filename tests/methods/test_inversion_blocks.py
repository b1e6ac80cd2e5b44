"""The parts that DeepInversion and CMI share, by hand: statistics, losses, views, bank, head."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from benchmark import env
from benchmark.nets import architectures
from benchmark.nets.augment import jitter, resized_crop
from methods._blocks.contrast import FeatureBank, ProjectionHead, contrastive_loss
from methods._blocks.losses import js_divergence, logit_divergence, total_variation
from methods._blocks.statistics import (
    activations,
    has_statistics,
    moments,
    sample_means,
    statistics_distance,
)
from methods._blocks.targets import balanced_targets
from methods.cmi import adversarial_loss
from support.suite import hooks

PART = {"deepinversion": "inversion", "cmi": "generator"}


# ---- statistics


def test_moments_and_their_gradient_are_those_of_autograd():
    for shape in ((4, 3), (5, 2, 3, 4)):
        inputs = torch.randn(shape, dtype=torch.float64, requires_grad=True)
        others = [0, *range(2, len(shape))]
        mean, variance = moments(inputs)
        torch.testing.assert_close(mean, inputs.mean(others))
        torch.testing.assert_close(variance, inputs.var(others, unbiased=False))
        assert torch.autograd.gradcheck(moments, inputs)


def test_the_distance_of_a_batch_to_the_running_statistics_is_that_by_hand():
    """Two channels with means 1, 4 and variances 1, 4, against means 0, 0 and variances 1, 1."""
    net = nn.Sequential(nn.BatchNorm2d(2)).eval()
    images = torch.tensor([[[0.0], [2.0]], [[2.0], [6.0]]]).unsqueeze(3)  # 2 x 2 x 1 x 1
    with activations(net) as seen:
        net(images)
    assert statistics_distance(seen).item() == pytest.approx(math.sqrt(17) + 3)
    assert sample_means(seen).tolist() == [[0, 2], [2, 6]]


def test_a_batch_with_the_running_statistics_has_no_distance_and_a_finite_gradient():
    net = nn.Sequential(nn.BatchNorm2d(1)).eval()
    images = torch.tensor([-1.0, 1.0]).view(2, 1, 1, 1).requires_grad_()
    with activations(net) as seen:
        net(images)
    distance = statistics_distance(seen)
    distance.backward()
    assert distance.item() == pytest.approx(0, abs=1e-5) and torch.isfinite(images.grad).all()


def test_activations_are_norm_inputs_else_convolutions_else_hidden_layers():
    images = torch.rand(3, 1, 16, 16)
    expected = {"lenet": [16, 32], "alexnet": [32, 64, 128, 256, 256], "mlp": [512, 128]}
    for name, channels in expected.items():
        net = architectures.build(name, (1, 16, 16), 10).eval()
        with activations(net) as seen:
            net(images)
            assert hooks(net) == len(channels)
        assert hooks(net) == 0
        assert [inputs.shape[1] for _, inputs in seen] == channels
        assert sample_means(seen).shape == (3, sum(set(channels)))
        assert has_statistics(net) is (name == "lenet")
        assert (statistics_distance(seen) > 0) == (name == "lenet")
        net(images)
        assert len(seen) == len(channels)
    for error in (ZeroDivisionError, ValueError):  # gone after a failure too
        with pytest.raises(error), activations(net):
            raise error
    assert hooks(net) == 0
    with (
        pytest.raises(ValueError, match="Linear has no hidden layer"),
        activations(nn.Linear(2, 2)),
    ):
        pass


def test_features_are_those_of_the_last_layer_of_each_width():
    seen = [
        (nn.Identity(), torch.tensor([[1.0, 2.0]])),
        (nn.Identity(), torch.tensor([[[3.0, 5.0]]])),  # 1 channel, two positions
        (nn.Identity(), torch.tensor([[6.0, 7.0]])),
    ]
    assert sample_means(seen).tolist() == [[6, 7, 4]]


def test_activations_belong_to_their_layer_whatever_the_order_of_computation():
    class Backwards(nn.Module):
        def __init__(self):
            super().__init__()
            self.last, self.first = nn.BatchNorm1d(2), nn.BatchNorm1d(2)

        def forward(self, values):
            return self.last(self.first(values) + 5)

    net = Backwards().eval()
    net.last.running_mean.fill_(5.0)
    values = torch.tensor([[-1.0, 1.0], [1.0, -1.0]])
    with activations(net) as seen:
        net(values)
    assert [layer for layer, _ in seen] == [net.first, net.last]
    assert statistics_distance(seen).item() == pytest.approx(0, abs=1e-4)


# ---- losses


def test_total_variation_of_one_white_pixel():
    images = torch.zeros(1, 1, 3, 3)
    images[..., 1, 1] = 1  # two differences of size 1 in each of the four directions
    assert total_variation(images).item() == pytest.approx(4 * math.sqrt(2))
    assert total_variation(torch.ones(2, 3, 4, 5)).item() == 0


def test_js_divergence_of_two_known_distributions():
    """p = (0.8, 0.2), q = (0.2, 0.8), m = (1/2, 1/2), at T = 3."""
    some = 3 * torch.tensor([[0.8, 0.2]]).log()
    expected = 0.8 * math.log(1.6) + 0.2 * math.log(0.4)
    assert js_divergence(some, some.flip(1)).item() == pytest.approx(expected, rel=1e-5)
    assert js_divergence(some, some).item() == 0
    # certain and opposite: clamped to 0.99 and 0.01
    sure = torch.tensor([[1e4, -1e4]])
    expected = 0.99 * math.log(1.98) + 0.01 * math.log(0.02)
    assert js_divergence(sure, sure.flip(1)).item() == pytest.approx(expected, rel=1e-5)


def test_contrastive_loss_by_hand():
    """Two images that find themselves or each other, without and with one stored image."""
    eye = torch.eye(3)
    none, one = torch.tensor([False]), torch.tensor([True])
    right = -math.log(math.e**2 / (math.e**2 + 1))  # similarity 1 against 0, temperature 1/2
    wrong = -math.log(1 / (math.e**2 + 1))
    assert contrastive_loss(eye, eye, none, 0.5).item() == pytest.approx(right, rel=1e-5)
    swapped = eye[[1, 0, 2]]
    assert contrastive_loss(swapped, eye, none, 0.5).item() == pytest.approx(wrong, rel=1e-5)
    among_three = -math.log(math.e**2 / (math.e**2 + 2))
    both = contrastive_loss(eye, eye, one, 0.5).item()
    assert both == pytest.approx(2 * among_three, rel=1e-5)  # mean of two, plus that of the bank


def test_what_the_bank_does_not_hold_has_no_gradient():
    queries = torch.randn(6, 4, requires_grad=True)
    keys = torch.randn(6, 4, requires_grad=True)
    valid = torch.tensor([True, False, False])
    loss = contrastive_loss(queries, keys, valid, 0.1)
    loss.backward()
    for tensor in (queries, keys):
        used = tensor.grad.abs().sum(dim=1) > 0
        assert used.tolist() == [True] * 4 + [False] * 2
    short = contrastive_loss(queries[:4], keys[:4], valid[:1], 0.1)
    assert short.item() == pytest.approx(loss.item(), rel=1e-5)  # as if they were not there


def test_adversarial_loss_counts_only_images_on_which_both_agree():
    teacher = torch.tensor([[0.75, 0.25], [0.75, 0.25]]).log()
    student = torch.tensor([[0.5, 0.5], [0.25, 0.75]]).log() + torch.tensor([[0.1, 0.0], [0, 0]])
    p = math.exp(0.1) / (1 + math.exp(0.1))
    divergence = 0.75 * math.log(0.75 / p) + 0.25 * math.log(0.25 / (1 - p))
    assert adversarial_loss(student, teacher).item() == pytest.approx(-divergence / 2, rel=1e-4)
    same = adversarial_loss(teacher, teacher).item()
    assert same == pytest.approx(0, abs=1e-6)  # why hard-label access leaves it out


# ---- views


def test_the_divergence_has_a_finite_gradient_where_probabilities_underflow():
    """At a logit gap of 200 all but one probability of the teacher is 0 in float32."""
    logits = torch.tensor([[200.0, 0.0, -200.0], [-200.0, 200.0, 0.0]])
    student = logits.flip(0).clone().requires_grad_()
    teacher = logits.clone().requires_grad_()
    for loss in (
        logit_divergence(student, teacher).sum(),
        adversarial_loss(student * 0.01, teacher),
        adversarial_loss(logits * 0.01, teacher),
    ):
        loss.backward()
        assert torch.isfinite(loss) and torch.isfinite(teacher.grad).all()
    assert torch.isfinite(student.grad).all() and student.grad.abs().max() > 0.5
    assert logit_divergence(student, teacher).tolist() == [400.0, 200.0]


def test_jitter_rolls_the_whole_batch_alike_and_moves_gradients_back():
    env.seed_all("jitter")
    images = torch.rand(3, 2, 5, 6, requires_grad=True)
    possible = [
        torch.roll(images, (down, across), (2, 3)) for down in (-1, 0, 1) for across in (-1, 0, 1)
    ]
    found = set()
    for _ in range(60):
        view = jitter(images, 1)
        equal = [number for number, one in enumerate(possible) if torch.equal(view, one)]
        assert len(equal) == 1
        found |= set(equal)
    assert found == set(range(9))
    assert torch.equal(jitter(images, 0), images)
    mirrored = [torch.equal(jitter(images, 0, flip=True), images.flip(3)) for _ in range(30)]
    assert 5 < sum(mirrored) < 25
    (gradient,) = torch.autograd.grad(jitter(images, 2, flip=True).sum(), images)
    assert torch.equal(gradient, torch.ones_like(images))


def test_a_local_view_of_the_whole_area_is_the_image(monkeypatch):
    monkeypatch.setattr("benchmark.nets.augment.RATIO", 0.0)
    images = torch.rand(40, 2, 5, 7)
    for view, image in zip(resized_crop(images, smallest=1.0), images, strict=True):
        close = [torch.allclose(view, one, atol=1e-5) for one in (image, image.flip(-1))]
        assert any(close)


def test_local_views_are_straight_parts_of_their_own_image():
    """Of an image whose value is its column, every view is a line of the slope of its width."""
    env.seed_all("crops")
    ramp = torch.arange(8.0).expand(200, 1, 8, 8)
    views = resized_crop(ramp, smallest=0.25)
    assert views.min() >= 0 and views.max() <= 7
    assert torch.allclose(views, views[:, :, :1].expand_as(views), atol=1e-4)  # rows alike
    slopes = (views[:, 0, 0, 4] - views[:, 0, 0, 3]).abs()
    low = math.sqrt(0.25 * 3 / 4)  # the narrowest part
    assert low - 1e-4 <= slopes.min() < 0.6 and 0.9 < slopes.max() <= 1 + 1e-4
    assert slopes.unique().numel() > 100  # each image on its own
    assert (views[:, 0, 0, 4] < views[:, 0, 0, 3]).float().mean() == pytest.approx(0.5, abs=0.15)
    images = torch.rand(4, 1, 6, 6, requires_grad=True)
    resized_crop(images).sum().backward()
    assert images.grad.abs().sum() > 0


# ---- bank and head


def test_the_bank_wraps_around_keeps_the_latest_and_resumes():
    bank = FeatureBank(5, 1, torch.device("cpu"))
    rows, valid = bank.draw(3)
    assert rows.shape == (3, 1) and not valid.any()
    bank.add(torch.tensor([[1.0], [2.0]]))
    rows, valid = bank.draw(3)
    assert valid.tolist() == [True, True, False] and sorted(rows[valid, 0].tolist()) == [1, 2]
    bank.add(torch.tensor([[3.0], [4.0]]))
    bank.add(torch.tensor([[5.0], [6.0]]))  # over the edge
    assert len(bank) == 5 and bank.features[:, 0].tolist() == [6, 2, 3, 4, 5]
    again = FeatureBank(5, 1, torch.device("cpu"))
    again.load_state_dict(bank.state_dict())
    for one in (bank, again):
        one.add(torch.tensor([[7.0]]))
        assert one.features[:, 0].tolist() == [6, 7, 3, 4, 5]
    rows, valid = bank.draw(4)
    assert valid.all() and len(set(rows[:, 0].tolist())) == 4
    bank.add(torch.arange(10.0, 17.0).unsqueeze(1))  # more than it holds
    assert sorted(bank.features[:, 0].tolist()) == [12, 13, 14, 15, 16]


def test_projections_have_length_one():
    assert torch.allclose(ProjectionHead(6, 4)(torch.randn(3, 6)).norm(dim=1), torch.ones(3))


def test_targets_are_balanced_and_the_rest_is_drawn():
    counts = balanced_targets(32, 10, torch.device("cpu")).bincount(minlength=10)
    assert counts.sum() == 32 and counts.min() >= 3
    assert len(balanced_targets(30, 101, torch.device("cpu"))) == 30
