"""Rows of different teacher weights share no mean and no entry: by name, by digest, in presets."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from benchmark.errors import BenchError, NoRows
from benchmark.files import Unsound
from benchmark.papers import presets
from benchmark.pictures import curves, notes, panels
from benchmark.report import interest
from benchmark.rows.file import read_row, read_rows, text_of
from benchmark.rows.grouping import by_setting, title_of
from benchmark.rows.row import Row
from benchmark.rows.wanted import Wanted, narrow
from benchmark.run import registry
from benchmark.tables import (
    best,
    cost,
    differences,
    grid,
    home_turf,
    paper,
    parts,
    queries,
    settings,
    standing,
    statements,
    summary,
)
from benchmark.tables.render import render
from support.exposures import STRONG, exposure
from support.made_rows import fill, lines, make_row, seeds
from support.made_tables import facts, texts
from support.paper_rows import IDEAL, TABLE_2, lenet
from support.suite import ROOT
from teachers.names import SHIPPED, shipped_names

SHIFTS = json.loads((SHIPPED / "mnist-lenet-shifts.json").read_text())["sha256"]
RUNS = ROOT / "results" / "runs"
USUAL, NAMED = "mnist: lenet to lenet", "mnist: lenet shifts to lenet"
ONE, OTHER = {"teacher_sha": "a" * 64}, {"teacher_sha": "b" * 64}
NAME = OTHER | {"teacher_name": "shifts"}


@pytest.fixture(scope="module")
def committed() -> list[Row]:
    """The committed rows of MNIST, without those of tuning seeds."""
    rows, unsound = read_rows(sorted(RUNS.glob("mnist-*.json")))
    assert len(rows) > 200 and not unsound
    return [row for row in rows if row.seed < 100]


@pytest.fixture(scope="module")
def usual(committed) -> list[Row]:
    """Those of all teachers but the LeNet that was trained with shifts."""
    return [row for row in committed if row.teacher_sha != SHIFTS]


@pytest.fixture(scope="module")
def apart(committed) -> list[Row]:
    """Those of that LeNet."""
    rows = [row for row in committed if row.teacher_sha == SHIFTS]
    assert len(rows) >= 5
    return rows


def tables(sheet) -> dict[str, list]:
    """Title to lines."""
    found = {table.title: texts(table) for table in sheet.tables}
    assert len(found) == len(sheet.tables), "two tables that a reader cannot tell apart"
    return found


def test_a_committed_row_has_the_name_of_its_shipped_teacher_though_an_old_file_has_none(apart):
    assert shipped_names() == {SHIFTS: "shifts"}
    written = set()
    for row in apart:
        (path,) = RUNS.glob(f"*-{row.id}.json")
        written.add(json.loads(path.read_text()).get("teacher_name"))
        assert (row.teacher_name, row.teacher_label) == ("shifts", "lenet shifts")
        assert row.own_id == row.id and row.file_stem == path.stem
    assert written == {None, "shifts"}


def test_the_committed_rows_of_both_kinds_make_tables_of_their_own(usual, apart):
    for sheet in (settings.sheet, best.sheet, cost.sheet, curves.sheet, summary.sheet):
        alone, both = tables(sheet(usual)), tables(sheet([*usual, *apart]))
        assert {title: both[title] for title in alone} == alone, "what was there has not changed"
        added = both.keys() - alone.keys()
        assert all(NAMED in title for title in added), added
        assert added or sheet is cost.sheet, "at one budget nothing is known of the cost"
    for rows in by_setting([*usual, *apart], budget=False).values():
        assert len({row.teacher_sha for row in rows}) == 1
    alone = tables(settings.sheet(apart))
    assert [*alone] == [f"{USUAL}, 25,000 queries"], "of one teacher its architecture says enough"
    both = tables(settings.sheet([*usual, *apart]))
    assert both[f"{NAMED}, 25,000 queries"] == alone[f"{USUAL}, 25,000 queries"]


def test_the_committed_rows_of_another_teacher_are_in_no_preset(usual, apart):
    found = 0
    for name in presets.names():
        preset = presets.find(name)
        try:
            alone = grid.lines(preset, usual)
        except NoRows:
            with pytest.raises(NoRows):
                grid.lines(preset, [*usual, *apart])
            continue
        found += 1
        both = grid.lines(preset, [*usual, *apart])
        assert grid.rows_of(both) == grid.rows_of(alone)
        assert [(line.setting, line.floor) for line in both] == [
            (line.setting, line.floor) for line in alone
        ]
    assert found > 5
    with pytest.raises(NoRows, match="bench run --preset best-forms"):
        grid.lines(presets.find("best-forms"), apart)


def test_the_committed_rows_of_another_teacher_decide_no_statement_and_no_standing(usual, apart):
    usual = [row for row in usual if row.budget == 25_000]
    both = [*usual, *apart]
    for sheet in (statements.sheet, parts.sheet):
        assert tables(sheet(both)) == tables(sheet(usual))
    for name in ("drawn", "dafl", "noise"):
        entry = registry.find(name)
        assert standing.of(entry, both, {}) == standing.of(entry, usual, {})


def test_the_report_and_pictures_tell_them_apart(usual, apart):
    groups = by_setting([*usual, *apart], budget=False)
    titles = [*interest.titles(groups).values()]
    assert len(set(titles)) == len(titles) and {USUAL, NAMED} <= {*titles}
    drawn = [row for row in apart if row.complete]
    assert "teacher lenet shifts (99.3 %)" in notes.caption(panels.of_setting(drawn, drawn))


def test_a_teacher_that_each_user_trained_anew_is_never_averaged(cli, tmp_path):
    """Three seeds, each under other weights of one recipe: three results of one seed."""
    rows = [
        make_row(**IDEAL, accuracy=a, seed=seed, teacher_sha=letter * 64, teacher_shipped=False)
        for seed, (letter, a) in enumerate(zip("abc", (70.0, 80.0, 90.0), strict=True))
    ]
    fill(tmp_path, *rows)
    text = cli("table")[1]
    titles = [line for line in text.splitlines() if line.startswith("###")]
    assert titles == [f"### mnist: lenet {letter * 8} to lenet, 25,000 queries" for letter in "abc"]
    assert [line[1] for line in lines(text)] == ["70.00 † (1)", "80.00 † (1)", "90.00 † (1)"]
    assert "the teachers lenet of mnist (aaaaaaaa)" in text
    of_preset = grid.lines(TABLE_2, rows)
    assert [len(line.rows) for line in of_preset if line.rows] == [1, 1, 1]
    entry = registry.find("ideal")
    now = [replace(row, method_version=entry.method.version) for row in rows]
    told = dict(standing.of(entry, now, {}))
    assert told["as published here, mnist lenet to lenet 25k"] == (
        "70.00 † (1) (teacher aaaaaaaa); 80.00 † (1) (teacher bbbbbbbb); "
        "90.00 † (1) (teacher cccccccc)"
    )


def test_statements_and_parts_tell_two_teachers_of_one_recipe_apart(usual):
    rows = [row for row in usual if (row.teacher, row.budget) == ("lenet", 25_000)]
    other = [replace(row, id=f"b{row.id[1:]}", teacher_sha="b" * 64) for row in rows]
    here = f"LeNet {rows[0].teacher_sha[:8]}"
    told = [facts(table) for table in parts.sheet([*rows, *other]).tables]
    assert [sum(name in text for text in told) for name in (here, "LeNet bbbbbbbb")] == [1, 1]
    text = render(statements.sheet([*rows, *other]), "md")
    assert f"MNIST {here} 25k: " in text and "MNIST LeNet bbbbbbbb 25k: " in text
    assert "MNIST LeNet 25k" not in text


@pytest.mark.parametrize(
    ("teachers", "wanted"),
    [
        ([ONE], ["lenet"]),
        ([NAME], ["lenet"]),
        ([ONE, OTHER], ["lenet aaaaaaaa", "lenet bbbbbbbb"]),
        ([ONE, NAME], ["lenet", "lenet shifts"]),
        ([ONE | {"teacher_name": "soft"}, NAME], ["lenet soft", "lenet shifts"]),
        (
            [ONE | {"teacher_name": "shifts"}, NAME],
            ["lenet shifts aaaaaaaa", "lenet shifts bbbbbbbb"],
        ),
        (
            [ONE, NAME, {"teacher_sha": "c" * 64}],
            ["lenet aaaaaaaa", "lenet shifts", "lenet cccccccc"],
        ),
        ([ONE, NAME | {"dataset": "mnist"}], ["lenet", "lenet"]),
        ([ONE, NAME | {"teacher": "mlp"}], ["lenet", "mlp"]),
    ],
)
def test_a_title_has_the_name_or_digest_only_beside_another(teachers, wanted):
    rows = [make_row(**one) for one in teachers]
    titles = [title_of(row, rows) for row in rows]
    assert [title.partition(": ")[2].partition(" to ")[0] for title in titles] == wanted
    assert len(set(titles)) == len(titles)


CHOSEN = [make_row(**ONE), make_row(**NAME), make_row(teacher="mlp", teacher_sha="c" * 64)]


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("lenet", [0]),
        ("lenet shifts", [1]),
        ("shifts", [1]),
        ("lenet bbbbbbbb", [1]),
        ("lenet aaaaaaaa", [0]),
        ("lenet,lenet shifts", [0, 1]),
        ("shifts, mlp", [1, 2]),
    ],
)
def test_a_teacher_is_chosen_as_titles_call_it(asked, wanted):
    assert narrow(CHOSEN, Wanted(teacher=asked)) == [CHOSEN[number] for number in wanted]


@pytest.mark.parametrize("asked", ["shift", "lenet shift", "bbbbbbbb", "lenet cccccccc", "mnist"])
def test_a_teacher_that_no_row_has_is_refused_with_those_there_are(asked):
    with pytest.raises(NoRows, match="there are those of lenet, lenet shifts, mlp"):
        narrow(CHOSEN, Wanted(teacher=asked))


def test_a_chosen_teacher_keeps_its_title(cli, tmp_path):
    fill(tmp_path, *seeds(50, 51, 52, **ONE), *seeds(60, 61, 62, **NAME))
    for asked, title in (("shifts", "digits: lenet shifts to"), ("lenet", "digits: lenet to")):
        code, text, _ = cli("table", "--teacher", asked)
        assert code == 0 and text.count("###") == 1 and title in text
    fill(tmp_path, make_row(method="ideal", **NAME))
    code, text, _ = cli("table", "--teacher", "lenet shifts", "--differences")
    assert code == 0 and "### digits: lenet shifts to lenet" in text


def test_a_preset_takes_the_usual_teacher_alone():
    named = seeds(10, 11, 12, **IDEAL | NAME)
    assert texts(paper.sheet(TABLE_2, [*seeds(90, 91, 92, **IDEAL), *named]).tables[0])[1][1] == (
        "LeNet"
    )
    assert (
        lenet([*seeds(90, 91, 92, **IDEAL), *named])["IDEAL"]
        == (lenet(seeds(90, 91, 92, **IDEAL))["IDEAL"])
    )
    with pytest.raises(NoRows):
        paper.sheet(TABLE_2, named)


def home_turf_row(**changes) -> Row:
    setting, one = home_turf.bounds().preset.cells()[0]
    method = {"method": one.form.method, "variant": one.form.variant, "access": one.access}
    told = {"dataset": setting.dataset, "budget": setting.budget, "config": setting.config(one)}
    version = registry.find(one.label).method.version
    return make_row(**method, **told, method_version=version, **changes)


def test_tables_in_csv_tell_their_settings_apart():
    rows = [
        make_row(**more, method=method, budget=budget)
        for more in (ONE, OTHER)
        for method in ("noise", "ideal")
        for budget in (1000, 2000)
    ]
    held = [home_turf_row(**ONE), home_turf_row(**OTHER)]
    sheets = (differences.sheet(rows, "best"), cost.sheet(rows), settings.sheet(rows))
    for sheet in (*sheets, home_turf.sheet(held)):
        first, *rest = render(sheet, "csv").splitlines()
        assert first.startswith("table,")
        told = {re.findall("a{8}|b{8}", line)[0] for line in rest}
        assert told == {"aaaaaaaa", "bbbbbbbb"}


def test_a_page_of_one_classifier_refuses_rows_of_two():
    assert exposure(STRONG).rows == STRONG
    with pytest.raises(BenchError, match=r"rows are of several teachers .* a page is of one"):
        exposure([*STRONG, make_row(**OTHER)])


def test_the_metered_counts_say_that_they_are_of_every_teacher():
    assert "whatever their teacher and student" in " ".join(queries.sheet([]).notes)


def test_a_row_says_the_name_of_its_teacher_in_its_file(tmp_path):
    row = make_row(**NAME)
    path = tmp_path / f"x-{row.id}.json"
    text, written = text_of(row)
    path.write_text(text)
    assert read_row(path) == written and json.loads(text)["teacher_name"] == "shifts"
    assert "teacher_name" not in json.loads(text_of(make_row())[0]), "rows of the usual stay so"
    assert row.run_id == replace(row, teacher_name="").run_id, "weights decide the id, no name"
    path.write_text(json.dumps(json.loads(text) | {"teacher_name": 5}))
    with pytest.raises(Unsound, match="its teacher_name is 5, not a short text"):
        read_row(path)
    path.write_text(text_of(replace(row, teacher_sha=SHIFTS, teacher_name="other"))[0])
    assert read_row(path).teacher_name == "shifts", "the shipped card says it"
