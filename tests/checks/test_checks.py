"""``bench check``: rows against what their cells give now, methods against their bands."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from statistics import mean
from xml.etree import ElementTree

import pytest

from benchmark.checks import bands, findings, home_turf
from benchmark.checks.against import Choice
from benchmark.checks.findings import FAILED, HOLDS, OPEN, Finding
from benchmark.rows.checksum import checksum
from benchmark.run import registry
from benchmark.run.session import Session
from benchmark.run.setting import Places
from benchmark.run.watch import Show
from support.made_rows import FAILED as FAILED_ROW
from support.made_rows import make_row as made_up
from support.runs import forge, only_row
from support.suite import CPU
from support.teacher_files import save_teacher
from teachers import shelf

BAND = {"low": 40.0, "high": 60.0, "queries": 500}


def against(cli, results, *more) -> tuple[int, str]:
    code, output, errors = cli("check", "--against", results, "--device", "cpu", *more)
    return code, output + errors


def test_rows_that_come_out_again_pass_and_a_junit_file_says_so(cli, results, tmp_path):
    code, output = against(cli, results / "runs", "--junit", tmp_path / "out" / "junit.xml")
    assert code == 0 and "1 rows, 0 failed" in output and "(+0.00, allowed 5)" in output
    suite = ElementTree.parse(tmp_path / "out" / "junit.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("1", "0")


def test_a_row_that_differs_fails_with_both_numbers(cli, results, tmp_path):
    was = only_row(results).accuracy
    forge(results, accuracy=was + 7)
    code, output = against(cli, results, "--junit", tmp_path / "junit.xml")
    assert code == 1 and f"accuracy {was + 7:.2f} % -> {was:.2f} % (-7.00, allowed 5)" in output
    case = ElementTree.parse(tmp_path / "junit.xml").getroot().find("testcase/failure")
    assert f"{was:.2f} %" in case.get("message")
    assert against(cli, results, "--tolerance", 8)[0] == 0
    forge(results, accuracy=was, queries=999)
    code, output = against(cli, results)
    assert code == 1 and "999 queries -> 1,000" in output


def test_rows_that_cannot_be_repeated_stay_open_and_alone_are_no_gate(cli, results):
    path = next((results / "runs").glob("*.json"))
    stranger = json.loads(path.read_text()) | {"method": "gone", "id": "0" * 12}
    stranger["checksum"] = checksum(stranger)
    path.with_name("digits-gone-000000000000.json").write_text(json.dumps(stranger))
    code, output = against(cli, results)
    assert code == 0 and "open " in output and "the row's method gone is neither" in output
    assert "2 rows, 0 failed, 1 open" in output
    path.unlink()
    code, output = against(cli, results)
    assert code == 2 and "none of these rows can be repeated here; the row's method gone" in output


def test_a_check_that_was_stopped_is_no_pass(cli, results, monkeypatch):
    monkeypatch.setattr(Session, "_should_stop", lambda session: True)
    code, output = against(cli, results)
    assert code == 2 and "stopped before all rows were run" in output


def test_a_choice_takes_what_it_names():
    row = made_up(seconds=10.0, variant="blobs", budget=500, seed=1)
    assert Choice().takes(row) and Choice(["digits"], ["noise"], [500], [1]).takes(row)
    assert Choice(methods=["noise:blobs"]).takes(row)
    refusing = [
        Choice(datasets=["mnist"]),
        Choice(methods=["noise:smooth"]),
        Choice(budgets=[5]),
        Choice(seeds=[0]),
        Choice(longest=9.0),
    ]
    assert not any(choice.takes(row) for choice in refusing)
    assert not Choice().takes(replace(row, status="failed"))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--longest", "0.001s"), "no row .* fits this choice"),
        (("--longest", "soon"), "is no duration"),
        (("--update",), "has nothing to do with rows"),
        (("--methods", "ideal,none"), "no row has the method none; there are"),
        (("--dataset", "digits,mnsit"), "no row has the data set mnsit; there are digits"),
        (("--budget", "7k"), "no row has the budget 7000"),
        (("--seeds", "0,77"), "no row has the seed 77"),
    ],
)
def test_wrong_input_is_an_error_of_its_own(more, message, cli, results):
    code, output = against(cli, results, *more)
    assert code == 2 and re.search(message, output)


@pytest.mark.parametrize(
    "more",
    [
        ("--home-turf", "--methods", "noise"),
        ("--tolerance", 3),
        ("--dataset", "digits"),
        ("--seeds", 0),
    ],
)
def test_a_choice_of_rows_without_rows_is_wrong_input(more, cli):
    code, _, errors = cli("check", *more)
    assert code == 2 and f"{more[-2]} is about rows" in errors


def test_an_empty_folder_of_rows_is_an_error(cli, tmp_path):
    code, output = against(cli, tmp_path / "nothing")
    assert code == 2 and "there are no rows in" in output


# --- bands ---------------------------------------------------------------------------------------


def band_of(accuracies, queries=500, band=BAND) -> Finding:
    rows = [
        made_up(budget=500, seed=seed, accuracy=value, queries=queries)
        for seed, value in enumerate(accuracies)
    ]
    label = "noise"
    return bands.compare({"bands": {label: band} if band else {}}, rows)[0]


@pytest.fixture
def plan(tmp_path, monkeypatch) -> dict:
    """Bands of a small check: those of ``noise`` are to be measured."""
    others = [label for label in registry.labels() if label not in ("noise", "noise:blobs")]
    return json.loads(bands._file().read_text()) | {
        "skipped": dict.fromkeys(others, "is too slow for a test"),
        "budget": 300,
        "seeds": [0, 1],
        "overrides": {"noise": {"passes": 1}, "noise:smooth": {"passes": 2}, "ideal": {"batch": 9}},
        "bands": {"noise": BAND, "noise:blobs": BAND},
    }


@pytest.fixture
def written(plan, tmp_path, monkeypatch):
    """``write(**changes)`` puts the plan in the place of the committed bands; the file."""
    file = tmp_path / "bands.json"
    monkeypatch.setattr(bands, "_file", lambda: file)

    def write(**changes):
        file.write_text(json.dumps(plan | changes))
        return file

    return write


def test_what_bands_are_held_against_is_run_and_has_short_labels(written, tmp_path):
    written()
    rows = bands._measure(bands._held(["noise:blobs"]), Places(tmp_path, tmp_path), CPU, Show())
    assert [(row.label, row.seed) for row in rows] == [("noise:blobs", 0), ("noise:blobs", 1)]
    assert all(row.complete and row.queries == 300 and row.config["passes"] == 1 for row in rows)


def test_the_bands_of_some_methods_are_measured_and_those_of_others_stay(cli, written):
    file = written()
    code, _, errors = cli("check", "--update", "--methods", "noise:blobs", "--device", "cpu")
    assert code == 0, errors
    new = json.loads(file.read_text())["bands"]
    assert new["noise"] == BAND and new["noise:blobs"]["queries"] == 300
    code, output, errors = cli("check", "--methods", "noise:blobs", "--device", "cpu")
    assert code == 0 and "1 bands, 0 failed" in output, output + errors


@pytest.mark.parametrize("name", ["nosie", "noise:smooth"])
def test_a_method_without_a_band_is_named(name, cli, written):
    written()
    code, _, errors = cli("check", "--methods", name)
    assert code == 2 and f"method with a band '{name}'" in errors and "noise:blobs" in errors


def test_a_band_is_no_narrower_than_the_methods_variants_usually_differ():
    values = {"noise": (50.0, 50.0), "noise:blobs": (40.0, 60.0), "noise:smooth": (30.0, 70.0)}
    alone = {"drawn": (50.0, 50.0)}
    groups = {
        label: [made_up(accuracy=value, seed=seed, queries=500) for seed, value in enumerate(of)]
        for label, of in (values | alone).items()
    }
    found = bands._bands(groups)
    widths = {label: round((band["high"] - band["low"]) / 2, 1) for label, band in found.items()}
    assert widths["noise"] == widths["noise:blobs"] == 40.0 and widths["noise:smooth"] == 50.0
    assert widths["drawn"] == bands.FLOOR


@pytest.mark.slow
def test_bands_of_several_workers_are_those_of_one(cli, written, tmp_path):
    written()
    rows = bands._measure(bands._held([]), Places(tmp_path, tmp_path), CPU, Show())
    exact = {row.label: mean(r.accuracy for r in rows if r.label == row.label) for row in rows}
    exact = {of: {"low": x, "high": x, "queries": 300} for of, x in exact.items()}
    written(bands=exact)
    code, output, errors = cli("check", "--jobs", 2, "--device", "cpu")
    assert code == 0 and "2 bands, 0 failed" in output, output + errors
    assert "2 runs at once" in output


@pytest.mark.parametrize("other", [("--home-turf",), ("--against", ".")])
def test_several_workers_are_for_bands(other, cli):
    code, _, errors = cli("check", *other, "--jobs", 2)
    assert code == 2 and "--jobs is about the bands; leave it out here" in errors


def test_a_band_holds_the_mean_and_the_exact_count():
    assert band_of([45.0, 55.0]).verdict == HOLDS
    assert band_of([65.0, 61.0]).verdict == FAILED and band_of([20.0, 30.0]).verdict == FAILED
    counted = band_of([50.0, 50.0], queries=499)
    assert counted.verdict == FAILED and "expected exactly 500" in counted.text


def test_a_method_without_band_and_a_band_without_method_are_differences():
    assert "not in the bands" in band_of([50.0], band=None).text
    missing = bands.compare({"bands": {"gone": BAND}}, [])
    assert missing[0].verdict == FAILED and "not in the registry" in missing[0].text


def test_a_failed_run_fails_its_band():
    rows = [made_up(**FAILED_ROW)]
    finding = bands.compare({"bands": {"noise": BAND}}, rows)[0]
    assert finding.verdict == FAILED and finding.text == FAILED_ROW["error"].splitlines()[-1]


def test_every_method_has_a_band_or_a_reason():
    plan = json.loads(bands._file().read_text())
    assert set(registry.labels()) == plan["bands"].keys() | plan["skipped"].keys()
    assert not plan["bands"].keys() & plan["skipped"].keys()


def test_no_override_of_a_band_makes_a_variant_another_one():
    """An override of a method wins over its variants' values, so it must leave these alone."""
    cells = [cell for cell in bands._cells(bands._held([])) if cell.seed == 0]
    settings = {(cell.entry.name, str(cell.config)): cell.entry.label for cell in cells}
    assert len(settings) == len(cells)


