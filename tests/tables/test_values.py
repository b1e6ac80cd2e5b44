"""Values: one text for each, and one or several columns of a CSV."""

from __future__ import annotations

import csv
import io

import pytest

from benchmark.tables.render import render
from benchmark.tables.table import Sheet, Table
from benchmark.tables.values import (
    NO_MEAN,
    Budget,
    Chance,
    Mean,
    Number,
    Span,
    count,
    mean_of,
    points,
    shown,
)


def test_a_mean_and_an_interval_have_several_columns_of_a_csv():
    record = {"accuracy": Mean((1.0, 2.0, 3.0), 4), "floor_accuracy": NO_MEAN}
    record |= {"difference_interval": Span(-1.5, 2), "p": Chance(0.00012), "budget": Budget(25_000)}
    text = render(Sheet([Table("", (), (), [], records=[record])], []), "csv")
    (found,) = csv.DictReader(io.StringIO(text))
    assert found == {
        "mean": "2.0",
        "half_interval": "2.484138",
        "low": "0.0",
        "high": "4.484138",
        "n": "3",
        "failed": "1",
        **dict.fromkeys(["floor_mean", "floor_half_interval", "floor_low", "floor_high"], ""),
        "floor_n": "0",
        "floor_failed": "0",
        "difference_low": "-1.5",
        "difference_high": "2",
        "p": "0.00012",
        "budget": "25000",
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "—"),
        (NO_MEAN, "—"),
        (Span(None, None), "—"),
        (Mean((), 2), "failed (0/2)"),
        (mean_of([50]), "50.00 † (1)"),
        (mean_of([99, 99.5, 100]), "99.50 [98.26, 100.00] (3)"),
        (Mean((80.0, 82.0, 84.0), 4), "82.00 ± 4.97 (3/4)"),
        (count(1234.5), "1,234"),
        (points(-0.004, triangle=True), "-0.00 ▼"),
        (points(1), "+1.00"),
        (Number(90, before="> "), "> 90.00"),
        (Number(5050.123, digits=3), "5.05e+03"),
        (Budget(25_000), "25k"),
        (Chance(0.0004), "< 0.001"),
        (Chance(0.0404), "0.040"),
        ("words", "words"),
    ],
)
def test_every_value_has_one_text(value, text):
    assert shown(value) == text
