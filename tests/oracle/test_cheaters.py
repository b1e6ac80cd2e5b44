"""Methods that cheat or are wrong: the official numbers do not move, and the row says so."""

from __future__ import annotations

import json

import pytest
import torch

from benchmark.run.runner import Run
from benchmark.run.setting import Judge
from support.queries import reachable
from support.runs import ASKS, IDLE, LEARNS, numbers, official, only_row, path_run, rows


def test_asking_over_the_budget_ends_the_run_and_counts_what_was_served(row_of):
    row = row_of(f"def step(self):\n    {ASKS.format(70)}\n    return True")
    assert (row.status, row.queries, row.steps) == ("complete", 280, 4)
    assert sum(row.labels_per_class) == 280
    assert row.flags == ("stopped-by-refusal", "under-used", "untrained")
    assert row.curve[-1].mark == 300 and row.curve[-1].queries == 280
    assert "[stopped-by-refusal, under-used, untrained" in row_of.output


def test_asking_over_the_budget_in_setup_is_a_run_without_steps(row_of):
    row = row_of(f"def setup(self):\n    {ASKS.format(301)}")
    assert (row.status, row.queries, row.unique, row.steps) == ("complete", 0, 0, 0)
    assert "stopped-by-refusal" in row.flags


def test_asking_over_the_budget_in_deliver_is_a_failed_row(row_of):
    deliver = f"def deliver(self):\n    {ASKS.format(99)}\n    return self.student"
    row = row_of(f"def step(self):\n    return False\n\n{deliver}", 50, code=1)
    assert (row.status, row.queries, row.accuracy) == ("failed", 0, None)


def test_catching_every_refusal_buys_nothing(row_of):
    row = row_of(f"""
        def step(self):
            for _ in range(20):
                try:
                    {ASKS.format(100)}
                except RuntimeError:
                    pass
            return False
    """)
    assert row.queries == 300 and row.flags == ("untrained",)


def test_a_raised_budget_is_only_the_methods_own_belief(row_of):
    row = row_of(f"""
        def step(self):
            self.oracle.budget = 10**9
            {ASKS.format("min(100, self.oracle.remaining)")}
            return True
    """)
    assert (row.budget, row.queries) == (300, 300)
    assert row.flags == ("stopped-by-refusal", "untrained")


@pytest.mark.parametrize(
    "attempt",
    [
        "self.oracle.spent = 0",
        "self.oracle.teacher",
        "self.oracle._teacher",
        "self.oracle.account",
        "self.oracle.extra = 1",
        "self.oracle.__dict__",
        "self.oracle.__call__.__func__.__closure__[0]",
    ],
)
def test_the_oracle_has_nothing_to_take_and_nothing_to_change(attempt, row_of):
    row = row_of(f"def step(self):\n    {ASKS.format(10)}\n    {attempt}", code=1)
    assert (row.status, row.queries) == ("failed", 10)
    assert "AttributeError" in row.error or "TypeError" in row.error


@pytest.mark.parametrize(
    ("student", "why"),
    [
        ("torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10))", "architecture"),
        ("torch.nn.Sequential(self.student)", "architecture"),
        ("None", "None"),
    ],
)
def test_another_student_than_the_given_one_is_a_failed_row(student, why, row_of):
    body = f"def step(self):\n    return False\n\ndef deliver(self):\n    return {student}"
    row = row_of(body, code=1)
    assert (row.status, row.accuracy) == ("failed", None) and why in row.error


CONSTANT = "lambda x: torch.eye(10)[3].expand(len(x), 10)"


def test_only_the_weights_of_the_delivered_student_are_judged(row_of):
    plain = row_of(IDLE)
    patched = f"def deliver(self):\n    self.student.forward = {CONSTANT}\n    return self.student"
    row = row_of(f"{IDLE}\n{patched}")
    assert (row.accuracy, row.agreement) == (plain.accuracy, plain.agreement)


def test_logging_official_names_does_not_make_a_number_official(row_of):
    log = "self.log(accuracy=100.0, agreement=100.0, queries=1, mark=7, student_images=0)"
    plain = row_of(LEARNS)
    row = row_of(LEARNS.replace("self.rounds += 1", f"self.rounds += 1; {log}"))
    assert row.curve[-1].logged["accuracy"] == 100.0
    assert official(row) == official(plain)


