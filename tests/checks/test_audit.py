"""``bench audit``: an honest row holds, and every way to forge one is found."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from safetensors.torch import load, save

from benchmark import datasets
from benchmark.checks import audit, replay
from benchmark.checks.audit import Repeat
from benchmark.checks.findings import FAILED, HOLDS, OPEN, failed
from benchmark.rows.row import Row
from benchmark.rows.store import Store
from support.made_rows import make_point, make_row
from support.runs import edit, forge, only_id, only_row


def audited(cli, results, *more) -> tuple[int, str]:
    run = only_id(results)
    code, output, errors = cli("audit", run, "--device", "cpu", "--results", results, *more)
    return code, output + errors


def test_an_honest_row_holds_in_every_part(cli, results):
    code, output = audited(cli, results)
    assert code == 0 and "FAILED" not in output
    assert output.count("equal in every part") == 3 and "ok      student" in output
    code, output = audited(cli, results, "--full")
    assert code == 0
    assert output.count("equal in every part") == len(only_row(results).curve)
    assert "ok      row: all exact parts are equal" in output


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


def test_an_exchanged_student_fails_and_a_missing_one_stays_open(cli, results):
    student = next((results / "students").iterdir())
    student.write_bytes(student.read_bytes() + b" ")
    code, output = audited(cli, results, "--points", 1)
    assert code == 1 and "FAILED  student" in output
    student.unlink()
    code, output = audited(cli, results, "--points", 1)
    assert code == 0 and "open    student" in output
    row = replace(only_row(results), student_sha=None)
    found = audit.student(row, Store(results), None)
    assert found.verdict == OPEN and "nothing holds the accuracy then, unless --full" in found.text


def test_other_code_stays_open_and_another_version_is_refused(cli, results):
    forge(results, method_sha="0" * 64)
    code, output = audited(cli, results, "--points", 1)
    assert code == 0 and "open    code: the method's source has changed" in output
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


def test_a_row_of_another_device_has_the_tolerance(cli, results):
    curve = list(only_row(results).curve)
    curve[1] = replace(curve[1], accuracy=curve[1].accuracy + 4.0)
    best = max(point.accuracy for point in curve)
    forge(results, curve=curve, device="another, 1 thread", best_accuracy=best)
    code, output = audited(cli, results)
    assert code == 0 and "within 10 (another device or torch)" in output
    code, output = audited(cli, results, "--tolerance", 3)
    assert code == 1 and "differs in accuracy" in output


def test_counts_have_no_tolerance():
    here = make_point(queries=500, accuracy=50.0)
    row, again = make_row(curve=[replace(here, queries=499)]), Repeat([here], None)
    assert audit.compare(row, again, False, 100.0)[0].verdict == FAILED
    assert audit.compare(make_row(curve=[]), again, False, 100.0)[0].verdict == FAILED


def added_point(row: Row) -> dict:
    """The curve goes on after the true end, which is called an earlier mark."""
    *before, end = row.curve
    curve = [*before, replace(end, mark=row.budget - 1), replace(end, accuracy=97.0)]
    return {"curve": curve, "accuracy": 97.0, "best_accuracy": 97.0}


def test_an_added_point_fails_where_the_run_is_made_to_its_end(cli, results):
    forge(results, drop=("student_sha",), **added_point(only_row(results)))
    code, output = audited(cli, results, "--points", 1)
    assert code == 0 and "open    student" in output and "unless --full" in output
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
    assert audited(cli, results, "--points", 2)[0] == 0
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


def test_another_device_holds_counts_and_accuracy_alone():
    point = make_point(queries=500, accuracy=50.0)
    row = make_row(queries=500, curve=[point])
    for change, verdict in (
        ({"notes": ("odd",)}, HOLDS),
        ({"accuracy": 45.0}, HOLDS),
        ({"accuracy": 39.0}, FAILED),
        ({"floor": True}, FAILED),
        ({"queries": 499}, FAILED),
    ):
        again = Repeat([point], replace(row, **change))
        assert audit.compare(row, again, False, 10.0)[-1].verdict == verdict
    longer = replace(row, curve=(point, replace(point, mark=600)))
    assert failed(audit.compare(longer, Repeat([point], row), False, 10.0))


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
    assert code == 0 and "open    sample: none is here" in output


@pytest.mark.parametrize("change", [{"curve": []}, {"curve": "x"}, {"labels_per_class": None}])
def test_a_row_with_parts_of_another_kind_fails_in_words(change, cli, results):
    forge(results, **change)
    code, output = audited(cli, results)
    assert code == 1 and "FAILED  form" in output and next(iter(change)) in output


def test_a_kept_student_that_is_not_finite_fails(cli, results):
    (path,) = (results / "students").glob("*.safetensors")
    weights = load(path.read_bytes())
    next(of for of in weights.values() if of.is_floating_point()).view(-1)[3] = float("nan")
    path.write_bytes(save(weights))
    forge(results, student_sha=hashlib.sha256(path.read_bytes()).hexdigest())
    code, output = audited(cli, results)
    assert code == 1 and "FAILED  student: it holds values that are not finite in " in output


def test_a_kept_student_whose_answers_are_not_finite_fails(cli, results):
    (path,) = (results / "students").glob("*.safetensors")
    weights = {
        name: of * 1e18 if of.is_floating_point() else of
        for name, of in load(path.read_bytes()).items()
    }
    path.write_bytes(save(weights))
    forge(results, student_sha=hashlib.sha256(path.read_bytes()).hexdigest())
    code, output = audited(cli, results)
    assert code == 1 and "images have logits that are not finite" in output


def test_threads_are_the_rows_own(monkeypatch):
    used = []
    monkeypatch.setattr(replay.torch, "set_num_threads", used.append)
    replay.use_threads_of(make_row(device="AMD EPYC, 12 threads"))
    replay.use_threads_of(make_row(device="AMD EPYC, 1 thread"))
    replay.use_threads_of(make_row(device="NVIDIA H100"))
    assert used == [12, 1]
