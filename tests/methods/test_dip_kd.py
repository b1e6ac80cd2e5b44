"""DIP-KD: what is paid and when, two networks and their steps, the edit and its limit."""

from __future__ import annotations

import math
from collections import Counter

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from benchmark.method import Spec
from benchmark.method.visits import Visits
from benchmark.run import registry
from methods._blocks.colours import recoloured
from methods._blocks.editing import PixelEdit, told_apart
from methods._blocks.pool import from_bytes, to_bytes
from methods._blocks.replay import steps_within
from methods._blocks.twins import twin
from support.contract import run_steps
from support.suite import CPU


def made(label, spec, make_method, budget, **values):
    """A method with these values, its entry and account, and the images of each call."""
    entry = registry.find(label)
    entry.overrides.update(values)
    method, account = make_method(entry, spec, budget)
    asked, plain = [], method.oracle

    class Asks:
        def __getattr__(self, name):
            return getattr(plain, name)

        def __call__(self, images):
            asked.append(images)
            return plain(images)

    method.oracle = Asks()
    return method, entry, account, asked


def test_the_default_pays_for_each_image_once_before_it_learns(spec, make_method):
    method, entry, account, asked = made("dip-kd", spec, make_method, 200)
    before = {name: it.clone() for name, it in method.student.state_dict().items()}
    steps = run_steps(method, entry, 0, 7, seed=0)  # seven batches of 30 or less
    assert account.spent == account.unique() == len(method.pool) == 200
    assert all(torch.equal(it, before[name]) for name, it in method.student.state_dict().items())
    run_steps(method, entry, steps, None, seed=0)
    assert account.spent == 200 and len(asked) == 7
    assert torch.equal(method.pool.images[:200], to_bytes(torch.cat(asked)))


def test_two_passes_pay_twice_for_half_of_the_images(spec, make_method):
    method, entry, account, asked = made("dip-kd:two-pass", spec, make_method, 201)
    run_steps(method, entry, 0, None, seed=0)
    images = torch.cat(asked)
    assert account.spent == len(images) == 201 and len(method.pool) == 101
    drawn, edited = images[:101], images[101:]
    change = (edited - drawn[:100]).abs().mean(dim=(1, 2, 3))
    assert (change > 0).all() and change.max() <= 8 / 255 + 1e-2
    assert torch.equal(method.pool.images[:100], to_bytes(edited))
    assert torch.equal(method.pool.images[100:], to_bytes(drawn[100:]))  # no query left for it


def test_images_that_are_edited_before_they_are_paid_for_cost_one_query(spec, make_method):
    method, entry, account, _ = made("dip-kd:pre-edit", spec, make_method, 200)
    bought, plain = [], method._buy_edited
    method._buy_edited = lambda: bought.append(account.spent) or plain()
    run_steps(method, entry, 0, None, seed=0)
    assert account.spent == account.unique() == len(method.pool) == 200
    assert bought == [67, 97, 127, 157, 187]  # after a third of the budget
    assert method.bank[:200].norm(dim=1).sub(1).abs().max() < 1e-4  # one row for each image


def test_each_network_has_the_steps_of_the_page(spec, make_method):
    entry = registry.find("dip-kd")
    method, _ = make_method(entry, spec, 200)
    calls = Counter()

    def count(name: str) -> None:
        plain = getattr(method, name)
        setattr(method, name, lambda *batch: calls.update([name]) or plain(*batch))

    for name in ("_primer_step", "_student_step"):
        count(name)
    run_steps(method, entry, 0, None, seed=0)
    batches, c = math.ceil(200 / 30), method.config
    expected = steps_within(200, 30, c.replay_steps) + c.final_passes * batches
    assert calls == {"_primer_step": expected, "_student_step": expected}


def test_a_label_gets_no_more_steps_than_from_ideal():
    ideal, ours = (registry.find(name).method.Config() for name in ("ideal", "dip-kd"))
    assert ours.replay_steps / ours.batch <= ideal.replay_steps / ideal.batch
    assert ours.final_passes <= ideal.final_passes


def test_the_student_begins_as_all_others_do_and_the_primer_stands_still(spec, make_method):
    method, entry, _, _ = made("dip-kd", spec, make_method, 100)
    initial = {name: it.clone() for name, it in method.student.state_dict().items()}
    begun, plain = [], method._student_step

    def watched(*batch):
        if not begun:
            state = method.student.state_dict()
            assert all(torch.equal(state[name], initial[name]) for name in initial)
        begun.append({name: it.clone() for name, it in method.primer.state_dict().items()})
        return plain(*batch)

    method._student_step = watched
    run_steps(method, entry, 0, None, seed=0)
    assert len(begun) > 3
    assert any(not torch.equal(begun[0][name], initial[name]) for name in initial)
    assert all(torch.equal(begun[0][name], begun[-1][name]) for name in initial)


def test_the_student_learns_labels_and_the_primers_logits(spec, make_method):
    method, _, _, _ = made("dip-kd", spec, make_method, 100, soft_weight=0.7, colours=0.0)
    method._view = lambda images: images
    nn.init.normal_(method.primer[-1].weight)
    images, labels = torch.rand(30, *spec.shape), torch.randint(3, (30,))
    logits = method.student.train()(images).detach()
    apart = (logits - method.primer(images)).abs().mean()
    method.student.train()
    (loss,) = method._student_step(images, labels)
    assert loss.item() == pytest.approx((F.cross_entropy(logits, labels) + 0.7 * apart).item())


