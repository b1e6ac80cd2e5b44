"""One bad file stops nothing else: tables, pictures, report, plan and runs go on with the sound."""

from __future__ import annotations

import pytest

from benchmark.files import StoreError
from benchmark.rows.file import read_row
from benchmark.run.redone import Redone
from support.kept import empty_store, keep, sample_of
from support.made_rows import seeds
from support.runs import NOISE, only_row
from support.spoilt import changed

RUN = ("run", *NOISE[1:-2], "--set", "noise.passes=1")
MADE = {
    "table": ("table", "-o", "out.md"),
    "LaTeX": ("table", "--format", "latex", "-o", "out.tex"),
    "queries": ("table", "--queries", "-o", "out.md"),
    "cost": ("table", "--cost", "-o", "out.md"),
    "curve": ("curve", "-o", "out.svg"),
    "numbers": ("curve", "--numbers", "-o", "out.md"),
    "report": ("report", "-o", "out"),
    "method": ("list", "methods", "noise"),
    "plan": ("run", "--methods", "noise", "--dataset", "digits", "--dry-run"),
}


@pytest.mark.parametrize("kind", MADE)
def test_everything_that_is_made_of_rows_is_made_of_the_sound_ones(kind, cli, tmp_path):
    store = empty_store(tmp_path)
    for one in [*seeds(70.0, 72.0, 74.0), *seeds(60.0, 61.0, 62.0, budget=100)]:
        store.write(one)
    changed(accuracy="70")(next(store.runs.glob("*-1000-0-*.json")))
    (store.runs / "notes.json").write_text("{}")
    code, output, errors = cli(*MADE[kind])
    assert code == 1 and "Traceback" not in output + errors
    assert errors.count("bench: left out: ") == 2 == errors.count("\n")
    made = [path for path in tmp_path.iterdir() if path.name.startswith("out")]
    assert len(made) == (0 if kind in ("method", "plan") else 1)
    assert "73.00" in output or kind != "method"
    strict = kind not in ("method", "plan")
    assert not strict or cli(*MADE[kind], "--strict")[0] == 2


def test_runs_of_other_cells_go_on_beside_an_unsound_row(cli, tmp_path):
    assert cli(*RUN)[0] == 0
    (path,) = (tmp_path / "results" / "runs").glob("*.json")
    changed(accuracy="x")(path)
    spoilt = path.read_bytes()
    path.with_name(f"._{path.name}").write_bytes(b"\0\5\26\7")
    both = [text if text != "0" else "0,1" for text in RUN]
    code, output, errors = cli(*both, "--dry-run")
    states = [line.split()[0] for line in output.splitlines()[:2]]
    assert code == 1 and states == ["unsound", "runs"] and path.name in errors
    code, output, errors = cli(*both)
    assert code == 1 and path.read_bytes() == spoilt
    assert output.count("done ") == 1 and "seed 1" in output.splitlines()[-1]
    assert errors.startswith("bench: not run: noise") and errors.count("\n") == 1
    assert path.name in errors and "its accuracy is 'x'" in errors and "--force runs it" in errors
    code, output, errors = cli(*RUN, "--force")
    assert (code, errors) == (0, "") and output.count("done ") == 1
    assert read_row(path).status == "complete"


def test_a_folder_in_the_place_of_a_row_costs_no_run(cli, tmp_path):
    assert cli(*RUN)[0] == 0
    one = only_row(tmp_path / "results")
    path = tmp_path / "results" / "runs" / f"{one.file_stem}.json"
    path.unlink()
    path.mkdir()
    code, output, errors = cli(*RUN)
    assert code == 1 and "done" not in output and f"{path} is a folder, not a file" in errors
    path.rename(path.with_name(f"old-{one.id}.json"))
    assert cli(*RUN, "--force")[0] == 0  # which does not take folders away
    assert read_row(path) and path.with_name(f"old-{one.id}.json").is_dir()


@pytest.mark.parametrize("command", [("samples", "aa", "bb", "-o", "out.png"), ("report",)])
def test_a_bad_sample_is_left_out_of_the_pictures(command, cli, tmp_path):
    store = empty_store(tmp_path)
    keep(store, sample_of([1] * 10), id="aa")
    bad = (
        store.samples
        / f"{keep(store, sample_of([1] * 10), id='bb', method='ideal').file_stem}.safetensors"
    )
    bad.write_bytes(bad.read_bytes()[:-1])
    code, output, errors = cli(*command)
    assert code == 1 and "wrote " in output and errors.count("\n") == 1
    assert errors.startswith(f"bench: left out: {bad} is not the sample that its row names; run")


def test_a_profile_that_is_none_costs_the_plan_its_flops_alone(cli, tmp_path):
    folder = tmp_path / "results" / "perf"
    folder.mkdir(parents=True)
    (folder / "x.json").write_text("{")
    code, output, errors = cli("run", "--methods", "noise", "--dataset", "digits", "--dry-run")
    assert code == 0 and "3 runs, at most 15,000 queries" in output
    assert errors.startswith("bench: FLOPs are left out: ") and "x.json is no profile" in errors


def test_a_file_where_a_forced_command_notes_its_runs_is_named(tmp_path):
    one = Redone(tmp_path, ["cell"])
    one.path.write_bytes(b"x")
    assert "a" * 12 not in one
    with pytest.raises(StoreError, match=f"cannot make {one.path}: File exists"):
        one.add("a" * 12)
