"""A student with numbers that are none is no result, and one that was never trained is flagged."""

from __future__ import annotations

import re

import pytest
import torch
from torch import nn

from benchmark.nets import health
from benchmark.nets.evaluate import predict
from benchmark.nets.health import NotFinite, Soundness
from support.contract import LABELS, find, run_steps
from support.runs import ASKS, LEARNS, NOISE, only_row, path_run, states

BREAKS = LEARNS.replace("self.rounds += 1", "self.rounds += 1\n        self.spoil()")
SPOIL = {
    "a weight": "next(self.student.parameters()).data.view(-1)[0] = float('nan')",
    "one that is infinite": "next(self.student.parameters()).data.view(-1)[0] = float('-inf')",
    "the last bias": "list(self.student.parameters())[-1].data[0] = float('nan')",
    "every weight": "[of.data.mul_(float('nan')) for of in self.student.parameters()]",
}


def spoils(harm: str, at: int = 0) -> str:
    """A method whose student is broken after round ``at`` + 1, and learns on."""
    return f"{BREAKS}\n    def spoil(self):\n        if self.rounds > {at}:\n            {harm}\n"


@pytest.mark.parametrize("harm", SPOIL)
def test_a_student_that_is_not_finite_is_a_failed_run(harm, row_of):
    row = row_of(spoils(SPOIL[harm]), 300, code=1)
    assert (row.status, row.accuracy, row.best_accuracy) == ("failed", None, None)
    assert "NotFinite: the student holds values that are not finite in " in row.error
    assert row.student_sha is None and row.flags == ()
    assert "failed" in row_of.output and "NotFinite: the student holds" in row_of.output


def test_a_run_of_noise_at_an_absurd_learning_rate_fails(cli, tmp_path):
    code, output, _ = cli(*NOISE, "--set", "noise.student_lr=1e38")
    assert code == 1 and "done" not in output
    row = only_row(tmp_path / "results")
    assert row.status == "failed" and "not finite in 0.weight, 0.bias, " in row.error
    assert list((tmp_path / "results" / "students").iterdir()) == []


@pytest.mark.parametrize("saves", [False, True])
def test_the_step_where_it_began_is_named_as_near_as_it_is_known(saves, row_of):
    more = ("--save-every", "0.0001s") if saves else ()
    error = row_of(spoils(SPOIL["a weight"], at=2), 300, *more, code=1).error
    # Rounds of 50 images; the marks 100 and 200 lie before rounds 3 and 5.
    after, before = (3, 2) if saves else (4, 2)
    assert f"seen after step {after}, not yet after step {before}; a smaller lear" in error


def test_a_broken_student_that_was_saved_is_broken_after_a_resume(cli, method_file, tmp_path):
    body = spoils(SPOIL["a weight"], at=2)
    command = path_run(method_file("breaks", body), 300)
    while (code := cli(*command, "--stop-after", "0.001s")[0]) == 75:
        pass
    assert code == 1
    assert re.search(r"seen after step \d;", only_row(tmp_path / "results").error)
    assert len(states(tmp_path / "results")) == 1
    method_file("breaks", LEARNS)
    assert cli(*command)[0] == 0 and only_row(tmp_path / "results").resumes == 0


DEAF = """
    def {stage}(self):
        next(self.student.parameters()).data.fill_(float('nan'))
        try:
            self.oracle(torch.rand(150, *self.spec.shape))
        except Exception:
            next(self.student.parameters()).data.zero_()
        return {result}
"""
STEP = "\n    def step(self):\n        return False\n"


@pytest.mark.parametrize("stage", ["setup", "step", "deliver"])
def test_no_method_can_hush_up_what_was_seen_at_a_mark(stage, row_of):
    result = {"setup": "None", "step": "False", "deliver": "self.student"}[stage]
    body = DEAF.format(stage=stage, result=result) + (STEP if stage != "step" else "")
    error = row_of(body, 300, code=1).error
    assert error.startswith("NotFinite: the student holds")


DELIVERS = (
    LEARNS
    + """
    def deliver(self):
        import copy
        student = copy.deepcopy(self.student)
        {}
        return student
"""
)
DELIVERED = {
    "a weight": ("next(student.parameters()).data[:] = float('inf')", "not finite in 0.weight: "),
    "answers": (
        "[of.data.fill_(3e38) for of in list(student.parameters())[-2:]]",
        "355 of 355 images have logits that are not finite",
    ),
}


