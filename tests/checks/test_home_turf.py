"""Home turf: the accuracy that each method must reach in its own setting; methods not validated."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from importlib.resources import files

import pytest

from benchmark.checks import findings
from benchmark.checks import home_turf as check
from benchmark.checks.findings import FAILED, HOLDS, OPEN
from benchmark.errors import BenchError
from benchmark.papers import home_turf
from benchmark.run import registry
from benchmark.tables import home_turf as tables
from benchmark.tables import validity
from support.made_rows import FAILED as BROKEN
from support.made_rows import make_row
from support.made_tables import markdown, texts

GOOD = json.loads(files("benchmark").joinpath(home_turf.FILE).read_text())
SHORT, LONG = {"budget": 5000}, {"budget": 25_000}


def turf(method: str, accuracy: float, **changes) -> dict:
    """A row where a method was made to work."""
    version = registry.find(method).method.version
    return make_row(method=method, accuracy=accuracy, method_version=version, **changes)


def all_rows(**accuracies: float) -> list[dict]:
    """A row of each method of the preset; the accuracies by name differ from 97 %."""
    at = {name: accuracies.get(name, 97.0) for name in registry.names()}
    white, score = {"access": "white-box"}, {"access": "score"}
    dfme = {"variant": "l1", "config": {"batch": 64}, "overrides": {"batch": 64}}
    return [
        turf("deepinversion", at["deepinversion"], **SHORT, **white),
        turf("cmi", at["cmi"], **SHORT, **white),
        turf("ideal", at["ideal"], **SHORT, config={"generator_steps": 5}),
        turf("zskt", at["zskt"], **LONG, **white),
        turf("dafl", at["dafl"], **LONG, **white),
        turf("dast", at["dast"], **LONG, **score),
        turf("dfme", at["dfme"], **LONG, **score, **dfme),
        turf("zsdb3", at["zsdb3"], **LONG),
        turf("dip-kd", at["dip-kd"], **LONG, config={"batch": 100}, overrides={"batch": 100}),
        turf("qedg", at["qedg"], **LONG),
        turf("disguide", at["disguide"], **LONG, config={"batch": 50}, overrides={"batch": 50}),
        turf("dfhl-rs", at["dfhl-rs"], **LONG, config={"batch": 50}, overrides={"batch": 50}),
    ]


def has_a_home(method) -> bool:
    """Nobody made a floor, a method on real images or one without a paper work in a setting."""
    return not (method.floor or method.real_images or method.paper.endswith("no paper"))


def test_every_method_of_the_folder_that_learns_images_has_a_home():
    held = home_turf.bounds()
    named = {one.label.partition(":")[0] for one in held.preset.methods}
    assert named == {name for name in registry.names() if has_a_home(registry.find(name).method)}
    for method in ("deepinversion", "cmi", "zskt", "dfme:l1 (batch=64)"):
        assert held.low[method] >= 95


FAULTS = [
    ("low", {"cmi": 94.9}, "low, cmi: must be at least 95, whatever a run came to"),
    ("low", {"cmi": 101.0}, "low, cmi: 101.0 is no accuracy"),
    ("low", {"cmi": "95"}, "low, cmi: '95' is no accuracy"),
    ("low", {"cmmi": 95.0}, "low: 'cmmi' is not among the preset's methods"),
    ("least", {"dast": 50.0}, "low, dast: must be at least 50"),
]


@pytest.mark.parametrize(("kind", "change", "message"), FAULTS, ids=lambda value: str(value)[:20])
def test_a_bound_is_never_lowered_and_a_fault_of_the_file_is_named(kind, change, message):
    content = copy.deepcopy(GOOD)
    content[kind] |= change
    with pytest.raises(BenchError) as caught:
        home_turf.parse(content)
    assert f"{home_turf.FILE}, {message}" in str(caught.value)


def verdicts(rows) -> dict[str, str]:
    return {found.name: found.verdict for found in check.compare(home_turf.bounds(), rows)}


def test_a_method_below_its_bound_fails_and_one_without_a_bound_stays_open():
    found = verdicts(all_rows(cmi=94.9))
    assert found["CMI (white box)"] == FAILED and found["ZSKT (white box)"] == HOLDS
    assert found["ZSDB3 (hard labels)"] == OPEN
    assert findings.exit_code(check.compare(home_turf.bounds(), all_rows(cmi=94.9))) == 1


def test_a_method_without_a_run_or_with_a_failed_one_fails():
    rows = all_rows()
    broken = [*rows[:3], replace(rows[3], **BROKEN), *rows[5:]]
    found = {one.name: one for one in check.compare(home_turf.bounds(), broken)}
    assert found["ZSKT (white box)"].verdict == FAILED
    assert found["DAFL (white box)"].text == "it has no run"


def test_the_check_runs_the_cells_of_the_preset(cli, monkeypatch):
    asked = []
    monkeypatch.setattr(check.Session, "run", lambda self, cells: asked.extend(cells) or 0)
    monkeypatch.setattr(check.Store, "rows", lambda self: all_rows(dfme=20.0))
    code, output, _ = cli("check", "--home-turf", "--device", "cpu")
    assert code == 1 and "FAILED  DFME (scores): accuracy 20.00 %, 95 at least" in output
    assert {(cell.entry.name, cell.access, cell.budget, cell.seed) for cell in asked} >= {
        ("dast", "score", 25_000, 0),
        ("dafl", "white-box", 25_000, 0),
        ("cmi", "white-box", 5000, 0),
    }
    assert next(cell for cell in asked if cell.entry.name == "dfme").config.batch == 64
    monkeypatch.setattr(check.Session, "run", lambda self, cells: 75)
    code, _, errors = cli("check", "--home-turf", "--device", "cpu")
    assert code == 2 and "stopped before all cells were run" in errors


@pytest.mark.parametrize("other", [("--update",), ("--against", "results")])
def test_it_is_a_check_of_its_own(cli, other):
    code, _, errors = cli("check", "--home-turf", *other)
    assert code == 2 and f"leave out {other[0]}" in errors


def shown(rows) -> dict[str, list[str]]:
    (table,) = tables.sheet(rows).tables
    return {line[0]: list(line[1:]) for line in texts(table)}


def test_the_table_says_who_works_where_it_was_made_to():
    rows = [one for one in all_rows(cmi=90.0) if one.method != "dast"]
    found = shown(rows)
    assert found["zskt"] == ["white-box", "25,000", "97.00 † (1)", "95", "works"]
    assert found["cmi"][-1] == "gap" and found["dafl"][-2:] == ["—", "gap"]
    assert found["dast"] == ["score", "25,000", "—", "—", "no row"]
    assert found["zsdb3 (not validated)"][0] == "hard-label"
    failed = [replace(one, **BROKEN) if one.method == "zskt" else one for one in rows]
    assert shown(failed)["zskt"][-1] == "failed"


def test_rows_of_an_earlier_version_say_nothing_of_a_method():
    old = [replace(one, method_version=1) if one.method == "cmi" else one for one in all_rows()]
    assert shown(old)["cmi"][-1] == "no row"


def test_other_access_other_budgets_and_other_batches_are_no_home():
    rows = all_rows()
    rows[3] = replace(rows[3], access="hard-label")
    rows[6] = replace(rows[6], config={"batch": 250})
    found = shown(rows)
    assert found["zskt"][-1] == found["dfme:l1 (batch=64)"][-1] == "no row"


def test_what_is_not_validated_says_so_in_every_table(cli):
    why = registry.find("zsdb3").method.not_validated
    assert why and not registry.find("ideal").method.not_validated
    rows = [make_row(method="zsdb3", seed=seed) for seed in range(3)]
    text = markdown([*rows, make_row(method="ideal")])
    assert "zsdb3 (not validated)" in text and f"zsdb3 is not validated: {why}." in text
    assert "ideal (not validated)" not in text
    assert validity.called("zsdb3:cached", "zsdb3") == "zsdb3:cached (not validated)"
    assert validity.called("my-own (batch=3)", "my-own") == "my-own (batch=3) (by path)"
    code, page, _ = cli("list", "methods", "zsdb3")
    assert code == 0 and f"Not validated: {why}." in page
