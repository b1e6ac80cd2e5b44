"""The method on drawn images: what it buys, how long it learns, what it refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from benchmark.errors import BenchError
from benchmark.method import Spec
from benchmark.run import registry
from methods._blocks.drawings import FAMILIES
from methods._blocks.pool import from_bytes
from support.contract import run_steps
from support.suite import CPU


def made(make_method, spec, budget, label="drawn"):
    return make_method(registry.find(label), spec, budget)


def test_the_updates_grow_with_the_budget_but_slower_than_it(spec, make_method):
    for budget, expected in ((64, 2), (512, 8)):
        method, account = made(make_method, spec, budget)
        method.config = replace(method.config, batch=40, updates=12.5, growth=2 / 3)
        run_steps(method, registry.find("drawn"), 0, None, seed=0)
        assert account.spent == budget == len(method.pool)
        assert method.updates_done == expected


def test_the_rate_rises_for_a_while_and_falls_to_nothing(spec, make_method):
    method, _ = made(make_method, spec, 60)
    rates = [method._rate(number / 100) for number in range(101)]
    top = rates.index(max(rates))
    assert 0 < rates[0] < 0.1 and 3 <= top <= 6 and max(rates) > 0.95 and rates[-1] < 1e-6
    assert rates[top:] == sorted(rates[top:], reverse=True)


def test_only_images_in_colour_are_mirrored(make_method, monkeypatch):
    seen = []

    def spy(*sizes, mirror, **others):
        seen.append(mirror)
        return lambda images: images

    monkeypatch.setattr("methods.drawn.Moves", spy)
    for channels in (1, 3):
        method, _ = made(make_method, Spec((channels, 8, 8), 4, CPU), 40)
        run_steps(method, registry.find("drawn"), 0, None, seed=0)
    assert seen[0] is False and seen[-1] is True


def test_a_part_of_each_batch_is_moved_and_the_rest_shown_as_it_was_asked(
    spec, make_method, monkeypatch
):
    method, _ = made(make_method, spec, 60)
    shown = []
    monkeypatch.setattr("methods.drawn.Moves", lambda *a, **b: lambda images: images * 0)
    monkeypatch.setattr("methods.drawn.descend", lambda optimiser, loss: loss.detach())
    method.student.register_forward_pre_hook(lambda module, inputs: shown.append(inputs[0]))
    images = torch.rand(20, *spec.shape) + 0.1
    method._student_step(images, torch.zeros(20, dtype=torch.int64))
    assert shown[0][:10].eq(0).all() and torch.equal(shown[0][10:], images[10:])


def test_evolved_moves_paid_images_of_rare_classes_far_and_pays_for_them(
    spec, make_method, monkeypatch
):
    method, account = made(make_method, spec, 100, "drawn:evolved")
    method.config = replace(method.config, batch=20)
    parents = []

    def spy(labels, classes, count, power):
        parents.append((len(labels), count, power))
        return torch.arange(count)

    monkeypatch.setattr("methods.drawn.evened_rows", spy)
    while method.oracle.remaining:
        assert method.step()
    assert parents == [(20, 10, 1.0), (40, 10, 1.0), (60, 10, 1.0), (80, 10, 1.0)]
    assert account.spent == 100 == len(method.pool)
    first, child = (from_bytes(method.pool.images[row]) for row in (0, 30))
    assert not torch.equal(first, child) and child.min() >= 0 and child.max() <= 1


def test_without_evolving_every_query_is_a_drawing(spec, make_method, monkeypatch):
    monkeypatch.setattr("methods.drawn.evened_rows", None)
    method, account = made(make_method, spec, 60)
    run_steps(method, registry.find("drawn"), 0, None, seed=0)
    assert account.spent == 60


def test_scenes_are_a_share_of_the_grey_drawings(spec, make_method, monkeypatch):
    shares = []

    def spy(count, shape, device, weights, scenes):
        shares.append(scenes)
        return torch.rand(count, *shape)

    monkeypatch.setattr("methods.drawn.drawings", spy)
    for label in ("drawn", "drawn:scenes"):
        method, _ = made(make_method, spec, 40, label)
        run_steps(method, registry.find(label), 0, None, seed=0)
    scenes = registry.find("drawn").method.variants["scenes"]["scenes"]
    assert shares[0] == 0 and shares[-1] == scenes > 0


def test_weights_that_are_all_0_leave_nothing_to_draw(spec, make_method):
    with pytest.raises(ValueError, match="nothing to draw"):
        method, _ = made(make_method, spec, 60)
        method.config = type(method.config)(**dict.fromkeys(FAMILIES, 0.0))
        method.setup()


def test_a_negative_weight_is_refused():
    from benchmark.method import config

    entry = registry.find("drawn")
    with pytest.raises(BenchError, match=r"drawn\.strokes must be at least 0"):
        config.resolve(entry.method, "drawn", {"strokes": -1.0})


def test_a_variant_draws_one_family_alone_or_leaves_one_out():
    variants = registry.find("drawn").method.variants
    for name in FAMILIES:
        assert variants[name] == {other: 0.0 for other in FAMILIES if other != name}
        assert variants[f"no-{name}"] == {name: 0.0}


def test_the_last_student_learns_from_those_before_it_on_drawings_not_paid_for(
    spec, make_method, monkeypatch
):
    method, account = made(make_method, spec, 60, "drawn:distilled")
    method.config = replace(method.config, updates=20, student_batch=16, unpaid=0.25)
    sizes = []

    def spy(update):
        def call(*inputs):
            sizes.append(tuple(map(len, inputs)))
            return update(*inputs)

        return call

    for name in ("_student_step", "_last_step"):
        monkeypatch.setattr(method, name, spy(getattr(method, name)))
    run_steps(method, registry.find("drawn"), 0, None, seed=0)
    each = method._updates()
    assert sizes == [(16, 16)] * 2 * each + [(12, 12, 4)] * each
    assert account.spent == 60 == len(method.pool)


def test_each_student_begins_anew_and_the_earlier_ones_stay_as_they_ended(spec, make_method):
    method, _ = made(make_method, spec, 60, "drawn:distilled")
    while method.trained == 0:
        assert method.step()
    ended, begun = method.earlier[0].state_dict(), method.student.state_dict()
    kept = {name: value.clone() for name, value in ended.items()}
    assert any(not torch.equal(value, begun[name]) for name, value in ended.items())
    assert all(not state["exp_avg"].any() for state in method.optimiser.state.values())
    while method.step():
        pass
    assert all(torch.equal(value, kept[name]) for name, value in ended.items())
    assert not method.earlier[0].training


def test_the_last_student_s_loss_is_a_mean_over_paid_labels_and_what_the_others_say(
    spec, make_method, monkeypatch
):
    method, _ = made(make_method, spec, 60, "drawn:distilled")
    monkeypatch.setattr("methods.drawn.Moves", lambda *a, **b: lambda images: images)
    monkeypatch.setattr("methods.drawn.descend", lambda optimiser, loss: loss.detach())
    method.student.eval()
    images, labels = torch.rand(6, *spec.shape), torch.arange(6) % spec.classes
    unpaid = torch.rand(2, *spec.shape)
    (loss,) = method._last_step(images, labels, unpaid)
    with torch.no_grad():
        mine = method.student(torch.cat([images, unpaid])).log_softmax(1)
        said = sum(net(unpaid).softmax(1) for net in method.earlier) / 2
    terms = [-mine[row, label] for row, label in enumerate(labels)]
    terms += [-(said[row] * mine[6 + row]).sum() for row in range(2)]
    assert torch.allclose(loss, sum(terms) / 8, atol=1e-6)


def test_a_student_that_cannot_begin_anew_is_refused_before_anything_is_paid(
    spec, make_method, monkeypatch
):
    method, account = made(make_method, spec, 60, "drawn:distilled")
    for module in method.student.modules():
        if hasattr(module, "reset_parameters"):
            monkeypatch.setattr(type(module), "reset_parameters", None)
    with pytest.raises(ValueError, match="reset_parameters"):
        method.setup()
    assert account.spent == 0


@pytest.mark.parametrize("unpaid", [0.0, 1.0])
def test_a_last_student_may_learn_from_one_side_alone(spec, make_method, unpaid):
    method, account = made(make_method, spec, 60, "drawn:distilled")
    method.config = replace(method.config, unpaid=unpaid)
    run_steps(method, registry.find("drawn"), 0, None, seed=0)
    assert account.spent == 60 and method.trained == 2
