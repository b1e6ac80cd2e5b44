"""DeepInversion and CMI: the promises on their pages."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from benchmark import env
from benchmark.errors import BenchError
from benchmark.nets import architectures
from benchmark.run import registry
from benchmark.run.cells import Request, check_budget, expand
from support.contract import run_steps
from support.suite import hooks

PART = {"deepinversion": "inversion", "cmi": "generator"}

BOTH = pytest.mark.parametrize("name", ["deepinversion", "cmi"])


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
    method.config = replace(method.config, inversion_steps=1, inversion_lr=1.0)
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
