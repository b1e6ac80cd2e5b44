"""QEDG: the filter before paying, the generator's three losses, the students' weights and flips."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from benchmark.method import Spec
from benchmark.run import registry
from methods._blocks.pool import from_bytes, to_bytes
from methods._blocks.replay import steps_within
from methods.qedg import likeness
from support.contract import run_steps
from support.suite import CPU


def made(spec, make_method, budget=600, label="qedg", **values):
    entry = registry.find(label)
    entry.overrides.update(values)
    method, account = make_method(entry, spec, budget)
    return method, entry, account


def judged(method, sure: list[float]) -> None:
    """Let the student be so sure of the images of a batch, whatever they are."""
    high = torch.tensor(sure)
    low = ((1 - high) / 2)[:, None].expand(-1, 2)
    logits = torch.cat([high[:, None], low], dim=1).log()
    method.student.forward = lambda images: logits


def test_candidates_of_which_the_student_is_sure_are_not_paid_for(spec, make_method):
    method, _, account = made(spec, make_method)
    method.pool.add(torch.rand(1, *spec.shape), torch.zeros(1, dtype=torch.int64))
    images = torch.rand(30, *spec.shape)
    judged(method, [0.5] * 10 + [0.9] * 19 + [0.4])
    chosen = method._unsure(images)
    assert len(chosen) == 11 and torch.equal(chosen[0], images[29])
    assert {image.numpy().tobytes() for image in chosen[1:]} == {
        image.numpy().tobytes() for image in images[:10]
    }
    assert account.spent == 0
    assert method._scalars["passed"] == pytest.approx(11 / 30)


def test_a_student_that_is_sure_of_all_ends_no_run(spec, make_method):
    """The least sure quarter is paid for; the released loop would go on for ever."""
    method, _, _ = made(spec, make_method)
    method.pool.add(torch.rand(1, *spec.shape), torch.zeros(1, dtype=torch.int64))
    images = torch.rand(30, *spec.shape)
    judged(method, torch.linspace(0.99, 0.75, 30).tolist())
    assert torch.equal(method._unsure(images), images[-7:].flip(0))
    method, entry, account = made(spec, make_method, 200, confidence=0.0)
    run_steps(method, entry, 0, None, seed=0)
    assert account.spent == 200 and len(method.pool) == 200


def test_an_untrained_student_judges_nothing(spec, make_method):
    method, _, _ = made(spec, make_method)
    images = torch.rand(30, *spec.shape)
    judged(method, [0.99] * 30)
    assert method._unsure(images) is images


def test_candidates_are_judged_as_they_are_paid_for(spec, make_method):
    method, _, _ = made(spec, make_method)
    method.pool.add(torch.rand(1, *spec.shape), torch.zeros(1, dtype=torch.int64))
    seen, plain = [], method.student.forward
    method.student.forward = lambda images: seen.append(images) or plain(images)
    images = torch.rand(30, *spec.shape)
    method._unsure(images)
    assert torch.equal(seen[0], from_bytes(to_bytes(images))) and not torch.equal(seen[0], images)


def test_every_label_is_stored_and_replayed_within_the_limit_of_ideal(spec, make_method):
    method, entry, account = made(spec, make_method, 210)
    shown, plain = [], method._weighted_step
    method._weighted_step = lambda *batch: shown.append(len(batch[0])) or plain(*batch)
    run_steps(method, entry, 0, None, seed=0)
    assert account.spent == len(method.pool) == 210
    c = method.config
    assert len(shown) == steps_within(210, c.batch, c.replay_steps) + math.ceil(210 / c.batch)
    ideal, ours = (registry.find(name).method.Config() for name in ("ideal", "qedg"))
    assert ours.replay_steps / ours.batch <= ideal.replay_steps / ideal.batch
    assert ours.final_passes <= ideal.final_passes


def test_the_released_form_learns_all_labels_after_each_round(spec, make_method):
    method, entry, _ = made(spec, make_method, 600, "qedg:released")
    object.__setattr__(method.config, "round_passes", 3)
    shown, plain = [], method._weighted_step
    method._weighted_step = lambda *batch: shown.append(len(batch[0])) or plain(*batch)
    run_steps(method, entry, 0, 2, seed=0)
    first, second = method.config.batch, len(method.pool)
    assert sum(shown) == 3 * (first + second)


def test_pairs_of_one_class_alone_count_as_alike():
    images, targets = torch.rand(6, 1, 4, 4), torch.tensor([0, 1, 0, 2, 1, 0])
    flat = images.flatten(1)
    pairs = [(0, 2), (0, 5), (2, 5), (1, 4)]
    expected = sum(F.cosine_similarity(flat[i], flat[j], dim=0) for i, j in pairs) / 6
    assert likeness(images, targets).item() == pytest.approx(expected.item(), rel=1e-5)


def test_the_generators_loss_has_three_terms_on_the_views_that_are_kept(spec, make_method):
    method, _, _ = made(spec, make_method, spread_weight=7.0, likeness_weight=0.3)
    method.student.eval().requires_grad_(False)
    latents, targets = method.generator.sample(30), torch.randint(3, (30,))
    views, loss = method._generator_step(latents, targets)
    logits = method.student(views)
    spread = logits.softmax(dim=1).std(dim=1).mean()
    expected = F.cross_entropy(logits, targets) + 7 * spread + 0.3 * likeness(views, targets)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)


def test_wrong_images_weigh_more(spec, make_method):
    method, _, _ = made(spec, make_method, wrong_weight=3.0, student_lr=0.0)
    images, labels = torch.rand(30, *spec.shape), torch.randint(3, (30,))
    method.student.train()
    logits = method.student(images).detach()
    losses = F.cross_entropy(logits, labels, reduction="none")
    weights = torch.where(logits.argmax(1) == labels, 1.0, 3.0)
    (loss,) = method._weighted_step(images, labels)
    assert loss.item() == pytest.approx((weights * losses).sum().item() / 30, rel=1e-5)


def test_only_images_of_which_the_student_is_sure_are_mirrored(spec, make_method):
    method, _, _ = made(spec, make_method, free_flips=1.0)
    images = torch.rand(4, *spec.shape)
    judged(method, [0.99, 0.5, 0.97, 0.94])
    flipped = method._flipped(images)
    assert torch.equal(flipped[[1, 3]], images[[1, 3]])
    assert not torch.equal(flipped[0], images[0]) and not torch.equal(flipped[2], images[2])
    assert method.student.training


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_candidates_and_views_lie_in_the_range(channels, make_method):
    method, _, _ = made(Spec((channels, 12, 9), 3, CPU), make_method)
    images = torch.rand(40, channels, 12, 9)
    for changed in (method._distorted(images), method._viewed(images)):
        assert changed.shape == images.shape
        assert changed.min() >= 0 and changed.max() <= 1 + 1e-5
