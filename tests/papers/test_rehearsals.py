"""Rehearsals: a preset at a share of its budgets, other runs that never stand beside real ones."""

from __future__ import annotations

import dataclasses

import pytest

from benchmark import parse
from benchmark.errors import BenchError
from benchmark.papers import presets
from benchmark.rows import grouping
from benchmark.run import cells, preset_cells
from benchmark.tables import settings
from support.made_rows import fill, make_row, seeds
from support.preset_texts import GOOD, SETTING
from support.runs import only_row


def scaled(part: presets.Preset, scale: float) -> list[cells.Cell]:
    return preset_cells.cells_of(part, [0], scale)


def test_a_rehearsal_has_a_share_of_the_budget_but_what_a_method_needs():
    part = presets.narrow(presets.find("table2"), ["mnist"], ["ideal", "dfme"], ["lenet"])
    assert [(c.budget, c.scale) for c in scaled(part, 0.1)] == [(2500, 0.1), (2500, 0.1)]
    dfme, ideal = scaled(part, 0.0001)
    assert ideal.budget == ideal.config.batch == 250
    assert dfme.budget == dfme.entry.method.least_budget(dfme.config, None) > 250
    assert [cell.budget for cell in scaled(part, 1.0)] == [25_000, 25_000]
    curve = presets.narrow(presets.find("fig2"), methods=["ideal"])
    assert [cell.budget for cell in scaled(curve, 0.05)] == [250, 500], "each cell once"
    photos = dataclasses.replace(part.settings[0], dataset="folder:x")
    with pytest.raises(BenchError, match="a rehearsal needs a data set of known form"):
        scaled(dataclasses.replace(part, settings=(photos,)), 0.5)


def test_a_rehearsal_is_another_run_and_other_runs_keep_their_ids():
    part = presets.narrow(presets.find("fig2"), methods=["ideal"], budgets=[10_000])
    (real,), (small,) = scaled(part, 1.0), scaled(part, 0.5)
    card = {"architecture": "a", "sha256": "b"}
    same = dataclasses.replace(small, budget=real.budget)
    ids = [cell.identity("x", card).run_id for cell in (real, small, same)]
    assert len(set(ids)) == 3


def test_rehearsed_rows_never_share_a_table_with_others():
    rows = [*seeds(90, 91, 92), *seeds(10, 11, 12, scale=0.5)]
    found = settings.tables(rows)
    assert [len(one.lines) for one in found] == [1, 1]
    assert "rehearsal at 0.5 of the budget" in found[0].title
    assert "rehearsal" not in found[1].title
    mnist = {"dataset": "mnist", "budget": 25_000, "method": "ideal"}
    assert settings.paper_number(make_row(**mnist)) == 96.32
    assert settings.paper_number(make_row(**mnist, scale=0.1)) is None
    assert settings.paper_number(make_row(**mnist, teacher_name="shifts")) is None
    assert len({grouping.setting_key(one) for one in rows}) == 2


@pytest.mark.parametrize("text", ["0", "1.5", "-0.1", "ten", "0.1x", "nan"])
def test_a_share_is_a_number_above_0_and_at_most_1(text):
    with pytest.raises(BenchError, match="no share of a budget; write a number above 0"):
        parse.scale(text)
    assert (parse.scale("0.1"), parse.scale(".25"), parse.scale("1")) == (0.1, 0.25, 1.0)


def test_a_rehearsal_runs_and_says_so_in_its_row(cli, tmp_path, monkeypatch):
    setting = SETTING | {"dataset": "digits", "budgets": [400]}
    item = GOOD | {"methods": [{"method": "noise (passes=1)", "name": "N"}], "settings": [setting]}
    preset = presets.made("t9", item)
    monkeypatch.setattr(presets, "_all", lambda: {"t9": preset})
    command = ("run", "--preset", "t9", "--seeds", "0", "--device", "cpu", "--scale", "0.25")
    code, output, errors = cli(*command)
    assert code == 0, errors
    assert "done     noise(passes=1)  digits  lenet->lenet  100  rehearsal 0.25  seed 0" in output
    found = only_row(tmp_path / "results")
    assert (found.scale, found.budget, found.queries) == (0.25, 100, 100)
    code, output, _ = cli(*command, "--dry-run")
    assert output.startswith("exists ") and output.endswith(
        "at most 0 queries to be spent: 1 exists.\n"
    )
    code, text, _ = cli("table", "--preset", "t9", "--scale", "0.25")
    assert code == 0 and "rehearsal at 0.25 of the budgets, no result" in text and "† (1)" in text
    code, _, errors = cli("table", "--preset", "t9")
    assert code == 2 and "there are no rows of t9; `bench run --preset t9` makes them" in errors


def test_a_rehearsal_of_a_preset_is_not_its_table(cli, tmp_path):
    fill(
        tmp_path,
        make_row(
            dataset="mnist", method="ideal", budget=25_000, scale=0.1, config={"generator_steps": 5}
        ),
    )
    code, _, errors = cli("table", "--preset", "table2")
    assert code == 2 and "there are no rows of table2" in errors
