"""DisGUIDE and Dual Students: two students, their disagreement, schedules, the delivered one."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from benchmark.run import registry
from methods._blocks.allowance import all_steps
from methods._blocks.twins import redrawn, twin
from methods.disguide import some_grey
from support.contract import run_steps


def made(label, spec, make_method, budget=200, **values):
    entry = registry.find(label)
    entry.overrides.update(values)
    method, account = make_method(entry, spec, budget)
    return method, entry, account


def test_both_students_learn_and_the_first_is_delivered(spec, make_method):
    method, entry, _ = made("disguide", spec, make_method)
    assert method.students[0] is method.student
    first, second = ([p.clone() for p in net.parameters()] for net in method.students)
    assert not torch.equal(first[0], second[0])  # two starts, or nothing to disagree about
    run_steps(method, entry, 0, None, seed=0)
    for before, net in zip((first, second), method.students, strict=True):
        assert any(not torch.equal(a, b) for a, b in zip(before, net.parameters(), strict=True))
    assert method.deliver() is method.student


def test_the_generators_loss_is_minus_the_spread_less_the_entropy(spec, make_method):
    method, _, account = made("disguide", spec, make_method, entropy=0.7, generator_lr=0.0)
    latents = method.generator.sample(10)
    method.students.eval().requires_grad_(False)
    with torch.no_grad():
        images = method.generator(latents)
        p = torch.stack([student(images).softmax(dim=1) for student in method.students])
    mean = (p + 1e-6).mean(dim=(0, 1))
    expected = -p.std(dim=0).mean() + 0.7 * (mean * mean.log()).sum()
    loss, gap = method._generator_step(latents)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-4)
    assert gap.item() == pytest.approx((p[0] - p[1]).abs().mean().item(), rel=1e-4)
    assert account.spent == 0  # the generator's step costs no query


def test_dual_students_differ_in_their_logits(spec, make_method):
    method, _, _ = made("disguide:dual-students", spec, make_method, generator_lr=0.0)
    latents = method.generator.sample(10)
    method.students.eval().requires_grad_(False)
    with torch.no_grad():
        logits = [student(method.generator(latents)) for student in method.students]
    loss, _ = method._generator_step(latents)
    assert loss.item() == pytest.approx(-F.l1_loss(*logits).item(), rel=1e-4)


def test_the_generator_learns_to_make_them_disagree(spec, make_method):
    method, _, _ = made("disguide", spec, make_method, generator_lr=0.01)
    method.students.eval().requires_grad_(False)
    gaps = [method._generator_step(method.generator.sample(10))[1].item() for _ in range(40)]
    assert sum(gaps[-5:]) > sum(gaps[:5])


def test_questions_come_from_the_generators_running_statistics(spec, make_method):
    method, _, _ = made("disguide", spec, make_method)
    modes, plain = [], method.generator.forward
    method.generator.forward = lambda latents: (
        modes.append(method.generator.training) or plain(latents)
    )
    method.step()
    assert modes == [True, False]


def test_dual_students_use_each_batch_once_and_deliver_an_average(spec, make_method):
    method, entry, account = made("disguide:dual-students", spec, make_method)
    object.__setattr__(method.config, "replay_steps", 1)  # those of the tests' tiny values win
    object.__setattr__(method.config, "final_passes", 0)
    shown, plain = [], method._student_step
    method._student_step = lambda *batch: shown.append(batch[0]) or plain(*batch)
    run_steps(method, entry, 0, None, seed=0)
    assert len(shown) == 20 and account.spent == 200
    assert len(torch.cat(shown).flatten(1).unique(dim=0)) == 200
    average, last = method.deliver(), method.student
    assert average is not last and not average.training
    assert not torch.equal(next(average.parameters()), next(last.parameters()))


def test_the_average_follows_the_student_and_its_statistics(spec, make_method):
    method, _, _ = made("disguide:dual-students", spec, make_method, average=0.5)
    with torch.no_grad():
        for tensor in method.averaged.state_dict().values():
            tensor.zero_()
    method.steps_done = 10_000
    method._average()
    now = method.student.state_dict()
    for name, kept in method.averaged.state_dict().items():
        expected = now[name] / 2 if kept.is_floating_point() else now[name]
        torch.testing.assert_close(kept, expected)


@pytest.mark.parametrize(
    ("label", "shares"), [("disguide", (0.4, 0.8)), ("disguide:dual-students", (0.1, 0.3, 0.5))]
)
def test_the_rates_fall_at_shares_of_all_steps_at_any_budget(label, shares, spec, make_method):
    for budget in (60, 300):
        method, entry, _ = made(label, spec, make_method, budget)
        c, rates, plain = method.config, [], method._student_step
        group = method.student_optimiser.param_groups[0]

        def watched(*batch, rates=rates, group=group, plain=plain):
            rates.append(float(group["lr"]))
            return plain(*batch)

        method._student_step = watched
        run_steps(method, entry, 0, None, seed=0)
        total = all_steps(budget, c.batch, c.replay_steps, c.final_passes)
        assert len(rates) == total
        falls = [sum(done / total >= share for share in shares) for done in range(total)]
        assert rates == pytest.approx([c.student_lr * 0.3**fall for fall in falls])
        assert rates[0] == pytest.approx(c.student_lr)  # as released it would have fallen already


def test_a_student_gets_no_more_steps_than_that_of_ideal():
    ideal, ours = (registry.find(name).method.Config() for name in ("ideal", "disguide"))
    assert ours.replay_steps / ours.batch <= ideal.replay_steps / ideal.batch
    assert ours.final_passes <= ideal.final_passes


def test_every_eighth_colour_image_is_grey_and_learns_through_one_channel():
    images = torch.rand(17, 3, 4, 4, requires_grad=True)
    changed = some_grey(images, 8)
    grey = (changed == changed[:, :1]).flatten(1).all(dim=1)
    assert grey.nonzero().flatten().tolist() == [0, 8, 16]
    changed.sum().backward()
    per_channel = images.grad[0].sum(dim=(1, 2))
    assert sorted(per_channel.tolist()) == [0, 0, 16] and (images.grad[1] == 1).all()
    assert some_grey(images, 0) is images
    one = torch.rand(9, 1, 2, 2)
    assert some_grey(one, 8) is one


def test_a_network_that_cannot_be_drawn_anew_has_no_twin_to_disagree_with():
    net = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    other = redrawn(twin(net))
    assert not torch.equal(net[1].weight, other[1].weight)
    with pytest.raises(ValueError, match="no layer with reset_parameters"):
        redrawn(nn.Sequential(nn.Flatten(), nn.ReLU()))
    assert math.isfinite(other(torch.rand(1, 4)).sum().item())
