"""The form that the committed file of presets must have.

It ships with the suite, so tests hold it to that form and no command does at run time. A fault is a
``BenchError`` with file, preset and entry.
"""

from __future__ import annotations

import re
from typing import Any

from benchmark.errors import BenchError
from benchmark.papers.presets import ROWS, Preset, PresetMethod, made
from benchmark.papers.printed import ACCESSES, FORMS

METHOD_KEYS = {"method", "name", "group", "access"}
PRESET_KEYS = {
    "table",
    "title",
    "note",
    "rows",
    "ranked",
    "improvement",
    "panels",
    "methods",
    "settings",
}
SETTING_KEYS = {"dataset", "teachers", "student", "budgets", "batch", "set", "methods"}


def checked(name: str, item: dict[str, Any], file: str) -> Preset:
    """The preset of an entry, checked; an error names file, preset and entry."""
    where = f"{file}, {name}"
    _keys(item, PRESET_KEYS, {"table", "title", "rows", "methods", "settings"}, where)
    if item["rows"] not in ROWS:
        raise BenchError(f"{where}: rows must be one of {', '.join(ROWS)}, not {item['rows']!r}")
    for entry in item["methods"]:
        _check_method(entry, where)
    known = [entry["method"] for entry in item["methods"]]
    if len(set(known)) < len(known):
        raise BenchError(f"{where}: a method is listed twice")
    for entry in item["settings"]:
        _check_setting(entry, known, where)
    if item.get("improvement", known[0]) not in known:
        raise BenchError(f"{where}: improvement of {item['improvement']!r}, which is not in it")
    return made(name, item)


def _check_method(entry: dict[str, Any], where: str) -> None:
    where = f"{where}, methods, {entry.get('method')!r}"
    _keys(entry, METHOD_KEYS, {"method", "name"}, where)
    one = PresetMethod(**entry)
    if not re.fullmatch(FORMS["method"][0], one.method):
        raise BenchError(f"{where} is not {FORMS['method'][1]}")
    if one.access not in ACCESSES:
        raise BenchError(f"{where}: access must be one of {', '.join(ACCESSES)}")


def _check_setting(entry: dict[str, Any], known: list[str], where: str) -> None:
    where = f"{where}, settings, {entry.get('dataset')!r}"
    _keys(entry, SETTING_KEYS, SETTING_KEYS - {"set", "methods"}, where)
    for method in entry.get("methods", []):
        if method not in known:
            raise BenchError(f"{where}: {method!r} is not among the preset's methods")
    for number in (*entry["budgets"], entry["batch"]):
        if type(number) is not int or number < 1:
            raise BenchError(f"{where}: {number!r} is no number of queries")


def _keys(item: dict[str, Any], allowed: set[str], needed: set[str], where: str) -> None:
    for key in sorted(item.keys() - allowed):
        raise BenchError(f"{where}: {key!r} is no key of it")
    for key in sorted(needed - item.keys()):
        raise BenchError(f"{where}: {key} is missing")
