"""Limits on what a method brings along and leaves behind: its file, its numbers, its row."""

from __future__ import annotations

import dataclasses
import os

import pytest

from benchmark import reading
from benchmark.errors import BenchError
from benchmark.files import StoreError
from benchmark.method import config
from benchmark.method.base import NOTES, NUMBERS
from benchmark.rows.file import LIMIT, read_row, text_of
from benchmark.rows.kinds import TEXT
from benchmark.run import behind, registry
from benchmark.run.logged import LIMIT as ROUNDS
from benchmark.run.logged import Logged
from support.made_rows import make_point, make_row
from support.runs import IDLE, path_run

BAKED = "weights = '{}'\n" + IDLE


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_a_method_that_brings_its_knowledge_along_is_refused_before_it_runs(
    more, cli, method_file, tmp_path
):
    path = method_file("baked", BAKED.format("x" * reading.SOURCE))
    code, output, errors = cli(*path_run(path), *more)
    assert (code, output) == (2, "") and errors.count("\n") == 1
    assert f"{path} has 0.3 MB, more than the 0.25 allowed for a method's file" in errors
    assert "nobody has paid for images, labels or weights" in errors
    assert not (tmp_path / "results" / "runs").exists()
    for find in (registry.find, lambda text: behind.files_behind(path)):
        with pytest.raises(BenchError, match=r"more than the 0\.25 allowed"):
            find(str(path))


def test_a_file_just_below_the_limit_is_a_method(method_file):
    path = method_file("long", BAKED.format("x"))
    text = path.read_text()
    path.write_text(text + "#" * (reading.SOURCE - len(text)))
    assert path.stat().st_size == reading.SOURCE and registry.find(str(path)).name == "long"
    path.write_text(path.read_text() + "#")
    with pytest.raises(BenchError, match=r"more than the 0\.25 allowed"):
        registry.find(str(path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFO")
def test_a_method_that_is_no_file_is_not_opened(cli, tmp_path):
    os.mkfifo(tmp_path / "fifo.py")
    (tmp_path / "endless.py").symlink_to("/dev/zero")
    for name in ("fifo", "endless"):
        code, _, errors = cli(*path_run(tmp_path / f"{name}.py"))
        assert code == 2 and "there is no method file" in errors
        with pytest.raises(StoreError, match=f"{name}.py is a (FIFO|device), not a file"):
            reading.read_source(tmp_path / f"{name}.py")


def test_no_methods_own_file_is_near_the_limit():
    sizes = [path.stat().st_size for path in behind.ROOT.glob("methods/**/*.py")]
    assert sizes and max(sizes) < reading.SOURCE / 10


OTHERS = """
def step(self):
    self.oracle(torch.rand(1, *self.spec.shape))
    self._scalars = {f"loss {self.oracle.spent} {number}": 1.0 for number in range(40)}
    self._new = set(self._scalars)
    return True
"""


def test_names_of_logged_numbers_are_few_in_all_rounds_together(row_of):
    row = row_of(OTHERS, code=1)
    assert row.status == "failed" and row.queries == 2
    assert f"ValueError: log() has 80 names by now, at most {NUMBERS} are kept" in row.error


def test_the_trace_of_a_run_has_a_size(monkeypatch):
    logged = Logged()
    for step in range(1, 5 * ROUNDS):
        if logged.wants(step):
            logged.enter(step, {f"n{number}": 1.0 for number in range(NUMBERS)})
    size = sum(of.nbytes for of in logged.kept().values())
    assert size <= 4 * NUMBERS * ROUNDS + 8 * ROUNDS
    again = Logged()
    again.load_state_dict(logged.state_dict())
    with pytest.raises(ValueError, match=f"has {NUMBERS + 1} names by now"):
        again.enter(10**6, {"one more": 1.0})


def test_a_config_has_few_fields():
    fields = [(f"field_{number}", int, number) for number in range(config.FIELDS + 1)]
    for count, refused in ((config.FIELDS, False), (config.FIELDS + 1, True)):
        made = dataclasses.make_dataclass("Config", fields[:count], frozen=True)
        method = type("Method", (), {"Config": made})
        if refused:
            with pytest.raises(
                BenchError, match=r"wide has a Config of 201 fields, .* at most 200"
            ):
                config.resolve(method, "wide")
        else:
            assert len(config.as_dict(config.resolve(method, "wide"))) == count


WIDE = "\U0001f40d"  # twelve bytes in the JSON of a row


def test_the_largest_row_that_a_method_can_make_is_written_and_read(tmp_path):
    logged = {f"{WIDE * 57}{number}": 1.0000000000000002 for number in range(NUMBERS)}
    points = [make_point(queries=n + 1, accuracy=1.0, logged=logged) for n in range(30)]
    row = make_row(
        curve=tuple(points),
        notes=tuple(WIDE * 300 for _ in range(NOTES + 1)),
        config={f"{WIDE * 80}{number}": WIDE * 100 for number in range(config.FIELDS)},
        labels_per_class=(10**9,) * 2**16,
        status="failed",
        error=WIDE * 10_000,
    )
    text, row = text_of(row)
    assert 10**6 < len(text) < LIMIT
    path = tmp_path / f"x-{row.id}.json"
    path.write_text(text)
    assert read_row(path) == row


def test_a_row_that_could_not_be_read_again_is_not_written():
    row = make_row(notes=("\u00e9" * TEXT,) * 100)
    with pytest.raises(StoreError, match=r"is not written: it has 11\.\d MB, more than the 8 that"):
        text_of(row)
