"""The arithmetic of a run is in its id, so no skip, resume, audit or table mixes two."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch

from benchmark.cli import options
from benchmark.method import engine
from benchmark.papers import presets
from benchmark.rows.checksum import checksum
from benchmark.rows.file import read_row
from benchmark.tables import paper, settings
from benchmark.tables.render import render
from support.made_rows import make_row, seeds
from support.made_tables import markdown
from support.runs import NOISE, as_schema_1, edit, forge, numbers, only_row, rows, states
from support.suite import ROOT

IDEAL = {"dataset": "mnist", "budget": 25_000, "method": "ideal", "config": {"generator_steps": 5}}


@pytest.fixture
def half(cli, tmp_path):
    """The row of a short run in bfloat16."""
    assert cli(*NOISE, "--amp", "on")[0] == 0
    return only_row(tmp_path / "results")


def before_it_was_in_the_id(folder) -> str:
    """The only row as it would be from before arithmetic was in ids; returns its id."""
    row = only_row(folder)
    (path,) = (folder / "runs").iterdir()
    older = as_schema_1(json.loads(path.read_text()))
    del older["arithmetic"]
    older["id"] = replace(row, arithmetic="float32").run_id
    path.unlink()
    path = path.with_name(f"{row.stem(older['id'])}.json")
    path.write_text(json.dumps(older | {"seal": checksum(older, "seal")}))
    return older["id"]


def test_the_committed_rows_in_bfloat16_keep_their_ids():
    found = [read_row(path) for path in (ROOT / "results" / "bfloat16").rglob("*.json")]
    assert len(found) == 6
    for one in found:
        assert one.own_id == one.id != one.run_id and one.arithmetic == "bfloat16"


def test_a_run_in_bfloat16_does_not_stand_for_its_twin_in_float32(cli, tmp_path, half):
    assert (half.arithmetic, half.amp) == ("bfloat16", "bfloat16")
    assert cli(*NOISE, "--dry-run")[1].startswith("runs     noise")
    assert cli(*NOISE)[0] == 0
    (twin,) = [one for one in rows(tmp_path / "results") if one.id != half.id]
    assert (twin.arithmetic, twin.amp) == ("float32", "off")
    for more in ((), ("--amp", "on")):
        code, output, _ = cli(*NOISE, *more, "--dry-run")
        assert code == 0 and output.startswith("exists   noise")
        assert ("bfloat16" in output.splitlines()[0]) == bool(more)
    for one in (half, twin):
        code, output, errors = cli("audit", one.id, "--device", "cpu", "--full")
        assert code == 0 and "FAILED" not in output and not errors
        assert "ok      row: made again to its end; all exact parts are equal" in output


def test_auto_takes_the_id_of_what_it_comes_to(cli, half, monkeypatch):
    for pays, begins in ((True, "exists "), (False, "runs ")):
        monkeypatch.setattr(engine, "bfloat16_pays", lambda device, pays=pays: pays)
        assert cli(*NOISE, "--amp", "auto", "--dry-run")[1].startswith(begins)


def test_a_long_run_begins_with_what_the_machine_is_good_at(cli, monkeypatch):
    told = "this CPU trains networks 1.8 times as fast in bfloat16: --amp on"
    monkeypatch.setattr(engine, "bfloat16_gain", lambda device: 1.8)
    assert told not in cli(*NOISE)[1], "a probe would take longer than the run"
    monkeypatch.setattr(options, "LONG", 100)
    assert told in cli(*NOISE)[1]
    assert told not in cli(*NOISE, "--amp", "off")[1], "somebody has chosen"
    monkeypatch.setattr(engine, "bfloat16_gain", lambda device: 1.05)
    assert "bfloat16" not in cli(*NOISE)[1]


def test_a_row_from_before_holds_and_stands_for_its_own_arithmetic_alone(cli, tmp_path, half):
    older = before_it_was_in_the_id(tmp_path / "results")
    code, output, errors = cli("audit", older, "--device", "cpu")
    assert code == 0 and "FAILED" not in output + errors
    assert cli(*NOISE, "--amp", "on")[1].startswith("exists   noise")
    for more in ((), ("--dry-run",)):
        code, _, errors = cli(*NOISE, *more)
        assert code == 1 and f"the row {older} of this run in bfloat16, older than" in errors
    assert only_row(tmp_path / "results").id == older, "nothing was written over"
    assert cli(*NOISE, "--force")[0] == 0
    assert only_row(tmp_path / "results").arithmetic == "float32"


def test_a_state_of_another_arithmetic_is_not_gone_on_with(cli, tmp_path):
    command = (*NOISE, "--amp", "on", "--stop-after", "0s")
    for amp, resumes in ((True, 1), (False, 0)):
        folder = tmp_path / str(amp)
        assert cli(*command, "--results", folder)[0] == 75
        (path,) = states(folder)
        torch.save(torch.load(path, weights_only=True) | {"amp": amp}, path)
        assert cli(*NOISE, "--amp", "on", "--results", folder)[0] == 0
        assert only_row(folder).resumes == resumes
    assert numbers(only_row(tmp_path / "True")) == numbers(only_row(tmp_path / "False"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"arithmetic": "float32"}, "FAILED  id: not that of its settings"),
        ({"amp": "off"}, "FAILED  parts: arithmetic is bfloat16, amp off"),
        ({"arithmetic": "float16"}, "its arithmetic is 'float16', not float32 or bfloat16"),
    ],
)
def test_a_row_that_lies_about_its_arithmetic_is_found(cli, tmp_path, half, changes, message):
    forge(tmp_path / "results", **changes)
    code, output, errors = cli("audit", half.id, "--device", "cpu")
    assert code in (1, 2) and message in output + errors


def test_no_table_mixes_arithmetics():
    half = {"arithmetic": "bfloat16", "amp": "bfloat16"}
    mixed = [*seeds(50, 51, 52), *seeds(60, 61, 62, **half)]
    shown = markdown(mixed)
    assert shown.count("\n### ") + 1 == 2
    assert "digits: lenet to lenet, 1,000 queries" in shown
    assert "digits: lenet to lenet, networks in bfloat16, 1,000 queries" in shown
    floor = make_row(floor=True, accuracy=99.0, **half)
    (found,) = settings.tables([make_row(method="ideal")], others=[floor])
    assert "No floor was run" in found.facts[0], "a floor in bfloat16 is none for float32"


def test_a_presets_table_takes_the_usual_arithmetic_and_marks_another():
    part = presets.narrow(presets.find("table2"), ["mnist"], ["ideal"], ["lenet"])
    half = seeds(90, 91, 92, **IDEAL, arithmetic="bfloat16")
    shown = render(paper.sheet(part, half), "md")
    assert "91.00 ± 2.48 (3)" in shown and "Networks in bfloat16." in shown
    both = render(paper.sheet(part, [*half, *seeds(80, 81, 82, **IDEAL)]), "md")
    assert "81.00 ± 2.48 (3)" in both and "Networks in bfloat16." not in both
    assert "Left out, runs of earlier versions or defaults: ideal v1 in bfloat16." in both


def test_an_edited_arithmetic_breaks_the_checksum(cli, tmp_path, half):
    (path,) = (tmp_path / "results" / "runs").iterdir()
    edit(path, arithmetic="float32")
    assert json.loads(path.read_text())["arithmetic"] == "float32"
    code, output, _ = cli("audit", half.id, "--device", "cpu")
    assert code == 1 and "FAILED  checksum" in output