@pytest.mark.parametrize("student", DELIVERED)
def test_what_is_delivered_counts(student, row_of):
    does, said = DELIVERED[student]
    error = row_of(DELIVERS.format(does), 300, code=1).error
    assert f"NotFinite: {said}" in error or said in error
    assert row_of(DELIVERS.format("pass"), 300).status == "complete"


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("of", ["running_mean", "running_var"])
def test_a_buffer_counts_and_a_counter_does_not(of, value):
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    net[1].num_batches_tracked.fill_(2**62)
    assert health.broken(net.state_dict()) == []
    getattr(net[1], of)[1] = float(value)
    assert health.broken(net.state_dict()) == [f"1.{of}"]


def test_many_names_are_counted():
    assert health.named(["a"]) == "a" and health.named(list("abc")) == "a, b, c"
    assert health.named(list("abcde")) == "a, b, c and 2 more"


def test_soundness_knows_the_steps_between_which_it_was_lost():
    one, good, bad = Soundness(), {"w": torch.ones(2)}, {"w": torch.tensor([1.0, float("nan")])}
    one.check(3, good)
    for step in (5, 7):
        with pytest.raises(NotFinite, match=r"in w: seen after step 5, not yet after step 3; a"):
            one.check(step, bad)
    one.check(8, good)
    with pytest.raises(NotFinite, match=r"seen after step 9, not yet after step 8"):
        one.check(9, bad)


@pytest.mark.parametrize("value", ["nan", "inf"])
def test_a_network_whose_answers_are_not_finite_decides_nothing(value):
    class Sometimes(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(1))

        def forward(self, images):
            logits = images.mean((1, 2, 3))[:, None] * torch.ones(3)
            logits[images[:, 0, 0, 0] > 0.9, 1] = float(value)
            return logits

    images = torch.zeros(7, 1, 2, 2, dtype=torch.uint8)
    assert predict(Sometimes(), images, batch=2).tolist() == [0] * 7
    images[[1, 6]] = 255
    with pytest.raises(NotFinite, match=r"2 of 7 images have logits that are not finite"):
        predict(Sometimes(), images, batch=2)


UNTRAINED = {
    "idle": "def step(self):\n    return False",
    "asks": f"def step(self):\n    {ASKS.format(300)}\n    return False",
    "only statistics": f"def step(self):\n    {ASKS.format(300)}\n    self.student.train()\n"
    "    self.student(torch.rand(20, *self.spec.shape))\n    return False",
}


@pytest.mark.parametrize("how", UNTRAINED)
@pytest.mark.parametrize("student", ["lenet", "mlp"])
def test_a_student_that_was_never_trained_is_flagged(how, student, row_of):
    row = row_of(UNTRAINED[how], 300, "--student", student)
    assert row.complete and "untrained" in row.flags
    assert "untrained" in row_of.output.splitlines()[-1]


TRAINED = {
    "learns": LEARNS,
    "one bias": "def step(self):\n    list(self.student.parameters())[-1].data[0] += 1e-6\n"
    f"    {ASKS.format(300)}\n    return False",
}


@pytest.mark.parametrize("how", TRAINED)
def test_a_student_that_was_trained_is_not(how, row_of):
    assert row_of(TRAINED[how], 300).flags == ()


@pytest.mark.parametrize("label", [one for one in LABELS if one.replace("-", "").isalnum()])
def test_a_batch_of_one_is_refused_in_the_same_words(label, cli, tmp_path):
    entry, _ = find(label)
    if "batch" not in entry.method.Config.__dataclass_fields__:
        pytest.skip("it has no batch")
    code, output, errors = cli(
        "run", "--methods", label, "--dataset", "digits", "--set", f"{label}.batch=1"
    )
    assert (code, output) == (2, "") and not (tmp_path / "results").exists()
    assert errors.startswith(f"bench: {label}.batch must be at least 2") and "not 1" in errors


def test_a_batch_of_one_is_refused_in_a_file_that_allows_it_itself(cli, method_file):
    path = method_file(
        "single",
        """
        @dataclass(frozen=True)
        class Config:
            batch: int = param(1, "a test", low=1)
            other: int = param(1, "a test", low=1)

        def step(self):
            return False
    """,
    )
    code, _, errors = cli(*path_run(path), "--set", "single.batch=1")
    assert code == 2 and errors == "bench: single.batch must be at least 2, not 1\n"
    code, _, errors = cli(*path_run(path, 300), "--set", "single.other=1")
    assert code == 0, errors  # the data set's usual batch, and no batch is meant


@pytest.mark.parametrize("label", LABELS)
def test_one_image_that_is_left_over_is_no_trouble(label, spec, make_method):
    entry, access = find(label)
    batch = entry.method.tiny.get("batch", 20)
    method, account = make_method(entry, spec, 2 * batch + 1, access=access)
    run_steps(method, entry, 0, None, seed=0)
    assert account.spent <= 2 * batch + 1
    assert health.broken(method.deliver().state_dict()) == []
