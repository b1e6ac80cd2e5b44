"""Checks of ``bench audit`` without a run: a row's parts, and its facts about its method."""

from __future__ import annotations

import functools
from dataclasses import replace
from types import SimpleNamespace

import pytest

from benchmark.checks import audit, claims, parts, replay
from benchmark.checks.findings import FAILED, HOLDS, OPEN, failed
from benchmark.errors import BenchError
from benchmark.pictures import styles
from benchmark.run import registry
from support.made_rows import make_row
from support.runs import curve_of, only_row
from support.suite import ROOT

COMMITTED = sorted((ROOT / "results").glob("**/runs/*.json"))

CLAIMS = [
    ({"overrides": {}}, "generator_steps is 1 in config, 5 by variant and overrides"),
    ({"overrides": {"generator_steps": 0}}, "generator_steps must be at least"),
    ({"overrides": {"nothing": 1}}, "unknown field of ideal"),
    ({"variant": "no-reinit"}, "reinitialise is True in config, False by variant"),
    ({"variant": "better"}, "ideal has no variant 'better'"),
    ({"floor": True}, "floor is True in the row, False of the method"),
    ({"real_images": "digits"}, "real_images is 'digits' in the row, '' of the method"),
]


@pytest.mark.parametrize(("change", "text"), CLAIMS, ids=lambda part: "-".join(part)[:30])
def test_what_a_row_says_of_its_method_is_held_without_a_run(change, text, pristine):
    found = parts.statements(replace(only_row(pristine), **change))
    assert found.verdict == FAILED and text in found.text


def test_no_file_is_executed_because_a_row_names_it(pristine, method_file, tmp_path):
    path = method_file("named", f"open({str(tmp_path / 'done')!r}, 'w').close()")
    forged = replace(only_row(pristine), method=str(path))
    found = parts.statements(forged)
    assert found.verdict == OPEN and "a row names no file" in found.text
    with pytest.raises(BenchError, match="a row names no file"):
        replay.cell_of(forged)
    styles.styles([{"named": [forged]}])
    assert not (tmp_path / "done").exists()


def test_statements_of_a_method_that_is_not_here_as_it_was_stay_open(pristine):
    row = only_row(pristine)
    assert parts.statements(row).verdict == HOLDS
    assert parts.statements(replace(row, method="gone")).verdict == OPEN
    assert parts.statements(replace(row, method_version=1, floor=True)).verdict == OPEN
    older = replace(row, method_sha="0" * 64, overrides={})
    found = parts.statements(older)
    assert found.verdict == OPEN and "its source has changed since" in found.text
    assert parts.statements(replace(older, floor=True)).verdict == FAILED


@pytest.mark.parametrize(
    ("told", "card", "verdict"),
    [
        ("", {}, HOLDS),
        ("shifts", {"name": "shifts"}, HOLDS),
        ("", {"name": "shifts"}, HOLDS),  # rows did not say it before
        ("other", {"name": "shifts"}, FAILED),
        ("shifts", {}, FAILED),
    ],
)
def test_the_name_of_the_teacher_is_held_against_its_card(told, card, verdict):
    setting = SimpleNamespace(teacher_accuracy=99.0, card=card)
    found = claims.teacher(make_row(teacher_name=told), setting)
    assert found.verdict == verdict and (verdict == HOLDS or repr(told) in found.text)


PARTS = [
    (lambda row: {"labels_per_class": [1000, *[0] * 10]}, "has 11 entries, the row says 10"),
    (lambda row: {"labels_per_class": [1]}, "does not add up to queries"),
    (lambda row: {"unique": 1001}, "do not rise"),
    (lambda row: {"curve": row.curve[:-1]}, "ends at the mark 500, the run at its budget 1000"),
    (lambda row: curve_of(row, 1, mark=100), "marks of the curve do not rise"),
    (lambda row: curve_of(row, 0, queries=900), "queries of the curve fall"),
    (lambda row: {"steps": 99_999}, "the row says 99999"),
    (lambda row: {"best_accuracy": 100.0}, "best_accuracy is not the best"),
]


@pytest.mark.parametrize(("forgery", "text"), PARTS, ids=[text for _, text in PARTS])
def test_a_rows_parts_are_held_against_each_other(forgery, text, pristine):
    row = only_row(pristine)
    assert parts.consistency(row).verdict == HOLDS
    found = parts.consistency(replace(row, **forgery(row)))
    assert found.verdict == FAILED and text in found.text


def test_every_committed_row_holds_as_far_as_no_run_is_needed(monkeypatch):
    monkeypatch.setattr(registry, "find", functools.cache(registry.find))  # 200 rows, few methods
    assert COMMITTED
    looked = {path: audit.look(path) for path in COMMITTED}
    assert [(path, bad) for path, (_, found) in looked.items() if (bad := failed(found))] == []
    assert all(row and len(row.labels_per_class) == row.classes for row, _ in looked.values())