@pytest.mark.parametrize("balance", [0.0, 1.0])
def test_rare_classes_are_shown_as_often_as_frequent_ones(balance, spec, make_method):
    method, _, _, _ = made("dip-kd", spec, make_method, 100, balance=balance)
    plain, shown = method._student_step, []
    method._student_step = lambda *batch: shown.append(batch) or plain(*batch)
    while len(method.pool) < 100:
        method.step()
    method.pool.labels[:100] = torch.arange(100).clamp(max=96) // 96  # 96 and 4
    while method.step():
        pass
    images = torch.cat([to_bytes(images) for images, _ in shown])
    labels = torch.cat([labels for _, labels in shown])
    kept = {
        image.numpy().tobytes(): int(label)
        for image, label in zip(method.pool.images, method.pool.labels, strict=True)
    }
    assert [kept[image.numpy().tobytes()] for image in images] == labels.tolist()
    assert labels.float().mean().item() == pytest.approx(0.5 if balance else 0.04, abs=0.1)


def test_without_a_second_generation_the_primer_is_delivered(spec, make_method):
    method, entry, _, _ = made("dip-kd", spec, make_method, 100, generations=0)
    method._student_step = None
    run_steps(method, entry, 0, None, seed=0)
    with pytest.raises(ValueError, match="edits for a second network"):
        made("dip-kd:two-pass", spec, make_method, 100, generations=0)


def test_colour_images_have_the_rate_of_the_papers_colour_sets(make_method):
    for channels, rate in ((1, 0.01), (3, 0.1)):
        method, *_ = made("dip-kd", Spec((channels, 8, 8), 3, CPU), make_method, 100)
        assert float(method.student_optimiser.param_groups[0]["lr"]) == pytest.approx(rate)


def test_a_number_of_passes_takes_the_place_of_ideals_steps(spec, make_method):
    method, entry, _, _ = made("dip-kd", spec, make_method, 100, epochs=3)
    run_steps(method, entry, 0, None, seed=0)
    assert method.steps_done == 3 * math.ceil(100 / 30)


def test_the_rate_falls_at_half_and_three_quarters_of_a_networks_steps(spec, make_method):
    method, entry, _, _ = made("dip-kd", spec, make_method, 200)
    rates, plain = [], method._student_step
    group = method.student_optimiser.param_groups[0]
    method._student_step = lambda *batch: rates.append(float(group["lr"])) or plain(*batch)
    run_steps(method, entry, 0, None, seed=0)
    full, count = method.config.student_lr, len(rates)
    falls = [sum(done / count >= share for share in (0.5, 0.75)) for done in range(count)]
    assert rates == pytest.approx([full * 0.1**fall for fall in falls])


def test_colour_images_alone_are_mirrored(make_method):
    for channels, mirrored in ((1, False), (3, True)):
        method, _, _, _ = made("dip-kd", Spec((channels, 8, 8), 3, CPU), make_method, 100)
        images = torch.linspace(0.4, 0.6, 8).expand(200, channels, 8, 8)
        views = method._view(images)
        rising = views[..., 4, 4] > views[..., 4, 3]
        assert rising.any() and bool((~rising).any()) is mirrored


def test_colours_change_within_the_range_and_not_at_strength_0():
    images = torch.rand(50, 3, 4, 4)
    assert recoloured(images, 0.0) is images
    changed = recoloured(images, 0.2)
    assert changed.min() >= 0 and changed.max() <= 1
    ratio = changed.mean(dim=(1, 2, 3)) / images.mean(dim=(1, 2, 3))
    assert 0.75 < ratio.min() < 0.9 < 1.1 < ratio.max() < 1.25


def test_the_images_own_view_and_its_batch_are_not_among_the_others():
    own, view, bank = (F.normalize(torch.randn(n, 5), dim=1) for n in (4, 4, 6))
    others = torch.tensor([True, False, True, True, False, True])
    similar = (own * view).sum(1)
    expected = ((own @ bank[others].T).exp().sum(1).log() - similar).mean()
    torch.testing.assert_close(told_apart(own, view, bank, others), expected)


def test_a_change_stays_below_its_reach_and_in_the_range():
    images = torch.rand(6, 1, 5, 5)
    edit = PixelEdit(6, (1, 5, 5), reach=0.02)
    with torch.no_grad():
        edit.pixels[:3] = torch.randn(3, 1, 5, 5)
        edit.pixels[3:] = 1e-3
    edit.limit(images)
    change = edit(images) - images
    assert change[:3].abs().mean(dim=(1, 2, 3)).tolist() == pytest.approx([0.02] * 3, rel=1e-3)
    assert change[3:].abs().max() <= 1e-3 + 1e-6
    assert edit(images).min() >= 0 and edit(images).max() <= 1


def test_an_edit_makes_images_easier_to_tell_apart(spec, make_method):
    values = {"edit_steps": 30, "edit_reach": 0.3, "edit_lr": 0.05}
    method, *_ = made("dip-kd:two-pass", spec, make_method, 120)
    for name, value in values.items():
        object.__setattr__(method.config, name, value)
    method.changes.reach = 0.3
    while method.generation == 0:
        method.step()
    losses, plain = [], method._edit_step
    method._edit_step = lambda *given: losses.append(plain(*given)) or losses[-1]
    rows = torch.arange(30)
    images = method._edit(from_bytes(method.pool.images[:30]), rows)
    assert images.shape == (30, *spec.shape) and len(losses) == 30
    assert losses[-1][0] < losses[0][0]


def test_a_twin_counts_into_the_same_sums_and_has_weights_of_its_own():
    visits, net = Visits(), nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    net.register_forward_pre_hook(visits.student)
    other = twin(net)
    with torch.no_grad():
        other[1].weight.add_(1.0)
    images = torch.rand(5, 1, 2, 2)
    assert not torch.equal(net(images), other(images))
    assert visits["student"] == 10
    other.eval()(images)
    assert visits["student"] == 10
