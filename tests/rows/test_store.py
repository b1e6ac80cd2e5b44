"""The store: rows whole or refused by name, states that execute nothing, one process a run."""

from __future__ import annotations

import errno
import json
import os
import pickle
import subprocess
import sys
import zipfile
from dataclasses import replace

import pytest
import torch

from benchmark.files import StoreError, write_atomically
from benchmark.rows.checksum import checksum
from benchmark.rows.file import read_row
from benchmark.rows.packed import pack, unpack
from benchmark.rows.store import Store
from support.made_rows import ROW
from support.runs import LEARNS, NOISE, edit, numbers, only_row, path_run, states, temporaries
from support.suite import ROOT

POINT = ROW.curve[0]


@pytest.fixture
def store(tmp_path) -> Store:
    made = Store(tmp_path / "results")
    made.prepare()
    return made


@pytest.fixture
def full_disk(monkeypatch):
    def fail(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)


def test_a_row_comes_back_as_it_was_written(store):
    row = replace(ROW, curve=(replace(POINT, accuracy=0.1 + 0.2, logged={"loss": None}),))
    wrote = store.write(row)
    path = store.path(wrote)
    assert read_row(path) == wrote == replace(row, checksum=wrote.checksum)
    content = json.loads(path.read_text())
    assert content["checksum"] == wrote.checksum == checksum(content) and content["schema"] == 2
    assert path.name == "digits-lenet-lenet-noise-500-0-0123456789ab.json"


def test_rows_are_sorted_and_found_by_id(store):
    for seed, name in [(2, "c" * 12), (0, "a" * 12), (1, "b" * 12)]:
        store.write(replace(ROW, seed=seed, id=name))
    assert [row.seed for row in store.rows()] == [0, 1, 2]
    assert store.find("b" * 12).seed == 1
    assert store.find("d" * 12) is None


def test_a_row_replaces_the_older_one_of_its_id_whatever_its_label(store):
    store.write(replace(ROW, accuracy=1.0))
    store.write(replace(ROW, accuracy=2.0))
    assert [row.accuracy for row in store.rows()] == [2.0]
    store.write(replace(ROW, accuracy=3.0, variant="uniform"))  # another name of the same run
    assert [row.accuracy for row in store.rows()] == [3.0]


def test_a_row_that_is_no_json_is_never_written(store):
    with pytest.raises(ValueError):
        store.write(replace(ROW, accuracy=float("nan")))
    with pytest.raises(StoreError, match=r"run 0123456789ab is not written: its seed is -1, not a"):
        store.write(replace(ROW, seed=-1))
    assert os.listdir(store.runs) == []


