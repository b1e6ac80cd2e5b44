"""Rows of earlier forms: one door reads them, and behind it nothing knows that they exist."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from benchmark.files import Unsound
from benchmark.rows import schema
from benchmark.rows.file import point_of, read_row, text_of
from benchmark.rows.kinds import BFLOAT16, FLOAT32
from benchmark.rows.row import IDENTITY, USUAL, Point, Row
from benchmark.rows.store import Store
from support.made_rows import ROW
from support.suite import ROOT

OLDER = {path.stem.partition("-")[0]: path for path in (ROOT / "tests/rows/older").iterdir()}
COMMITTED = sorted((ROOT / "results").glob("**/runs/*.json"))
MISSING: dict[str, Any] = {  # values of fields that a file does not have
    "notes": (),
    "real_images": "",
    "teacher_images": 0,
    "amp": "off",
    "graphs": False,
    "floor": True,  # all files here without it are of noise
    "access": "hard-label",
    "scale": 1.0,
    "train_digest": "",
    "images_digest": "",
    "student_source": "",
    "cpu_seconds": None,
    "teacher_gradients": None,
    "teacher_shipped": None,
    "student_sha": None,
    "sample_sha": None,
    "reference_accuracy": None,
    "reference_agreement": None,
    "reference_images": None,
    "reference_digest": None,
    "reference_seconds": None,
    "reference_cpu_seconds": None,
    "arithmetic": FLOAT32,
}


def said(path: Path) -> dict[str, Any]:
    """The fields of a row's file, lists as tuples."""
    content = json.loads(path.read_text())
    return {k: tuple(v) if isinstance(v, list) else v for k, v in content.items()}


def form_of(path: Path) -> tuple[frozenset[str], bool]:
    """The names in a file, and whether its points have a digest of labels."""
    content = json.loads(path.read_text())
    return frozenset(content), any("labels_digest" in point for point in content["curve"])


@pytest.mark.parametrize("kind", OLDER)
def test_a_row_of_each_earlier_kind_is_read_whole(kind):
    path = OLDER[kind]
    row, file = read_row(path), said(path)
    assert row.checksum == file["seal"] and row.own_id == row.id == file["id"]
    assert {name: getattr(row, name) for name in MISSING if name not in file} == {
        name: value for name, value in MISSING.items() if name not in file
    } | ({"arithmetic": BFLOAT16} if kind == "bfloat16" else {})
    kept = file.keys() - {"schema", "seal", "curve"}
    assert {name: getattr(row, name) for name in kept} == {name: file[name] for name in kept}
    for point, one in zip(row.curve, file["curve"], strict=True):
        own = {f"method/{name}": value for name, value in point.logged.items()}
        rest = {name: value for name, value in asdict(point).items() if name != "logged"}
        later = {"labels_digest": None, "student_digest": None}
        assert own | rest == later | one


@pytest.mark.parametrize("kind", OLDER)
def test_what_was_upgraded_is_written_in_the_form_of_today_and_is_the_same_run(kind, tmp_path):
    old, store = read_row(OLDER[kind]), Store(tmp_path)
    store.prepare()
    new = store.write(old)
    (path,) = store.runs.iterdir()
    assert json.loads(path.read_text())["schema"] == 2 and "seal" not in path.read_text()
    assert read_row(path) == new == replace(old, checksum=new.checksum)
    assert new.checksum != old.checksum and new.own_id == new.id == old.id


@pytest.mark.parametrize("kind", OLDER)
@pytest.mark.parametrize("change", [{"queries": 1}, {"anything": "new"}, {"seal": "0" * 64}])
def test_an_earlier_row_is_held_to_the_checksum_of_its_own_form(kind, change, tmp_path):
    path = tmp_path / OLDER[kind].name
    path.write_text(json.dumps(json.loads(OLDER[kind].read_text()) | change))
    with pytest.raises(Unsound, match="its checksum does not fit"):
        read_row(path)
    assert read_row(path, check_sum=False).id == read_row(OLDER[kind]).id