class Begun(Exception):
    """A check has come to its runs."""


@pytest.mark.parametrize("check", [bands, home_turf])
def test_bands_and_bounds_of_the_shipped_teacher_take_no_teacher_of_ones_own(
    check, monkeypatch, tmp_path
):
    found = []

    class Watched(Session):
        def run(self, cells):
            found.extend(self.needs.teacher(cell) for cell in cells)
            raise Begun

    save_teacher(tmp_path / "teachers", 1)
    monkeypatch.setattr(check, "Session", Watched)
    with pytest.raises(Begun):
        check.run(Places(tmp_path, tmp_path / "teachers"), CPU, Show())
    assert {teacher.path.parent for teacher in found} == {shelf.SHIPPED}


# --- what is written -----------------------------------------------------------------------------


def test_junit_counts_failures_and_what_stayed_open(tmp_path):
    found = [Finding("a & b", HOLDS, "1 < 2"), Finding("c", FAILED, "x"), Finding("d", OPEN, "y")]
    findings.write_junit(tmp_path / "j.xml", "suite", found)
    root = ElementTree.parse(tmp_path / "j.xml").getroot()
    assert [root.get(name) for name in ("tests", "failures", "skipped")] == ["3", "1", "1"]
    assert [case.get("name") for case in root] == ["a & b", "c", "d"]
    assert findings.exit_code(found) == 1 and findings.exit_code([found[0], found[2]]) == 0


def test_an_unwritable_junit_file_is_an_error(cli, results, tmp_path):
    (tmp_path / "file").write_text("")
    code, output = against(cli, results, "--junit", tmp_path / "file" / "junit.xml")
    assert code == 2 and "cannot make" in output
