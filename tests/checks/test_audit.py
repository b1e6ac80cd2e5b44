"""``bench audit``: an honest row holds, and every forgery of its numbers is found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmark import datasets
from benchmark.checks import replay
from benchmark.rows.row import Row
from benchmark.rows.store import Store
from support.audits import audited
from support.made_rows import make_row
from support.runs import edit, forge, only_id, only_row


def test_an_honest_row_holds_in_every_part(cli, results):
    code, output = audited(cli, results)
    assert code == 0 and "FAILED" not in output and "open" not in output
    assert output.count("equal in every part") == 3 and "ok      student" in output
    assert "ok      row: made again to its end; all exact parts are equal" in output
    assert output.endswith(f"verdict on {only_id(results)}: HOLDS, all 13 findings\n")


def test_a_run_that_is_not_made_to_its_end_leaves_its_row_open(cli, results):
    code, output = audited(cli, results, "--points", 2)
    said = "made again: 2 of 3 marks, to 500 queries; the student's digest at 2 of them; --full"
    assert code == 3 and f"open    end: {said}" in output
    assert output.endswith(f": OPEN\n        end: {said} makes the rest\n")
    assert audited(cli, results, "--full")[0] == 0


def test_an_edited_row_fails_by_its_checksum(cli, results):
    edit(next((results / "runs").glob("*.json")), accuracy=99.0)
    code, output = audited(cli, results)
    assert code == 1 and "FAILED  checksum" in output and "repeating" not in output


def test_a_forged_accuracy_fails_by_the_rows_other_parts(cli, results):
    forge(results, accuracy=99.0)
    code, output = audited(cli, results)
    assert code == 1 and "the curve ends at accuracy" in output


def test_a_forged_result_fails_by_its_student(cli, results):
    *before, end = only_row(results).curve
    curve = [*before, replace(end, accuracy=99.0)]
    forge(results, accuracy=99.0, best_accuracy=99.0, curve=curve)
    code, output = audited(cli, results, "--points", 1)
    assert code == 1 and "FAILED  student" in output


def test_a_forged_curve_fails_by_its_repetition(cli, results):
    curve = list(only_row(results).curve)
    curve[1] = replace(curve[1], accuracy=curve[1].accuracy + 0.5, labels_digest="0" * 64)
    forge(results, curve=curve, best_accuracy=max(point.accuracy for point in curve))
    code, output = audited(cli, results)
    assert code == 1 and "differs in accuracy, labels_digest" in output


def test_a_row_with_other_settings_than_its_id_fails(cli, results):
    forge(results, budget=2000)
    code, output = audited(cli, results)
    assert code == 1 and "FAILED  id" in output


def test_other_code_stays_open_and_another_version_is_refused(cli, results):
    forge(results, method_sha="0" * 64)
    code, output = audited(cli, results, "--points", 1)
    assert code == 3 and "open    code: the method's source has changed" in output
    code, output = audited(cli, results, "--full")
    assert code == 3 and output.count("code: the method's source has changed") == 2
    row = replace(only_row(results), method_version=99)
    forge(results, method_version=99, id=row.run_id)
    code, output = audited(cli, results)
    assert code == 2 and "the row is of version 99 of ideal" in output


def test_another_teacher_or_test_set_is_refused(cli, results):
    forge(results, data_digest="0" * 64)
    code, output = audited(cli, results)
    assert code == 2 and "other test images" in output
    row, digits = replace(only_row(results), teacher_sha="0" * 64), datasets.load("digits", results)
    changes = {"teacher_sha": row.teacher_sha, "data_digest": digits.test.digest}
    forge(results, **changes, id=row.run_id)
    code, output = audited(cli, results)
    assert code == 2 and "is another teacher" in output


def added_point(row: Row) -> dict:
    """The curve goes on after the true end, which is called an earlier mark."""
    *before, end = row.curve
    curve = [*before, replace(end, mark=row.budget - 1), replace(end, accuracy=97.0)]
    curve = [replace(point, student_digest=None) for point in curve]
    return {"curve": curve, "accuracy": 97.0, "best_accuracy": 97.0}


def test_an_added_point_fails_where_the_run_is_made_to_its_end(cli, results):
    forge(results, drop=("student_sha",), **added_point(only_row(results)))
    code, output = audited(cli, results, "--points", 1)
    assert code == 3 and "open    student: the row names none; only --full" in output
    code, output = audited(cli, results, "--full")
    assert code == 1 and "FAILED  curve: 3 points here, 4 in the row" in output
    assert "FAILED  row: " in output and "in the row; accuracy is" in output


COUNTED = {
    "unique": 1,
    "labels_per_class": [1000, *[0] * 9],
    "flags": ["under-used"],
    "notes": ["odd"],
    "teacher_images": 5,
}


def test_forged_counts_fail_where_the_run_is_made_to_its_end(cli, results):
    forge(results, **COUNTED)
    code, output = audited(cli, results, "--full")
    (line,) = [line for line in output.splitlines() if "FAILED" in line]
    assert code == 1 and line.startswith("FAILED  row: unique is 1000 here, 1 in the row; labels_")
    assert all(f"{name} is" in output for name in COUNTED)


def test_a_run_shorter_than_the_asked_points_is_compared_whole(cli, results):
    forge(results, notes=["odd"])
    assert audited(cli, results, "--points", 2)[0] == 3
    code, output = audited(cli, results, "--points", 9)
    assert code == 1 and "FAILED  row: notes is () here" in output


def test_a_config_that_no_run_can_have_fails_by_its_repetition(cli, results):
    row, impossible = only_row(results), {"relabel": True, "target_passes": 35}
    changes = {"config": row.config | impossible, "overrides": row.overrides | impossible}
    forge(results, **changes, id=replace(row, **changes).run_id)
    code, output = audited(cli, results, "--full")
    assert code == 1 and "FAILED  run: it fails here: " in output
    assert output.count("FAILED") == 1 and "target_passes" in output


def test_a_forged_label_fails_at_the_command_too(cli, results):
    forge(results, overrides={}, floor=True)
    code, output = audited(cli, results, "--points", 1)
    assert code == 1 and "FAILED  method: floor is True" in output and "repeating" not in output


def test_classes_are_those_of_the_data_set(cli, results):
    labels = only_row(results).labels_per_class
    forge(results, labels_per_class=[*labels, 0], classes=11)
    code, output = audited(cli, results, "--points", 1)
    assert code == 1 and "FAILED  classes: 10 here, 11 in the row" in output


def test_a_failed_row_has_nothing_to_repeat(cli, tmp_path, method_file):
    path = method_file("breaks", "def step(self):\n    raise ValueError('broken')")
    command = ("run", "--methods", path, "--dataset", "digits", "--device", "cpu", "--seeds", "0")
    assert cli(*command, "--budget", "300", "--results", tmp_path / "results")[0] == 1
    code, output = audited(cli, tmp_path / "results")
    assert code == 2 and "no numbers to repeat" in output


def test_a_sample_that_is_torn_fails_and_one_that_is_away_stays_open(cli, results):
    (path,) = (results / "samples").glob("*.safetensors")
    path.write_bytes(path.read_bytes()[:-1])
    code, output = audited(cli, results)
    assert code == 1 and "FAILED  sample" in output
    path.unlink()
    code, output = audited(cli, results)
    assert code == 0 and "open    sample: the row names one, and it is not here" in output
    assert "ok      sample: made again with the run, bit for bit" in output
    assert audited(cli, results, "--points", 1)[0] == 3


@pytest.mark.parametrize("change", [{"curve": []}, {"curve": "x"}, {"labels_per_class": None}])
def test_a_row_with_parts_of_another_kind_fails_in_words(change, cli, results):
    forge(results, **change)
    code, output = audited(cli, results)
    assert code == 1 and "FAILED  form" in output and next(iter(change)) in output


def test_threads_are_the_rows_own(monkeypatch):
    used = []
    monkeypatch.setattr(replay.torch, "set_num_threads", used.append)
    replay.use_threads_of(make_row(device="AMD EPYC, 12 threads"))
    replay.use_threads_of(make_row(device="AMD EPYC, 1 thread"))
    replay.use_threads_of(make_row(device="NVIDIA H100"))
    assert used == [12, 1]


def test_flags_of_earlier_starts_need_not_come_again(cli, results):
    forge(results, flags=["asked-more"], asked_in_all=2000)
    assert audited(cli, results, "--full")[0] == 0


def test_several_rows_have_a_verdict_each_and_the_worst_one_is_the_exit_code(cli, results):
    run, store = only_id(results), Store(results)
    store.write(made := make_row(status="failed", accuracy=None, error="x", seed=5))
    command = ("--device", "cpu", "--results", results, "--isolation", "thread", "--points", "1")
    code, output, errors = cli("audit", run, made.id, *command)
    assert code == 1 and f"verdict on {run}: OPEN" in output
    assert f"verdict on {made.id}: DOES NOT HOLD" in output and errors == ""
