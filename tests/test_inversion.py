"""DeepInversion and CMI: their shared parts by hand, and what their pages promise."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from benchmark import env, registry
from benchmark.cells import Request, check_budget, expand
from benchmark.errors import BenchError
from methods._blocks.augment import jitter, resized_crop
from methods._blocks.contrast import FeatureBank, ProjectionHead, contrastive_loss
from methods._blocks.losses import js_divergence, total_variation
from methods._blocks.statistics import (
    activations,
    has_statistics,
    moments,
    sample_means,
    statistics_distance,
)
from methods._blocks.targets import balanced_targets
from methods.cmi import adversarial_loss
from teachers import architectures
from test_contract import run_steps

PART = {"deepinversion": "inversion", "cmi": "generator"}
BOTH = pytest.mark.parametrize("name", ["deepinversion", "cmi"])


def hooks(net: nn.Module) -> int:
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in net.modules())


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
        (nn.Identity(), torch.tensor([[[3.0, 5.0]]])),  # 1 channel, two places
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
    monkeypatch.setattr("methods._blocks.augment.RATIO", 0.0)
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


# ---- the methods


@BOTH
def test_hooks_are_gone_after_a_round(name, spec, make_method):
    for access in ("hard-label", "white-box"):
        method, _ = make_method(registry.find(name), spec, 300, access=access)
        run_steps(method, registry.find(name), 0, 2, seed=0)
        assert hooks(method.student) == 0 and hooks(method.inverted) == 0


@BOTH
def test_the_row_says_so_where_there_are_no_statistics(name, spec, make_method, monkeypatch):
    method, _ = make_method(registry.find(name), spec, 90)
    assert method._notes == []
    small = replace(spec, shape=(1, 12, 12))
    for architecture in ("mlp", "alexnet"):
        student = architectures.build(architecture, small.shape, small.classes)
        monkeypatch.setattr(architectures, "build", lambda *_, net=student: net)
        method, account = make_method(registry.find(name), small, 90)
        monkeypatch.undo()
        run_steps(method, registry.find(name), 0, None, seed=0)
        assert method._notes == ["the student has no BatchNorm: no statistics to match"]
        assert account.spent == 90


@BOTH
def test_the_best_batch_is_kept_and_is_no_alias_of_one_that_goes_on_changing(
    name, spec, make_method
):
    entry = registry.find(name)
    method, _ = make_method(entry, spec, 300)
    method.config = replace(method.config, **{f"{PART[name]}_steps": 4})
    run_steps(method, entry, 0, 1, seed=0)  # a first round, so that none is the warm start
    step = f"_{PART[name]}_step"
    plain, seen = getattr(method, step), []
    losses = iter([3.0, 1.0, 2.0, 5.0])

    def watched(*inputs):
        images, *others, _ = plain(*inputs)
        seen.append(images.clone())
        return images, *others, torch.tensor(next(losses))

    setattr(method, step, watched)
    best = method.invert()
    assert torch.equal(best, seen[1]) and not torch.equal(seen[1], seen[3])


@BOTH
def test_inversion_fits_the_statistics_of_the_teacher_where_it_is_open(name, spec, make_method):
    """The teacher remembers bright images, the student dark ones."""
    entry = registry.find(name)
    entry.overrides["generator_lr" if name == "cmi" else "inversion_lr"] = 0.02
    brightness = {}
    for access in ("hard-label", "white-box"):
        method, _ = make_method(entry, spec, 300, access=access)
        method.pool.add(torch.zeros(1, *spec.shape), torch.zeros_like(method.pool.labels[:1]))
        changes = {f"{PART[name]}_steps": 30, "bn_weight": 100.0}
        method.config = replace(method.config, **changes)
        remember(method.student, torch.rand(50, *spec.shape) * 0.4)
        if access == "white-box":
            remember(method.teacher, torch.rand(50, *spec.shape) * 0.4 + 0.6)
        brightness[access] = method.invert().mean().item()
    assert brightness["hard-label"] < 0.4 < 0.6 < brightness["white-box"]


def remember(net: nn.Module, images: torch.Tensor) -> None:
    """Take over the statistics of a batch of images."""
    net.train()
    with torch.no_grad():
        for _ in range(50):
            net(images)
    net.eval()


def test_white_box_labels_are_soft_or_hard(spec, make_method):
    """The same answers: KL at T = 20 times T squared, or CE with the likeliest class."""
    answers, images = torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]]), torch.rand(2, *spec.shape)
    for label in ("cmi", "cmi:hard-labels", "deepinversion:hard-labels"):
        method, _ = make_method(registry.find(label), spec, 90, access="white-box")
        logits = method.student.train()(images).detach()
        (loss,) = method._student_step(images, answers)
        hard = F.cross_entropy(logits, torch.tensor([0, 2])).item()
        warm = F.softmax(answers.log() / 20, dim=1)
        soft = 400 * (warm * (warm.log() - F.log_softmax(logits / 20, dim=1))).sum().item() / 2
        assert loss.item() == pytest.approx(hard if "hard" in label else soft, rel=1e-3)


def test_the_terms_that_compare_teacher_and_student_are_there_in_white_box_access_only(
    spec, make_method
):
    for name, weight in (("cmi", "adversarial_weight"), ("deepinversion", "competition_weight")):
        for access in ("hard-label", "white-box"):
            losses = []
            for value in (0.0, 50.0):
                method, _ = make_method(registry.find(name), spec, 90, access=access)
                method.config = replace(method.config, **{weight: value})
                method.student.eval().requires_grad_(False)
                env.seed_all("the same step")
                run_steps(method, registry.find(name), 0, 2, seed=0)
                losses.append(method.logged()["generator_loss"])
            assert (losses[0] != losses[1]) is (access == "white-box")


def test_deepinversion_begins_with_paid_noise_where_statistics_are_the_students(spec, make_method):
    entry = registry.find("deepinversion")
    for access, updates in (("hard-label", 0), ("white-box", 2)):
        method, account = make_method(entry, spec, 300, access=access)
        taken, plain = [], method._inversion_step
        method._inversion_step = lambda y, p=plain, t=taken: t.append(1) or p(y)
        run_steps(method, entry, 0, 1, seed=0)
        assert len(taken) == updates and account.spent == 30
        run_steps(method, entry, 1, 2, seed=0)
        assert len(taken) == updates + 2 and account.spent == 60


def test_deepinversion_needs_a_batch_beside_its_warm_start(spec):
    for access, least in (("hard-label", 500), ("white-box", 250)):
        request = Request(
            [registry.find("deepinversion")], ["digits"], [0], budgets=[least - 1], access=access
        )
        with pytest.raises(BenchError, match=str(least)):
            check_budget(expand(request)[0], replace(spec, access=access))
        check_budget(expand(replace(request, budgets=[least]))[0], replace(spec, access=access))


def test_pixels_stay_in_the_unit_interval_and_differ_from_noise(spec, make_method):
    entry = registry.find("deepinversion")
    method, _ = make_method(entry, spec, 300)
    method.config = replace(method.config, inversion_steps=5, inversion_lr=1.0)
    run_steps(method, entry, 0, 2, seed=0)
    pixels = method.pixels[0]
    assert pixels.min() == 0 and pixels.max() == 1


@BOTH
def test_student_steps_and_their_rates(name, spec, make_method):
    """K steps in each of three rounds, then falling passes; cosine over the budget instead."""
    entry = registry.find(name)
    for changes, expected in (
        ({"replay_steps": 2, "final_passes": 2}, [1] * 6 + [1] * 3 + [0.5] * 3),
        (
            {"replay_steps": 1, "final_passes": 0, "schedule": "cosine"},
            [1, (1 + math.cos(math.pi / 3)) / 2, (1 + math.cos(2 * math.pi / 3)) / 2],
        ),
    ):
        method, _ = make_method(entry, spec, 90)
        method.config = replace(method.config, **changes)
        rates, plain = [], method._student_step
        group = method.student_optimiser.param_groups[0]
        method._student_step = lambda *b, p=plain, g=group, r=rates: r.append(g["lr"]) or p(*b)
        run_steps(method, entry, 0, None, seed=0)
        full = method.config.student_lr
        assert rates == pytest.approx([full * share for share in expected])


def test_cmi_draws_weights_and_latents_anew_and_keeps_head_and_bank(spec, make_method):
    entry = registry.find("cmi")
    method, _ = make_method(entry, spec, 300)
    run_steps(method, entry, 0, 1, seed=0)
    head = [p.clone() for p in method.head.parameters()]
    assert len(method.bank) == 30
    drawn = []
    plain = method._generator_step
    method._generator_step = lambda *i: drawn.append(method.source.latents.clone()) or plain(*i)
    run_steps(method, entry, 1, 2, seed=0)
    first, second = drawn
    assert not torch.equal(first, second)  # they learn
    assert (first - second).abs().max() < 0.01  # by a step of Adam's, 0.001
    assert len(method.bank) == 60
    after = list(method.head.parameters())
    moved = max((a - b).abs().max().item() for a, b in zip(after, head, strict=True))
    assert 0 < moved < 0.01
