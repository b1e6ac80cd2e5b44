"""Cached forms: labels paid once, stored, and replayed within the limit that ideal has."""

from __future__ import annotations

import pytest
import torch

from benchmark.errors import BenchError
from benchmark.run import registry
from methods._blocks.pool import to_bytes
from methods._blocks.replay import Replay
from support.contract import run_steps

CACHED = [name for name in registry.names() if issubclass(registry.find(name).method, Replay)]
each = pytest.mark.parametrize("name", CACHED)


def watched(label, spec, make_method, budget, **values):
    """A method, its entry and account, and a list of the batches its student learns from."""
    entry = registry.find(label)
    entry.overrides.update(values)
    method, account = make_method(entry, spec, budget)
    for key, value in values.items():  # those of the tests' tiny values win otherwise
        assert key in ("replay_steps", "final_passes") or getattr(method.config, key) == value
    shown, plain = [], method._student_step
    method._student_step = lambda *batch: shown.append(batch) or plain(*batch)
    return method, entry, account, shown


def test_the_methods_that_used_to_throw_labels_away_have_a_cached_form():
    assert {"dfme", "dast", "dafl", "zskt"} <= set(CACHED)
    for name in [*CACHED, "zsdb3"]:  # which has a transfer set of its own: test_zsdb3.py
        method = registry.find(name).method
        assert method.Config().cached is False and method.variants["cached"]["cached"] is True
    with pytest.raises(BenchError, match="variant of cmi"):
        registry.find("cmi:cached")  # it stores and replays as it comes


@each
def test_every_label_that_was_bought_is_stored_as_it_was_answered(name, spec, make_method):
    method, entry, account, _ = watched(f"{name}:cached", spec, make_method, 200)
    asked, plain = [], method.oracle
    method.oracle = Asks(plain, asked)
    run_steps(method, entry, 0, None, seed=0)
    assert account.spent == len(method.pool) == 200
    images = torch.cat([to_bytes(images) for images, _ in asked])
    labels = torch.cat([labels for _, labels in asked])
    assert torch.equal(method.pool.images[:200], images)
    assert torch.equal(method.pool.labels[:200], labels)


class Asks:
    """An oracle that remembers its queries and answers."""

    def __init__(self, oracle, asked: list) -> None:
        self.oracle, self.asked = oracle, asked

    def __getattr__(self, name):
        return getattr(self.oracle, name)

    def __call__(self, images):
        answers = self.oracle(images)
        self.asked.append((images, answers))
        return answers


@each
def test_a_label_serves_no_more_steps_than_one_of_ideals(name, spec, make_method):
    """K steps for each batch that was bought, never more than a pass, then the final passes."""
    method, entry, _, shown = watched(f"{name}:cached", spec, make_method, 210)
    batch = method.config.batch
    run_steps(method, entry, 0, None, seed=0)
    bought = [batch] * (210 // batch) + [210 % batch] * (210 % batch > 0)
    sizes = [sum(bought[: n + 1]) for n in range(len(bought))]
    most = sum(min(2, -(-size // batch)) for size in sizes)
    assert len(shown) == most + -(-210 // batch)  # one final pass
    assert all(len(images) <= batch for images, *_ in shown)


@each
def test_as_published_no_label_is_kept(name, spec, make_method):
    method, entry, account, shown = watched(name, spec, make_method, 200)
    run_steps(method, entry, 0, None, seed=0)
    assert method.pool is None and account.spent == 200
    seen = {image.numpy().tobytes() for images, *_ in shown for image in images}
    assert len(seen) <= (200 if name in ("dast", "dafl") else 150)


def test_the_labels_of_a_generators_step_reach_the_student_in_the_cached_form_only(
    spec, make_method
):
    for label, reached in (("dfme", 5), ("dfme:cached", 7), ("zskt", 1), ("zskt:cached", 2)):
        method, entry, _, shown = watched(label, spec, make_method, 1000)
        run_steps(method, entry, 0, 1, seed=0)
        seen = {to_bytes(image).numpy().tobytes() for images, *_ in shown for image in images}
        assert len(seen) == reached * method.config.batch, label


@each
def test_the_students_rate_falls_in_the_final_passes_alone(name, spec, make_method):
    method, entry, account, _ = watched(f"{name}:cached", spec, make_method, 100)
    object.__setattr__(method.config, "final_passes", 4)
    rates, plain = [], method._student_step
    group = method.student_optimiser.param_groups[0]
    method._student_step = lambda *batch: (
        rates.append((account.spent, group["lr"])) or plain(*batch)
    )
    run_steps(method, entry, 0, None, seed=0)
    full = method.config.student_lr
    asking = [rate for spent, rate in rates if spent < 100]
    assert asking and asking == pytest.approx([full] * len(asking))
    passes = rates[-4 * -(-100 // method.config.batch) :]
    falling = list(dict.fromkeys(round(rate / full, 6) for _, rate in passes))
    assert falling == [1.0, 0.75, 0.5, 0.25]
