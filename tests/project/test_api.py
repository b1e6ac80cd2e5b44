"""The suite from Python: every public name works as its example says."""

from __future__ import annotations

import doctest

import pytest
import torch

import benchmark
from benchmark import api
from benchmark.oracle.wrapped import Wrapped


def test_every_example_gives_what_it_says(tmp_path, monkeypatch):
    monkeypatch.setenv("BENCH_TEACHERS", str(tmp_path / "teachers"))
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = {test.name.rpartition(".")[2]: test for test in finder.find(api)}
    names = ("run_cells", "read_rows", "read_curves", "make_table", "metered")
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for name in names:  # the first one makes the row that the others read
        found[name].globs["folder"] = tmp_path / "results"
        assert runner.run(found[name]).failed == 0 and found[name].examples, name


def test_the_package_hands_on_its_public_names_and_no_others():
    for name in benchmark.__all__:
        assert getattr(benchmark, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'anything'"):
        _ = benchmark.anything


def test_nothing_is_printed(tmp_path, capsys):
    benchmark.run_cells("noise", "digits", 250, [0], tmp_path, device="cpu")
    assert capsys.readouterr() == ("", "")


def test_a_wrong_name_is_the_suites_error(tmp_path):
    with pytest.raises(benchmark.BenchError, match="unknown method"):
        benchmark.run_cells("nose", "digits", 250, [0], tmp_path)
    with pytest.raises(benchmark.BenchError, match="there are no rows"):
        benchmark.make_table(tmp_path)


@pytest.mark.parametrize(
    "wrong", [lambda x: x.mean((2, 3)), lambda x: torch.full((len(x), 5), torch.nan)]
)
def test_a_teacher_that_gives_no_logits_is_refused_and_nothing_is_counted(wrong):
    with pytest.raises(ValueError, match="must give finite logits 2 x 5"):
        Wrapped(wrong, 5)(torch.rand(2, 3, 4, 4))
    with benchmark.metered(wrong, (3, 4, 4), 5, budget=9) as (oracle, account):
        with pytest.raises(RuntimeError, match="the oracle failed"):
            oracle(torch.rand(2, 3, 4, 4))
        assert account.spent == 0
