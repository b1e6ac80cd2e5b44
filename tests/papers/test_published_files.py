"""The files of published numbers and footnotes: read as they are, faults named by line."""

from __future__ import annotations

import csv
import io
import re

import pytest

from benchmark.errors import BenchError
from benchmark.papers import published
from benchmark.papers.printed import COLUMNS, Footnote
from benchmark.papers.published import FOOTNOTES, NUMBERS, PAPER
from support.printed_files import check_agreement, checked_footnotes, checked_numbers

GOOD = {
    "source": "a",
    "table": "Table 1",
    "row": "r",
    "dataset": "mnist",
    "teacher": "lenet",
    "student": "lenet",
    "method": "ideal",
    "access": "hard-label",
    "budget": "25000",
    "metric": "accuracy",
    "value": "96.32",
    "note": "",
}
TEACHER = {"metric": "teacher-accuracy", "student": "", "method": "", "access": "", "budget": ""}


def text_of(*lines: dict[str, str]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(GOOD | line for line in lines)
    return out.getvalue()


def parse(text: str):
    return checked_numbers(text, "n.csv", ["a", "b"])


def test_the_committed_files_are_read_as_they_are_and_nothing_is_wrong_in_them():
    numbers = checked_numbers(published._text(NUMBERS), NUMBERS, published.sources())
    assert tuple(numbers) == published.numbers()
    check_agreement(numbers)
    footnotes = checked_footnotes(published._remarks()["footnotes"], FOOTNOTES, numbers)
    assert tuple(footnotes) == published.footnotes()


def test_good_lines_are_read_as_they_are():
    one, two = parse(text_of({}, {"budget": "", "access": "", "value": "100", "row": "s, t"}))
    assert (one.budget, one.value, one.note, one.source) == (25_000, 96.32, "", "a")
    assert (two.budget, two.access, two.value, two.row) == (None, "", 100.0, "s, t")
    (teacher,) = parse(text_of(TEACHER))
    assert teacher.key == ("mnist", "lenet", "", None, "", None)


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("source", "c", "'c' is none of a, b"),
        ("table", "", "'' is not a text"),
        ("row", " r", "' r' is not a text"),
        ("dataset", "", "'' is not a lower-case name, as resnet18 or other:lenet5"),
        ("teacher", "ResNet-18", "'ResNet-18' is not a lower-case name, as resnet18 or"),
        ("student", "my:net", "'my:net' is not a lower-case name"),
        ("method", "ideal [x]", "'ideal [x]' is not a label, as ideal, ideal:no-ce or ideal ("),
        ("method", "", "empty, but accuracy needs one"),
        ("access", "hard", "'hard' is not one of hard-label, score, white-box, real-data"),
        ("budget", "25k", "'25k' is not a whole number of queries, as 25000"),
        ("budget", "0", "'0' is not a whole number of queries"),
        ("metric", "acc", "'acc' is not one of accuracy, accuracy-above"),
        ("value", "", "'' is not a number from 0 to 100, as 96.32"),
        ("value", "96.32%", "'96.32%' is not a number from 0 to 100"),
        ("value", "nan", "'nan' is not a number from 0 to 100"),
        ("value", "-1", "'-1' is not a number from 0 to 100"),
        ("value", "100.5", "'100.5' is not a number from 0 to 100"),
        ("note", "a\nb", r"'a\nb' is not a text"),
    ],
)
def test_a_bad_cell_is_named_with_line_and_column(column, value, problem):
    lines = 1 + value.count("\n")
    expected = f"n.csv, line {2 + lines}, column {column}: {problem}"
    with pytest.raises(BenchError, match="^" + re.escape(expected)):
        parse(text_of({"row": "first"}, {column: value}))


@pytest.mark.parametrize("column", ["student", "method", "access", "budget"])
def test_a_teachers_accuracy_is_of_a_teacher_alone(column):
    expected = f"n.csv, line 2, column {column}: must be empty for a teacher-accuracy"
    with pytest.raises(BenchError, match=expected):
        parse(text_of(TEACHER | {column: GOOD[column]}))
    with pytest.raises(BenchError, match="line 2, column teacher: empty, but teacher-accuracy"):
        parse(text_of(TEACHER | {"teacher": ""}))


def test_files_of_another_form_are_refused():
    head, line = text_of({}).splitlines()
    for text, message in [
        (f"{head},more\n{line},x\n", "n.csv, line 1: the columns must be source,table,"),
        ("", "n.csv: there is no number in it"),
        (f"{head}\n", "n.csv: there is no number in it"),
        (f"{head}\n{line},x\n", "n.csv, line 2: 13 fields instead of 12"),
        (f"{head}\n\n{line}\n", "n.csv, line 2: 0 fields instead of 12"),
        (f'{head}\n{line}\n"a"b,c\n', "n.csv, line 3: no CSV: "),
        (
            f"{head}\n{line}\n{line.replace('96.32', '1')}\n",
            "n.csv, line 3: the same entry of the same table is in line 2",
        ),
    ]:
        with pytest.raises(BenchError, match="^" + re.escape(message)):
            parse(text)


def test_tables_of_the_paper_that_disagree_about_a_setting_are_an_error():
    lines = ({"table": "Table 1"}, {"table": "Table 2", "value": "50"})
    found = checked_numbers(text_of(*({"source": PAPER} | line for line in lines)), "n", [PAPER])
    with pytest.raises(BenchError, match=r"Table 1 has 96.32 and Table 2 50.0 for \('mnist'"):
        check_agreement(found)
    check_agreement(parse(text_of(*lines)))  # other sources may disagree, they are not looked up


def test_bad_footnotes_are_named():
    known = parse(text_of({}, {"table": "Table 2", "budget": "5"}))
    good = {"name": "x", "text": "t", "cells": [{"budget": [5, 25000]}]}
    assert checked_footnotes([good], "f", known) == [Footnote("x", "t", ({"budget": (5, 25000)},))]
    for items, message in [
        ([{"name": "x", "text": "t"}], "f, footnote 1: must have name, text and cells"),
        ([good | {"more": 1}], "f, footnote 1: must have name, text and cells, and nothing else"),
        ([good, good], r"f, footnote 2 \(x\): there is another one of that name"),
        ([good | {"cells": []}], r"f, footnote 1 \(x\): cells must say which numbers"),
        ([good | {"cells": [{}]}], r"f, footnote 1 \(x\): cells must say which numbers"),
        ([good | {"cells": [{"tabel": "x"}]}], r"f, footnote 1 \(x\): 'tabel' is no column"),
        ([good | {"cells": [{"budget": [5, 6]}]}], r"footnote 1 \(x\): no number fits budget 6"),
        ([good | {"cells": [{"budget": 5, "table": "Table 1"}]}], "no number fits budget 5"),
    ]:
        with pytest.raises(BenchError, match=message):
            checked_footnotes(items, "f", known)
