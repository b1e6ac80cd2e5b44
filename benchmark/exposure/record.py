"""The exposure as JSON: every number in full, with the ids of the rows behind it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from benchmark.exposure import words
from benchmark.exposure.findings import Exposure, Extraction, Tariff
from benchmark.exposure.students import Student
from benchmark.rows.reached import LEVELS, Bracket, Reached
from benchmark.rows.row import Row
from benchmark.version import __version__

FORM = 1
OF_SETTING = (
    *("dataset", "data_digest", "teacher", "teacher_name", "teacher_sha", "teacher_accuracy"),
    *("student", "precision", "arithmetic"),
)
OF_RUN = ("id", "budget", "seed", "status", "queries", "agreement", "accuracy")
Plain = dict[str, Any]


def of(found: Exposure) -> Plain:
    """The whole page; see docs/exposure.md for each field."""
    row = found.rows[0]
    return {
        "form": FORM,
        "suite": __version__,
        "setting": {name: getattr(row, name) for name in OF_SETTING},
        "dollars_per_1000": found.tariff.dollars_per_1000 or None,
        "queries_a_second": found.tariff.queries_a_second or None,
        "levels": list(LEVELS),
        "budgets": found.budgets,
        "transfer": {
            "eps": float(found.eps),
            "images": found.attacked,
            "random_signs": found.noise,
        },
        "classes": list(found.classes),
        "classifier_by_class": list(found.teacher_classes),
        "extractions": [_extraction(one, found.tariff) for one in found.extractions],
        "standard": [one._asdict() for one in words.STANDARD],
        "not_tried": words.not_tried(found),
    }


def _extraction(one: Extraction, tariff: Tariff) -> Plain:
    return {
        "method": one.name,
        "defence": one.defence,
        "access": one.access,
        "runs": [_run(row) for row in one.rows],
        "reached": [_reached(level, tariff) for level in one.reached],
        "alarms": [asdict(alarm) for alarm in one.alarms],
        "students": [_student(student) for student in one.students],
    }


def _run(row: Row) -> Plain:
    return {name: getattr(row, name) for name in OF_RUN}


def _reached(one: Reached, tariff: Tariff) -> Plain:
    return {
        "level": one.level,
        "queries": asdict(one.mean),
        "interval": asdict(one.interval) if one.interval else None,
        "first_run": one.first,
        "dollars": _priced(one.mean, tariff.dollars),
        "hours": _priced(one.mean, tariff.hours),
    }


def _priced(at: Bracket, price: Any) -> Plain:
    ends = asdict(at).items()
    return {name: None if queries is None else price(queries) for name, queries in ends}


def _student(one: Student) -> Plain:
    return {
        "run": one.row.id,
        "seed": one.row.seed,
        "by_class": list(one.classes),
        "transfer": asdict(one.transfer) if one.transfer else None,
        "missing": one.missing,
    }