def test_logged_infinities_are_null_and_the_row_stays_json(row_of, tmp_path):
    log = "self.log(a=float('nan'), b=torch.tensor(float('inf')), c=torch.tensor(2))"
    row = row_of(f"def step(self):\n    {log}\n    return False")
    last = row.curve[-1]
    assert (last.logged["a"], last.logged["b"], last.logged["c"]) == (None, None, 2.0)
    (path,) = tmp_path.glob("results-*/runs/*.json")
    assert "NaN" not in path.read_text() and json.loads(path.read_text())


@pytest.mark.parametrize(
    "call",
    [
        "log(loss='text')",
        "log(loss=torch.zeros(2))",
        "log(loss=torch.tensor(1j))",
        "log(loss=None)",
        "note(torch.tensor(1))",
        "_scalars.update(loss='text', end=print)",
    ],
)
def test_logging_what_is_no_number_is_a_failed_row(call, row_of):
    row = row_of(f"def step(self):\n    self.{call}\n    return False", code=1)
    assert row.status == "failed" and row.error


def test_a_config_value_that_no_row_can_hold_is_refused_before_the_run(cli, method_file, tmp_path):
    config = "@dataclass(frozen=True)\nclass Config:\n    rate: float = param(1.0, 'a test')\n\n"
    path = method_file("tuned", config + IDLE)
    for value in ("nan", "inf"):
        code, _, errors = cli(*path_run(path, 300, "--set", f"tuned.rate={value}"))
        assert code == 2 and "tuned.rate" in errors


def test_no_test_label_and_no_test_image_is_reachable_from_a_method(row_of, monkeypatch):
    kept, deliver = [], Run._deliver

    def look(run, host):
        kept.append((host.method, run.setting.judge))
        return deliver(run, host)

    monkeypatch.setattr(Run, "_deliver", look)
    row_of(LEARNS)
    ((method, judge),) = kept
    secret = {t.untyped_storage().data_ptr() for t in vars(judge).values()}
    found = [t for t in reachable(method) if isinstance(t, torch.Tensor)]
    assert method.student.training and len(found) > 10  # the walk does reach the weights
    assert not secret & {t.untyped_storage().data_ptr() for t in found}
    assert not [t for t in reachable(method) if isinstance(t, Judge)]


def test_spending_too_little_is_flagged(row_of):
    assert row_of(IDLE).flags == ("under-used", "untrained")
    asks = f"def step(self):\n    {ASKS.format(95)}\n    return False"
    assert row_of(asks, 100).flags == ("untrained",)
    assert row_of(asks, 101).flags == ("under-used", "untrained")


def test_modes_and_gradients_of_the_student_are_left_as_the_method_set_them(row_of):
    row = row_of(f"""
        def step(self):
            first = next(self.student.parameters()).requires_grad_(False)
            self.student.eval()
            self.student.get_submodule(next(iter(dict(self.student.named_children())))).train()
            before = [m.training for m in self.student.modules()]
            {ASKS.format(150)}
            assert before == [m.training for m in self.student.modules()]
            assert not first.requires_grad and torch.is_grad_enabled()
            return self.oracle.remaining > 0
    """)
    assert row.complete and len(row.curve) == 3


WILD = """
    def setup(self):
        import random, numpy
        torch.manual_seed(id(self) % 99)
        numpy.random.seed(1)
        random.seed(2)

    def step(self):
        torch.rand(1000 + id(self) % 99)
        return False
"""


def test_a_methods_use_of_the_global_generators_changes_no_other_run(cli, method_file, tmp_path):
    start = (
        "self.log(start=sum(p.detach().double().abs().sum() for p in self.student.parameters()))"
    )
    wild = method_file("wild", WILD.replace("import random", f"{start}\n        import random"))
    tame = method_file("tame", LEARNS.replace("self.rounds = 0", f"self.rounds = 0; {start}"))
    both = ("--dataset", "digits", "--device", "cpu", "--budget", 300)
    assert cli("run", "--methods", f"{wild},{tame}", "--seeds", "0,1", *both)[0] == 0
    assert cli("run", "--methods", tame, "--seeds", "1", *both, "--results", tmp_path / "x")[0] == 0
    tame_0, tame_1, wild_0, wild_1 = rows(tmp_path / "results")
    assert numbers(tame_1) == numbers(only_row(tmp_path / "x"))
    first = [row.curve[0].logged["start"] for row in (tame_0, tame_1, wild_0, wild_1)]
    assert first[:2] == first[2:] and first[0] != first[1]  # one first student a seed


def test_a_step_that_does_not_say_whether_to_go_on_is_a_failed_row(row_of):
    row = row_of(f"def step(self):\n    {ASKS.format(10)}", code=1)
    assert "step() returned None; return True to go on" in row.error
