"""DFHL-RS: pushed images, the cached form and the released one, targets and schedules."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from benchmark.run import registry
from methods._blocks.allowance import all_steps
from methods._blocks.pool import to_bytes
from methods.dfhl_rs import LAST, strongly
from support.contract import run_steps


def made(label, spec, make_method, budget=200, **values):
    entry = registry.find(label)
    entry.overrides.update(values)
    method, account = make_method(entry, spec, budget)
    return method, entry, account


def entropy(method, images):
    p = method.student.eval()(images).softmax(dim=1)
    return -(p * p.log()).sum(dim=1).mean().item()


def test_pushed_images_are_those_of_which_the_student_is_less_sure(spec, make_method):
    method, _, account = made("dfhl-rs", spec, make_method)
    with torch.no_grad():
        method.student[-1].weight.mul_(20)
    images = torch.rand(30, *spec.shape)
    pushed = method._pushed(images)
    assert entropy(method, pushed) > entropy(method, images)
    assert pushed.min() >= 0 and pushed.max() <= 1 and account.spent == 0
    assert (pushed - images).abs().max() > 0.1  # no limit, as released
    assert all(parameter.requires_grad for parameter in method.student.parameters())


def test_a_push_stays_within_its_reach_or_is_left_out(spec, make_method):
    images = torch.rand(30, *spec.shape)
    method, _, _ = made("dfhl-rs:near", spec, make_method)
    change = (method._pushed(images) - images).abs()
    assert 0.03 < change.max() <= 0.063 + 1e-6
    method, _, _ = made("dfhl-rs:clean", spec, make_method)
    assert method._pushed(images) is images


def test_the_cached_form_pays_for_each_image_once_and_stores_the_pushed_one(spec, make_method):
    method, entry, account = made("dfhl-rs", spec, make_method)
    pushed, plain = [], method._pushed
    method._pushed = lambda images: pushed.append(plain(images)) or pushed[-1]
    shown, step = [], method._student_step
    method._student_step = lambda *batch: shown.append(batch) or step(*batch)
    run_steps(method, entry, 0, None, seed=0)
    assert account.spent == len(method.pool) == 200
    assert torch.equal(method.pool.images[:200], to_bytes(torch.cat(pushed))[:200])
    c = method.config
    assert len(shown) == all_steps(200, c.batch, c.replay_steps, c.final_passes)


def test_the_cached_form_has_the_limit_of_ideal():
    ideal, ours = (registry.find(name).method.Config() for name in ("ideal", "dfhl-rs"))
    assert ours.replay_steps / ours.batch <= ideal.replay_steps / ideal.batch
    assert ours.final_passes <= ideal.final_passes


def test_the_released_form_pays_in_every_student_step_and_keeps_no_label(spec, make_method):
    method, entry, account = made("dfhl-rs:released", spec, make_method, 200)
    steps, plain = [], method._student_step
    method._student_step = lambda *batch: steps.append(len(batch[0])) or plain(*batch)
    run_steps(method, entry, 0, 1, seed=0)
    assert account.spent == sum(steps) == 60 and len(method.pool) == 0
    assert method.made == 30 and len(method.bank) == 120  # four rounds of two steps
    run_steps(method, entry, 1, None, seed=0)
    assert account.spent == sum(steps) == 200


def test_the_generator_goes_on_and_its_latents_learn(spec, make_method):
    method, _, _ = made("dfhl-rs", spec, make_method)
    weights = [p.clone() for p in method.generator.parameters()]
    method._generate()
    drawn = method.latents[0].clone()
    changed = [p.clone() for p in method.generator.parameters()]
    assert any(not torch.equal(a, b) for a, b in zip(weights, changed, strict=True))
    targets = torch.zeros(30, dtype=torch.int64)
    method._generator_step(targets)
    assert not torch.equal(method.latents[0], drawn)
    resets = []
    method.generator.reset = lambda: resets.append(True)
    method._generate()
    assert resets == []


def test_the_generators_loss_is_towards_soft_classes_and_a_balanced_batch(spec, make_method):
    method, _, _ = made("dfhl-rs", spec, make_method, generator_lr=0.0, latent_lr=0.0)
    method._generate()
    method.student.eval().requires_grad_(False)
    targets = torch.randint(3, (30,))
    state = torch.get_rng_state()
    images, loss = method._generator_step(targets)
    torch.set_rng_state(state)
    views, plain = [], method.student.forward
    method.student.forward = lambda given: views.append(given) or plain(given)
    method._generator_step(targets)
    p = plain(views[0]).softmax(dim=1)
    soft = torch.full((30, 3), 0.1).scatter_(1, targets[:, None], 0.8)
    mean = p.mean(dim=0)
    expected = F.kl_div(p.log(), soft, reduction="batchmean") + 3 * (mean * mean.log10()).sum()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-4)
    assert images.shape == (30, *spec.shape)


@pytest.mark.parametrize("label", ["dfhl-rs", "dfhl-rs:released"])
def test_the_rate_falls_as_a_cosine_over_the_whole_run(label, spec, make_method):
    method, entry, _ = made(label, spec, make_method, 240)
    rates, plain = [], method._student_step
    group = method.student_optimiser.param_groups[0]
    method._student_step = lambda *batch: rates.append(float(group["lr"])) or plain(*batch)
    run_steps(method, entry, 0, None, seed=0)
    first, total = method.config.student_lr, len(rates)
    expected = [
        first * (LAST + (1 - LAST) * (1 + math.cos(math.pi * done / total)) / 2)
        for done in range(total)
    ]
    assert rates == pytest.approx(expected)


def test_the_strong_views_are_one_draw_for_a_batch_and_lie_in_the_range():
    images = torch.rand(1, 3, 32, 32).expand(6, 3, 32, 32)
    views = strongly(images)
    assert views.shape == images.shape and views.min() >= 0 and views.max() <= 1
    assert (views - views[:1]).abs().max() < 0.05  # faint noise alone differs
    assert strongly(torch.rand(2, 1, 1, 3)).shape == (2, 1, 1, 3)
