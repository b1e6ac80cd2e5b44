"""IDEAL's own arithmetic: how many student steps a run takes, and at which learning rate."""

from __future__ import annotations

import pytest

from benchmark import registry
from test_contract import run_steps

ROUNDS = 5


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"replay_steps": 3, "final_passes": 0}, [1, 2, 3, 3, 3]),  # never more than a pass
        ({"replay_steps": 1, "final_passes": 0}, [1, 1, 1, 1, 1]),
        ({"replay": "all", "final_passes": 0}, [1, 2, 3, 4, 5]),
        ({"replay_steps": 2, "final_passes": 2}, [1, 2, 2, 2, 2, 5, 5]),
    ],
)
def test_student_steps_of_each_round(settings, expected, spec, make_method):
    taken, steps = [], []
    method, entry = prepared(settings, spec, make_method)
    plain = method._student_step
    method._student_step = lambda *batch: taken.append(1) or plain(*batch)
    step = method.step
    method.step = lambda: [step(), steps.append(len(taken))][0]
    run_steps(method, entry, 0, None, seed=0)
    rounds = [after - before for before, after in zip([0, *steps], steps, strict=False)]
    assert rounds == [*expected, 0]  # the last call ends the run


def test_the_rate_falls_in_the_final_passes_only(spec, make_method):
    rates = []
    method, entry = prepared({"replay_steps": 2, "final_passes": 4}, spec, make_method)
    plain = method._student_step
    group = method.student_optimiser.param_groups[0]
    method._student_step = lambda *batch: rates.append(group["lr"]) or plain(*batch)
    run_steps(method, entry, 0, None, seed=0)
    full = method.config.student_lr
    assert rates[:9] == [full] * 9
    assert rates[9:] == pytest.approx(
        [full * share for share in (1, 0.75, 0.5, 0.25) for _ in range(ROUNDS)]
    )


def prepared(settings, spec, make_method):
    entry = registry.find("ideal")
    entry.overrides.update(settings)
    return make_method(entry, spec, ROUNDS * entry.method.tiny["batch"])[0], entry
