"""A run named on a command line: by id, beginning of an id, file; and the errors otherwise."""

from __future__ import annotations

import pytest

from benchmark.cli.runs import find_run
from benchmark.errors import BenchError
from benchmark.files import StoreError
from benchmark.rows.store import Store
from support.made_rows import make_row
from support.runs import edit


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "results")
    store.prepare()
    for identity in ("abc123", "abd456", "ab", "fff000"):
        store.write(make_row(id=identity))
    return store


def test_a_run_is_an_id_its_beginning_or_its_file(store):
    name = "digits-lenet-lenet-noise-1000-0-abc123"
    path = store.runs / f"{name}.json"
    for text in ("abc123", "abc", name, f"{name}.json", str(path), f"elsewhere/{name}.json"):
        assert find_run(store, text).id == "abc123", text
    assert find_run(store, "f").id == "fff000"
    assert find_run(store, "ab").id == "ab", "a whole id is no beginning"


def test_what_names_no_run_or_several_is_told(store):
    with pytest.raises(BenchError, match=r"^3 runs .* begin with 'a' \(digits.*-ab,.*give more of"):
        find_run(store, "a")
    for text in ("", "x", "bc123", "digits", "*", "/"):
        with pytest.raises(BenchError, match=r"no run .*is the id at the end of a row's file name"):
            find_run(store, text)
    with pytest.raises(BenchError, match=r"Did you mean digits-lenet-lenet-noise-1000-0-fff000 or"):
        find_run(store, "digits-lenet-lenet-noise-1000-1-fff000.json")
    with pytest.raises(BenchError, match=r"there are no rows in .*; `bench run` makes them"):
        find_run(Store(store.root / "empty"), "abc")


def test_many_runs_that_begin_alike_are_not_all_listed(store):
    for number in range(9):
        store.write(make_row(id=f"e{number}"))
    with pytest.raises(BenchError, match=r"^9 runs .*-e4, \.\.\.\)") as caught:
        find_run(store, "e")
    assert "-e5" not in str(caught.value)


def test_a_file_of_another_store_is_not_taken_for_this_stores(store, tmp_path):
    other = Store(tmp_path / "other")
    other.prepare()
    path = other.path(other.write(make_row(id="abc123", accuracy=1.0)))
    with pytest.raises(BenchError, match=r"does not lie in the store .*; name its store with"):
        find_run(store, str(path))


def test_a_row_that_was_edited_is_refused(store):
    path = next(store.runs.glob("*-fff000.json"))
    edit(path, accuracy=99.0)
    with pytest.raises(StoreError, match="changed after it was written"):
        find_run(store, "fff000")