def test_a_full_disk_leaves_the_old_file_and_no_temporary(store, tmp_path, full_disk):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(StoreError, match=r"cannot write .*file: No space left on device"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["file"]
    with pytest.raises(StoreError):
        store.save_state("0123456789ab", pack({"steps": 1}))
    assert temporaries(store.root) == [] and states(store.root) == []


def test_a_full_disk_is_found_before_the_run(cli, tmp_path, full_disk):
    code, _, errors = cli(*NOISE)
    assert code == 2 and "No space left on device" in errors and "Traceback" not in errors
    assert temporaries(tmp_path / "results") == []


@pytest.mark.parametrize("where", ["results", "results/runs", "results/.state"])
def test_a_results_folder_that_cannot_be_made_is_one_clear_line(where, cli, tmp_path):
    (tmp_path / where).parent.mkdir(exist_ok=True)
    (tmp_path / where).write_text("a file is here")
    code, output, errors = cli(*NOISE)
    assert code == 2 and output == ""
    assert errors.startswith("bench: cannot make ") and errors.count("\n") == 1
    assert (tmp_path / where).read_text() == "a file is here"


def sound_row(cli, tmp_path):
    assert cli(*NOISE)[0] == 0
    return next((tmp_path / "results" / "runs").glob("*.json"))


@pytest.fixture
def saved(cli, tmp_path):
    """``make(folder, *more) -> path`` of what ``NOISE`` with some options leaves there.

    It runs once for all tests; later ones get a copy of the file.
    """

    def make(folder: str, *more: object):
        if folder not in SAVED:
            cli(*NOISE, *more)
            path = next(p for p in (tmp_path / folder).iterdir() if p.suffix in (".json", ".pt"))
            SAVED[folder] = (path.name, path.read_bytes())
        path = tmp_path / folder / SAVED[folder][0]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(SAVED[folder][1])
        return path

    return make


SAVED: dict[str, tuple[str, bytes]] = {}
DAMAGE = {
    "torn": lambda path: path.write_bytes(path.read_bytes()[:700]),
    "empty": lambda path: path.write_bytes(b""),
    "edited": lambda path: edit(path, accuracy=99.9),
    "nan": lambda path: edit(path, accuracy=float("nan")),
    "infinite": lambda path: path.write_text(path.read_text().replace("500,", "1e999,", 1)),
    "nested": lambda path: path.write_text('{"a":' * 100_000 + "1" + "}" * 100_000),
    "foreign": lambda path: path.write_text('{"name": "something else"}'),
    "list": lambda path: path.write_text("[1, 2]"),
    "bytes": lambda path: path.write_bytes(b"\xff\xfe\x00\x81"),
    "newer": lambda path: edit(path, schema=99),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_an_unsound_row_is_named_refused_and_left_as_it_is(damage, saved, cli, tmp_path):
    path = saved("results/runs")
    accuracy = json.loads(path.read_bytes())["accuracy"]
    DAMAGE[damage](path)
    damaged = path.read_bytes()
    for expected, command in ((2, ("table", "--strict")), (1, NOISE)):
        code, _, errors = cli(*command)
        assert code == expected
        assert path.name in errors and errors.count("\n") == 1
        assert path.read_bytes() == damaged
    assert "schema 99" in errors or damage != "newer"
    assert cli(*NOISE, "--force")[0] == 0  # overwrites it on request
    assert only_row(tmp_path / "results").accuracy == accuracy


class Executes:
    """A pickle that makes a folder called "executed" when it is loaded."""

    def __reduce__(self):
        return os.mkdir, ("executed",)


def saved_with_pickle(path):
    torch.save({"method_sha": Executes()}, path)


def changed(**parts):
    """Other parts in a sound state; ``...`` takes one away."""

    def spoil(path):
        state = torch.load(path, weights_only=True) | parts
        torch.save({name: of for name, of in state.items() if of is not ...}, path)

    return spoil


def replaced(make):
    """Something else in the place of the file."""

    def spoil(path):
        path.unlink()
        make(path)

    return spoil


def bomb(path):
    """A state whose parts are compressed: few bytes that fill the memory."""
    with zipfile.ZipFile(path) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)


BAD_STATES = {
    "a FIFO": replaced(getattr(os, "mkfifo", None)),
    "compressed": bomb,
    "a point without a count": changed(curve=[{"accuracy": 3.0}]),
    "torn": lambda path: path.write_bytes(path.read_bytes()[:1000]),
    "empty": lambda path: path.write_bytes(b""),
    "executes": saved_with_pickle,
    "executes bare": lambda path: path.write_bytes(pickle.dumps(Executes(), 2)),
    "foreign": lambda path: torch.save({"epoch": 3}, path),
}


@pytest.mark.parametrize("damage", BAD_STATES)
def test_an_unsound_state_is_named_and_executes_nothing(damage, saved, cli, tmp_path):
    path = saved("results/.state", "--stop-after", "0.001s")
    if damage == "a FIFO" and not hasattr(os, "mkfifo"):
        pytest.skip("this system has no FIFO")
    BAD_STATES[damage](path)
    code, _, errors = cli(*NOISE)
    assert not (tmp_path / "executed").exists()
    assert code == 1
    assert path.name in errors and "--force" in errors and errors.count("\n") == 1
    assert cli(*NOISE, "--force")[0] == 0
    assert only_row(tmp_path / "results").resumes == 0
    assert states(tmp_path / "results") == []


def test_a_finished_run_is_not_run_again_without_force(cli, tmp_path):
    path = sound_row(cli, tmp_path)
    first, stamp = only_row(tmp_path / "results"), path.stat().st_mtime_ns
    code, output, _ = cli(*NOISE)
    assert code == 0 and output.startswith("exists") and f"{first.accuracy:.2f} %" in output
    assert path.stat().st_mtime_ns == stamp
    code, output, _ = cli(*NOISE, "--force")
    assert code == 0 and "done" in output and path.stat().st_mtime_ns > stamp
    assert numbers(only_row(tmp_path / "results")) == numbers(first)


def test_a_dry_run_tells_what_would_happen_and_does_nothing(cli, method_file, tmp_path):
    command = path_run(method_file("plans", LEARNS))
    for end, state in [("--stop-after=0.001s", "runs"), ("--save-every=9h", "resumes")]:
        _, output, _ = cli(*command, "--dry-run")
        assert output.startswith(state) and "at most 300 queries" in output
        cli(*command, end)
    _, output, _ = cli(*command, "--dry-run")
    assert output.startswith("exists") and "at most 0 queries" in output


def test_a_state_holds_what_its_tensors_show_and_not_the_rest_of_their_storage():
    whole = torch.arange(1_000_000)
    net = torch.nn.BatchNorm1d(2).state_dict()
    content = pack({"pool": {"images": whole[:10]}, "parts": [whole[5:7]], "net": net})
    assert len(content) < 20_000
    found = unpack(content)
    assert found["pool"]["images"].tolist() == list(range(10)) and found["parts"][0].tolist() == [
        5,
        6,
    ]
    assert found["net"]._metadata == net._metadata


def test_rows_are_read_without_an_import_of_torch():
    code = (
        "import sys; from pathlib import Path; from benchmark.rows.store import Store\n"
        "assert Store(Path('results')).rows() and 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_at_a_glance_the_folder_is_listed_once_and_afterwards_again(store, monkeypatch):
    first, second = (replace(ROW, seed=n, id=f"{n}" * 12) for n in (1, 2))
    store.write(first)
    listed = []
    real = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: listed.append(path) or real(path))
    with store.at_a_glance():
        store.runs.joinpath(f"._x-{first.id}.json").touch()
        assert store.find(first.id).seed == 1 and store.find(second.id) is None
        assert len(listed) == 1
        store.write(second)
        assert store.find(second.id) is None, "not seen while it lasts"
    assert store.find(second.id).seed == 2 and len(listed) > 1
    with Store(store.root / "nothing").at_a_glance():
        assert Store(store.root / "nothing").find(first.id) is None
