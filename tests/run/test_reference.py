"""The reference student: it learns the bought labels, and is no part of the run."""

from __future__ import annotations

import errno
import os
import signal

import numpy as np
import pytest
import torch

from benchmark import files
from benchmark.checks import bands
from benchmark.errors import BenchError
from benchmark.oracle.journal import Journal, appended
from benchmark.oracle.journal.form import HEADER, IMAGES_HEADER, Form
from benchmark.rows.lease import hold
from benchmark.rows.packed import pack, unpack
from benchmark.rows.row import Row
from benchmark.run.buying import Wish
from benchmark.run.reference import Training
from benchmark.run.session import EXIT_STOPPED, Session
from benchmark.run.setting import Judge, Places
from benchmark.run.watch import Show
from support.disks import Full
from support.made_rows import FIELDS
from support.runs import LEARNS, forge, numbers, only_row, path_run, states
from support.suite import CPU

pytestmark = pytest.mark.usefixtures("four_passes")
DRAWS = LEARNS.replace("        loss =", "        self.log(drawn=torch.rand(()))\n        loss =")
SAVING = ("--save-every", "0.0001s")
ALONE = {"reference_accuracy", "reference_agreement", "reference_images", "reference_digest"}


@pytest.fixture
def command(method_file):
    return path_run(method_file("draws", DRAWS))


@pytest.fixture
def undisturbed(command, cli, tmp_path):
    assert cli(*command, "--results", tmp_path / "undisturbed")[0] == 0
    return numbers(only_row(tmp_path / "undisturbed"))


def without(row: dict) -> dict:
    return {name: value for name, value in row.items() if name not in ALONE}


def referred(row: Row) -> set[str]:
    """The fields of the reference student that a row has."""
    return {name for name in FIELDS if getattr(row, name) is not None}


def bought(folder):
    return list((folder / ".state").glob("*.bought"))


def test_it_costs_no_query_and_changes_nothing_of_the_run(command, cli, tmp_path, undisturbed):
    code, output, _ = cli(*command, "--no-reference")
    alone = only_row(tmp_path / "results")
    assert code == 0 and not referred(alone) and "reference" not in output
    assert without(undisturbed) == without(numbers(alone)), "draws, labels, student and all"
    assert any("drawn" in point.logged for point in alone.curve)
    assert undisturbed["reference_images"] == undisturbed["queries"] == 300
    assert bought(tmp_path / "undisturbed") == bought(tmp_path / "results") == []


def test_the_line_of_a_run_says_it_and_its_time_stands_apart(command, cli, tmp_path):
    code, output, _ = cli(*command)
    found = only_row(tmp_path / "results")
    assert code == 0 and f" % (reference {found.reference_accuracy:.2f} %)  " in output
    assert referred(found) == FIELDS and found.reference_seconds > 0


def test_a_row_that_is_there_stands_whether_or_not_it_has_one(command, cli, tmp_path):
    assert cli(*command, "--no-reference")[0] == 0
    code, output, _ = cli(*command)
    assert code == 0 and output.startswith("exists")
    assert not referred(only_row(tmp_path / "results"))
    assert cli(*command, "--force")[0] == 0
    assert referred(only_row(tmp_path / "results")) == FIELDS


