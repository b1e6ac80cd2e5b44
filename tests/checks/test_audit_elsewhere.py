"""Audits on another device than the row's: counts must agree, accuracy as seeds do among them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmark.checks import again, spread
from benchmark.checks.again import Repeat
from benchmark.checks.findings import FAILED, HOLDS, OPEN, failed
from benchmark.checks.spread import Seeds, given
from benchmark.rows.row import Row
from benchmark.rows.stats import half_prediction
from benchmark.rows.store import Store
from support.audits import audited
from support.made_rows import make_point, make_row, seeds
from support.runs import forge, only_row

HERE = make_point(queries=1000, accuracy=50.0)


def elsewhere(results, shift: float = 0.0) -> Row:
    """The only row as of another device: its students agree with the teacher a little more.

    At 500 queries its accuracy is ``shift`` points higher.
    """
    *before, end = only_row(results).curve
    curve = [replace(one, agreement=one.agreement + 0.3) for one in before] + [end]
    curve[1] = replace(curve[1], accuracy=curve[1].accuracy + shift)
    best = max(point.accuracy for point in curve)
    forge(results, device="another, 1 thread", curve=curve, best_accuracy=best)
    return only_row(results)


def add_seeds(results, row: Row, *shifts: float) -> None:
    """Rows of other seeds beside a row, each with the accuracies of its marks shifted so."""
    for number, shift in enumerate(shifts, start=1):
        curve = [replace(one, accuracy=max(one.accuracy + shift, 0.0)) for one in row.curve]
        other = replace(row, seed=row.seed + number, curve=tuple(curve))
        Store(results).write(replace(other, id=other.run_id))


def verdict(there: float, *others: float, marks: int = 1) -> str:
    """The verdict on a row with this accuracy, where 50 % came out here."""
    row = make_row(accuracy=there)
    allowed = Seeds(seeds(*others), marks)
    point = replace(HERE, accuracy=there)
    return again.compare(replace(row, curve=(point,)), Repeat([HERE], None), allowed)[0].verdict


def test_a_row_may_lie_where_one_more_seed_would():
    half = half_prediction([50.0, 49.0, 51.0], 0.95)
    assert half == pytest.approx(4.30265 * (1 + 1 / 3) ** 0.5, abs=1e-4)  # t of two degrees
    assert verdict(50 + half - 0.01, 49.0, 51.0) == HOLDS
    assert verdict(50 + half + 0.01, 49.0, 51.0) == FAILED
    assert verdict(50 - half - 0.01, 49.0, 51.0) == FAILED


def test_more_marks_ask_for_more_of_each_and_more_seeds_for_less():
    assert verdict(56.0, 49.0, 51.0) == FAILED
    assert verdict(56.0, 49.0, 51.0, marks=3) == HOLDS
    assert verdict(54.0, 49.0, 51.0) == HOLDS
    assert verdict(54.0, 49.0, 51.0, 49.0, 51.0, 49.0, 51.0) == FAILED


def test_with_fewer_than_three_values_nothing_is_decided():
    assert verdict(50.1) == OPEN and verdict(99.0, 50.0) == OPEN
    found = Seeds(seeds(50.0), 1)(1000, 50.0)
    assert found.words == "1 of at least 2 other seeds is in the store, so nothing tells"
    assert Seeds(seeds(50.0, 51.0), 1)(500, 50.0).words.startswith("0 of ")  # none has this mark


def test_seeds_that_lie_far_apart_hold_no_row_and_still_exclude_one():
    assert verdict(55.0, 40.0, 60.0) == OPEN
    assert verdict(99.9, 45.0, 55.0) == FAILED
    assert verdict(60.0, 45.0, 55.0) == OPEN


def test_equal_seeds_leave_room_for_rounding():
    assert verdict(50.05, 50.0, 50.0) == HOLDS and verdict(50.2, 50.0, 50.0) == FAILED


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 0},
        {"budget": 2000},
        {"teacher_sha": "b" * 64},
        {"data_digest": "c" * 64},
        {"config": {"a": 1}},
        {"method_version": 2},
        {"access": "score"},
        {"student": "mlp"},
        {"status": "failed", "accuracy": None, "error": "x"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_only_complete_rows_of_the_same_form_and_setting_count(change):
    row, other = make_row(seed=0), make_row(seed=1)
    assert spread.others(row, [row, other]) == [other]
    assert spread.others(row, [row, make_row(**{"seed": 1} | change)]) == []


def test_a_row_of_another_device_is_held_against_the_seeds_in_the_store(cli, results):
    row = elsewhere(results)
    add_seeds(results, row, 1.0, -1.0, 0.5)
    code, output = audit_first(cli, results, row)
    assert code == 0 and "the row is of another, 1 thread, torch " in output
    assert output.count("4 seeds allow ") == 2 and output.count("equal in every part") == 1


def test_a_row_that_lies_outside_fails_though_ten_points_were_once_allowed(cli, results):
    add_seeds(results, only_row(results), 1.0, -1.0, 0.5)
    (first,) = (row for row in Store(results).rows() if row.seed == 0)
    curve = [first.curve[0], replace(first.curve[1], accuracy=first.curve[1].accuracy + 9.0)]
    curve.append(first.curve[2])
    best = max(point.accuracy for point in curve)
    claims = {"curve": tuple(curve), "best_accuracy": best, "device": "another, 1 thread"}
    row = Store(results).write(replace(first, **claims))
    code, output = audit_first(cli, results, row)
    assert code == 1 and "FAILED  500 queries: " in output


def audit_first(cli, results, row: Row, *more) -> tuple[int, str]:
    """The audit of one of several rows, to its end."""
    command = ("audit", row.id, "--device", "cpu", "--results", results, "--isolation", "thread")
    code, output, errors = cli(*command, "--full", *more)
    return code, output + errors


def test_a_false_device_passes_no_row_where_no_seeds_tell(cli, results):
    elsewhere(results, shift=4.0)
    code, output = audited(cli, results, "--full")
    assert code == 3 and output.count("0 of at least 2 other seeds are in the store") == 4


def test_a_false_device_and_no_student_leave_a_row_open(cli, results):
    row = elsewhere(results)
    add_seeds(results, row, 1.0, -1.0, 0.5)
    curve = tuple(replace(point, student_digest=None) for point in row.curve)
    one = Store(results).write(replace(row, curve=curve, student_sha=None))
    code, output = audit_first(cli, results, one)
    assert code == 3 and "student: the row names none; only --full, on the row's device" in output


@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_a_run_that_comes_out_bit_for_bit_elsewhere_settles_its_missing_student(
    shift, cli, results
):
    row = only_row(results)
    *before, end = row.curve
    curve = (*before, replace(end, accuracy=end.accuracy + shift))
    best = max(point.accuracy for point in curve)
    claims = {"accuracy": curve[-1].accuracy, "best_accuracy": best}
    forge(results, device="another, 1 thread", curve=curve, **claims)
    row = only_row(results)
    add_seeds(results, row, 1.0, -1.0, 0.5)
    next((results / "students").iterdir()).unlink()
    code, output = audit_first(cli, results, row)
    settled = "ok      student: made again with the run, bit for bit" in output
    assert (code, settled) == ((0, True) if not shift else (3, False)), output


def test_a_tolerance_may_be_asked_for_instead(cli, results):
    elsewhere(results, shift=4.0)
    code, output = audited(cli, results, "--tolerance", 5)
    assert code == 0 and "within 5, as asked" in output
    assert audited(cli, results, "--tolerance", 3)[0] == 1


def test_an_unsound_row_of_another_seed_stops_no_audit(cli, results):
    row = elsewhere(results)
    add_seeds(results, row, 1.0, -1.0)
    other = next(one for one in Store(results).rows() if one.seed == 1)
    Store(results).path(other).write_text("{}")
    code, output = audit_first(cli, results, row)
    assert code == 3 and "1 of at least 2 other seeds is in the store" in output


def test_counts_have_no_tolerance():
    row, repeat = make_row(curve=[replace(HERE, queries=499)]), Repeat([HERE], None)
    assert again.compare(row, repeat, given(100.0))[0].verdict == FAILED
    assert failed(again.compare(make_row(curve=[]), repeat, given(100.0)))


def test_another_device_holds_counts_and_accuracy_alone():
    row = make_row(queries=1000, curve=[HERE], accuracy=50.0)
    for change, expected in (
        ({"notes": ("odd",)}, HOLDS),
        ({"student_sha": "0" * 64}, HOLDS),
        ({"floor": True}, FAILED),
        ({"queries": 499}, FAILED),
    ):
        repeat = Repeat([HERE], replace(row, **change))
        assert again.compare(row, repeat, given(10.0))[-1].verdict == expected
    longer = replace(row, curve=(HERE, replace(HERE, mark=1600)))
    assert failed(again.compare(longer, Repeat([HERE], row), given(10.0)))