SPOILT: dict[str, tuple[dict[str, Any], str]] = {
    "a curve of numbers": ({"curve": [1]}, "its curve is a list, not a list of points"),
    "no curve": ({"curve": None}, "its curve is None, not a list of points"),
    "a method of lists": ({"method": []}, "its method is a list, not a short text"),
    "an amp of lists": ({"amp": []}, "its amp is a list, not a short text"),
    "logged text": ({"curve": [{"method/loss": "x"}]}, "point 1 of its curve mark is missing"),
    "no checksum": ({"seal": None}, "its checksum is None"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_an_earlier_row_of_a_wrong_form_is_named_in_words(how, tmp_path):
    change, message = SPOILT[how]
    path = tmp_path / OLDER["first"].name
    path.write_text(json.dumps(json.loads(OLDER["first"].read_text()) | change))
    with pytest.raises(Unsound, match=f"is no sound row: .*{message}"):
        read_row(path)


def test_every_kind_of_committed_row_is_among_the_earlier_kinds():
    known = {form_of(path) for path in OLDER.values()}
    today = {one.name for one in schema.fields_of(Row)}
    strange = [p.name for p in COMMITTED if form_of(p) not in known and "seal" in said(p)]
    assert COMMITTED and not strange, "put one of each into tests/rows/older"
    assert all(form_of(path)[0] - {"seal", "schema"} <= today for path in OLDER.values())


def test_every_committed_row_keeps_its_id_its_name_and_its_checksum():
    for path in COMMITTED:
        row, file = read_row(path), said(path)
        assert row.own_id == row.id == file["id"] and row.file_stem == path.stem
        assert row.checksum == file.get("seal", file.get("checksum"))
        assert (row.accuracy, row.queries) == (file["accuracy"], file["queries"])
        assert row.floor == (row.method in ("noise", "random-generator"))


def test_a_later_identity_field_enters_the_id_where_it_is_not_usual():
    others = {
        "access": "score",
        "arithmetic": BFLOAT16,
        "scale": 0.5,
        "train_digest": "a" * 64,
        "images_digest": "b" * 64,
        "defence": "flip:0.1",
        "student_source": "c" * 64,
    }
    assert others.keys() == USUAL.keys(), "a field without a usual value would change every id"
    ids = {ROW.run_id, *(replace(ROW, **{name: of}).run_id for name, of in others.items())}
    assert len(ids) == 1 + len(others)
    first = {one.name: getattr(ROW, one.name) for one in IDENTITY if one.name not in USUAL}
    assert type(ROW).__mro__[1](**first).run_id == ROW.run_id


def test_a_field_of_a_later_suite_is_passed_over_and_an_absent_one_has_its_default(tmp_path):
    content = json.loads(text_of(ROW)[0])
    assert "reference_accuracy" not in content and "student_sha" not in content
    path = tmp_path / f"x-{ROW.id}.json"
    path.write_text(json.dumps(content | {"a_later_field": "process"}))
    assert replace(read_row(path, check_sum=False), checksum="") == ROW


def test_a_point_that_an_earlier_suite_saved_goes_on():
    point = replace(ROW.curve[0], logged={"loss": 1.5, "odd": None})
    old = {name: value for name, value in asdict(point).items() if name != "logged"}
    assert (
        point_of(old | {"method/loss": 1.5, "method/odd": None}) == point == point_of(asdict(point))
    )


def test_every_field_has_a_type_and_a_check():
    for of in (Row, Point):
        assert all(callable(one.kind.fits) and one.kind.words for one in schema.fields_of(of))


def by_string(tree: ast.AST) -> Iterator[tuple[ast.expr, int]]:
    """Each subscript by a string and each ``get``, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript):
            key = node.slice
            if isinstance(key, ast.JoinedStr) or isinstance(getattr(key, "value", 0), str):
                yield node.value, node.lineno
        elif isinstance(node, ast.Attribute) and node.attr == "get":
            yield node.value, node.lineno


def is_row(base: ast.expr) -> bool:
    """Whether an expression is called a row or a point, or is one of some rows."""
    while isinstance(base, ast.Subscript):
        base = base.value
    name = getattr(base, "id", getattr(base, "attr", ""))
    return name in {"row", "rows", "again", "point", "points", "curve", "floor", "r"}


DOOR = {"file.py", "older.py", "schema.py"}


def test_no_row_is_subscripted_by_a_string_outside_the_door():
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in (ROOT / "benchmark").rglob("*.py")
        if not (path.parent.name == "rows" and path.name in DOOR)
        for base, line in by_string(ast.parse(path.read_text()))
        if is_row(base)
    ]
    assert found == []
    assert list(by_string(ast.parse("row['x']; row.get('y'); rows[0][f'{z}_sha']; row[0]"))) != []
    assert all(is_row(base) for base, _ in by_string(ast.parse("row['x']; of.row.get('y')")))