def test_stopped_at_any_step_it_goes_on_to_the_same_student(
    command, cli, tmp_path, monkeypatch, undisturbed
):
    calls = []

    def stops(session) -> bool:
        calls.append(session)
        return len(calls) % 4 == 0

    monkeypatch.setattr(Session, "_should_stop", stops)
    stopped = 0
    while (code := cli(*command)[0]) == 75:
        stopped += 1
        assert stopped < 20 and len(states(tmp_path / "results")) == 1
        assert len(bought(tmp_path / "results")) == 1
    assert code == 0 and stopped > 3, "the method stops once, its reference student often"
    assert numbers(only_row(tmp_path / "results")) == undisturbed
    assert [path.suffix for path in (tmp_path / "results/.state").iterdir()] == [".lock"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_killed_between_two_states_it_ends_in_the_same_student(
    command, cli, tmp_path, monkeypatch, undisturbed
):
    child = os.fork()
    if not child:
        try:
            entered, enter = [], Journal.enter

            def counted(self, *given):
                enter(self, *given)
                entered.append(given)
                if len(entered) == 5:  # the state knows of fewer
                    os.kill(os.getpid(), signal.SIGKILL)

            Journal.enter = counted
            replace, done = os.replace, []

            def once(*given):
                done.append(given)
                if len(done) > 6:  # four probes and two states
                    raise OSError(errno.ENOSPC, "No space left on device")
                replace(*given)

            files.os.replace = once
            cli(*command, *SAVING)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    (path,) = bought(tmp_path / "results")
    paid = len(torch.load(states(tmp_path / "results")[0])["account"]["labels"])
    assert paid == 100 and path.stat().st_size > 5 * 50 * 16 * 16
    assert cli(*command)[0] == 0
    assert numbers(only_row(tmp_path / "results")) == undisturbed


def stop_after(cli, command, monkeypatch, steps: int) -> None:
    """Stop a run after so many steps of its method."""
    calls = []
    with monkeypatch.context() as patch:
        patch.setattr(Session, "_should_stop", lambda _: calls.append(0) or len(calls) >= steps)
        assert cli(*command)[0] == 75


HARM = {
    "missing": lambda path: path.unlink(),
    "shorter": lambda path: os.truncate(path, 5_000),
    "foreign": lambda path: path.write_bytes(b"x" * 100_000),
}


@pytest.mark.parametrize("harm", HARM)
def test_a_file_that_does_not_fit_the_state_is_named_with_two_ways_on(
    harm, command, cli, tmp_path, monkeypatch, undisturbed
):
    stop_after(cli, command, monkeypatch, 3)
    HARM[harm](bought(tmp_path / "results")[0])
    code, output, errors = cli(*command)
    assert code == 1 and "Traceback" not in output + errors
    told = " ".join((output + errors).split())
    assert "--no-reference goes on without a reference student, or delete" in told
    assert len(states(tmp_path / "results")) == 1
    assert cli(*command, "--no-reference")[0] == 0
    found = only_row(tmp_path / "results")
    assert without(numbers(found)) == without(undisturbed) and not referred(found)
    assert found.resumes == 1


def test_a_run_begun_without_it_goes_on_without_it_and_says_so(command, cli, tmp_path, monkeypatch):
    stop_after(cli, (*command, "--no-reference"), monkeypatch, 3)
    assert bought(tmp_path / "results") == []
    code, output, _ = cli(*command)
    assert code == 0 and "its row gets no reference student" in " ".join(output.split())
    assert not referred(only_row(tmp_path / "results"))


def test_a_full_disk_ends_the_run_clearly_and_it_goes_on_where_there_is_room(
    command, cli, tmp_path, monkeypatch, undisturbed
):
    opened = appended.opened
    with monkeypatch.context() as patch:
        patch.setattr(appended, "opened", lambda *given: Full(opened(*given), 50_000))
        code, output, errors = cli(*command, *SAVING)
    assert code == 2 and "Traceback" not in output + errors and errors.count("\n") == 1
    assert "No space left on device; the run ends there, the same command goes on from" in errors
    assert "--no-reference" in errors and len(states(tmp_path / "results")) == 1
    assert list((tmp_path / "results/runs").iterdir()) == []
    assert cli(*command)[0] == 0
    assert numbers(only_row(tmp_path / "results")) == undisturbed


def test_a_method_that_hides_the_error_of_a_full_disk_does_not_hide_it(
    method_file, cli, monkeypatch
):
    body = """
        def step(self):
            try:
                self.oracle(torch.rand(200, *self.spec.shape))
            except Exception:
                pass
            return False
    """
    opened = appended.opened
    monkeypatch.setattr(appended, "opened", lambda *given: Full(opened(*given), 1_000))
    code, _, errors = cli(*path_run(method_file("hides", body)))
    assert code == 2 and "the run ends there, nothing of it was saved before" in errors


def test_a_run_that_fails_leaves_nothing_behind(method_file, cli, tmp_path):
    body = "def step(self):\n    self.oracle(torch.rand(9, *self.spec.shape))\n    raise ValueError"
    assert cli(*path_run(method_file("fails", body)))[0] == 1
    assert only_row(tmp_path / "results").status == "failed"
    assert bought(tmp_path / "results") == []


@pytest.mark.parametrize("count", [0, 1])
def test_a_run_that_buys_too_little_has_no_reference_student(count, row_of):
    body = (
        f"def step(self):\n    self.oracle(torch.rand({count}, *self.spec.shape))\n    return False"
    )
    assert not referred(row_of(body))


def test_a_reference_student_that_is_not_finite_is_a_flag_and_no_number(
    command, cli, tmp_path, monkeypatch
):
    def step(self) -> None:
        self.steps += 1
        next(self.student.parameters()).data.fill_(float("nan"))

    monkeypatch.setattr(Training, "step", step)
    assert cli(*command)[0] == 0
    found = only_row(tmp_path / "results")
    assert found.flags == ("reference-not-finite",) and not referred(found)


def test_what_another_process_is_buying_is_left_alone(command, cli, tmp_path, monkeypatch):
    stop_after(cli, command, monkeypatch, 3)
    (path,) = bought(tmp_path / "results")
    before = path.read_bytes()
    with hold(path.with_suffix(".lock")) as held:
        assert held.mine
        code, output, _ = cli(*command, "--no-reference", "--force")
    assert code == 75 and " is running it (it holds " in output
    assert path.read_bytes() == before


def test_the_file_stays_where_that_is_asked_for_with_the_probabilities(method_file, cli, tmp_path):
    file = method_file("scores", f"    access = ('score',)\n{LEARNS}")
    code, output, errors = cli(*path_run(file, 300, "--keep-bought"))
    assert code == 0, output + errors
    (path,) = bought(tmp_path / "results")
    found = only_row(tmp_path / "results")
    assert path.name in output and referred(found) == FIELDS
    (records,) = (tmp_path / "results/.journal").iterdir()
    form = Form.read(records.read_bytes()[: HEADER.size], path.read_bytes()[: IMAGES_HEADER.size])
    assert (form.run_id, form.answers, form.bits, form.budget) == (found.id, 10, 8, 300)
    journal = Journal(records, form)
    ((_, asked),) = journal.records.blocks()
    journal.resume_images(path, asked["hash"].copy())
    pages = journal.pages(asked["hash"], asked["label"])
    images, targets = pages[np.arange(300)]
    pages.close()
    journal.close()
    assert len(images.unique(dim=0)) == found.unique
    assert torch.allclose(targets.sum(dim=1), torch.ones(300))
    assert targets.argmax(dim=1).bincount(minlength=10).tolist() == list(found.labels_per_class)


def test_progress_that_is_torn_or_of_another_recipe_is_made_once_more(
    command, cli, tmp_path, monkeypatch, undisturbed
):
    stop_after(cli, command, monkeypatch, 8)  # six of the method
    (path,) = (tmp_path / "results/.state").glob("*.reference")
    state = unpack(path.read_bytes())
    assert state["training"]["steps"] == 3
    training = state["training"]
    others = (
        {"of": state["of"].replace("batch=64", "batch=32")},
        {"training": training | {"steps": 10**6}},  # past the end, which it would never meet
        {"training": training | {"optimiser": {}}},
        {"clock": {"device": 1.0}},
    )
    for content in (b"x", *(pack(state | other) for other in others)):
        path.write_bytes(content)
        stop_after(cli, command, monkeypatch, 1)
        assert unpack(path.read_bytes())["training"]["steps"] == 1
    assert cli(*command)[0] == 0
    assert numbers(only_row(tmp_path / "results")) == undisturbed


def test_the_gates_that_compare_accuracies_train_none(monkeypatch, tmp_path):
    wishes = []

    class Stopped(Session):
        def run(self, cells) -> int:
            wishes.append(self.wish)
            return EXIT_STOPPED

    monkeypatch.setattr(bands, "Session", Stopped)
    with pytest.raises(BenchError, match="stopped before"):
        bands.run(Places(tmp_path, tmp_path), CPU, Show())
    assert wishes == [Wish(reference=False)]


def test_an_audit_holds_the_reference_student_too(results, cli):
    row = only_row(results)
    command = ("audit", row.id, "--results", results, "--full", "--device", "cpu")
    assert row.reference_images == row.queries
    forge(results, reference_accuracy=99.0)
    code, output, _ = cli(*command)
    assert code == 1 and "reference_accuracy is " in " ".join(output.split())


def test_judging_it_is_no_part_of_the_evaluation(command, cli, tmp_path, monkeypatch):
    scored, score = [], Judge.score
    monkeypatch.setattr(Judge, "score", lambda *given: scored.append(0) or score(*given))
    assert cli(*command)[0] == 0
    assert len(scored) == len(only_row(tmp_path / "results").curve) + 1
