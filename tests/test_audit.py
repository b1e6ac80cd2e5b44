"""``bench audit``: an honest row holds, and every way to forge one is found."""

from __future__ import annotations

from benchmark import datasets
from benchmark.checks import audit, replay
from benchmark.checks.findings import FAILED, OPEN
from benchmark.store import Store
from runs import edit, forge, only_id, only_row


def audited(cli, results, *more) -> tuple[int, str]:
    run = only_id(results)
    code, output, errors = cli("audit", run, "--device", "cpu", "--results", results, *more)
    return code, output + errors


def test_an_honest_row_holds_in_every_part(cli, results):
    code, output = audited(cli, results)
    assert code == 0 and "FAILED" not in output
    assert output.count("the same in every part") == 3 and "ok      student" in output
    code, output = audited(cli, results, "--full")
    assert code == 0
    assert output.count("the same in every part") == len(only_row(results)["curve"])


def test_an_edited_row_fails_by_its_seal(cli, results):
    edit(next((results / "runs").glob("*.json")), accuracy=99.0)
    code, output = audited(cli, results)
    assert code == 1 and "FAILED  seal" in output and "repeating" not in output


def test_a_forged_accuracy_fails_by_the_rows_other_parts(cli, results):
    forge(results, accuracy=99.0)
    code, output = audited(cli, results)
    assert code == 1 and "the curve ends at accuracy" in output


def test_a_forged_result_fails_by_its_student(cli, results):
    curve = only_row(results)["curve"]
    curve[-1]["accuracy"] = 99.0
    forge(results, accuracy=99.0, best_accuracy=99.0, curve=curve)
    code, output = audited(cli, results, "--points", 1)
    assert code == 1 and "FAILED  student" in output


def test_a_forged_curve_fails_by_its_repetition(cli, results):
    curve = only_row(results)["curve"]
    curve[1] |= {"accuracy": curve[1]["accuracy"] + 0.5, "labels_digest": "0" * 64}
    forge(results, curve=curve)
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
    forge(results, student_sha=None)
    row = {k: v for k, v in only_row(results).items() if k != "student_sha"}
    assert audit.student(row, Store(results), None).verdict == OPEN


def test_other_code_stays_open_and_another_version_is_refused(cli, results):
    forge(results, method_sha="0" * 64)
    code, output = audited(cli, results, "--points", 1)
    assert code == 0 and "open    code: the method's source has changed" in output
    row = only_row(results) | {"method_version": 99}
    forge(results, method_version=99, id=replay.own_id(row))
    code, output = audited(cli, results)
    assert code == 2 and "the row is of version 99 of ideal" in output


def test_another_teacher_or_test_set_is_refused(cli, results):
    forge(results, data_digest="0" * 64)
    code, output = audited(cli, results)
    assert code == 2 and "other test images" in output
    row, digits = only_row(results) | {"teacher_sha": "0" * 64}, datasets.load("digits", results)
    forge(results, **row | {"id": replay.own_id(row), "data_digest": digits.test.digest})
    code, output = audited(cli, results)
    assert code == 2 and "is another teacher" in output


def test_a_row_of_another_device_has_the_tolerance(cli, results):
    curve = only_row(results)["curve"]
    curve[1]["accuracy"] += 4.0
    best = max(point["accuracy"] for point in curve)
    forge(results, curve=curve, device="another, 1 thread", best_accuracy=best)
    code, output = audited(cli, results)
    assert code == 0 and "within 10 (another device or torch)" in output
    code, output = audited(cli, results, "--tolerance", 3)
    assert code == 1 and "differs in accuracy" in output


def test_counts_have_no_tolerance():
    here = {"mark": 500, "queries": 500, "accuracy": 50.0}
    row = {"curve": [here | {"queries": 499}]}
    assert audit.compare(row, [here], False, 100.0)[0].verdict == FAILED
    assert audit.compare({"curve": []}, [here], False, 100.0)[0].verdict == FAILED


def test_a_failed_row_has_nothing_to_repeat(cli, tmp_path, method_file):
    path = method_file("breaks", "def step(self):\n    raise ValueError('broken')")
    command = ("run", "--methods", path, "--dataset", "digits", "--device", "cpu", "--seeds", "0")
    assert cli(*command, "--budget", "300", "--results", tmp_path / "results")[0] == 1
    code, output = audited(cli, tmp_path / "results")
    assert code == 0 and "no numbers to repeat" in output


def test_threads_and_arithmetic_are_the_rows_own(monkeypatch):
    used = []
    monkeypatch.setattr(replay.torch, "set_num_threads", used.append)
    replay.use_threads_of({"device": "AMD EPYC, 12 threads"})
    replay.use_threads_of({"device": "AMD EPYC, 1 thread"})
    replay.use_threads_of({"device": "NVIDIA H100"})
    assert used == [12, 1]
    assert replay.options_of({"amp": "bfloat16", "graphs": True}).amp == "on"
    assert replay.options_of({}).amp == "off" and not replay.options_of({}).graphs
