"""Every method as a user runs it: in the strongest isolation here, with the numbers of `thread`."""

from __future__ import annotations

import pytest

from benchmark.confine import strongest
from benchmark.rows.row import Row
from benchmark.run import registry
from support.runs import numbers, only_row

RUN = ("--dataset", "digits", "--budget", "60", "--seeds", "0", "--device", "cpu", "--no-reference")
OTHER = {
    "out-of-domain": ("--set", "out-of-domain.dataset=photos")
}  # it is here without a download


@pytest.mark.slow
@pytest.mark.parametrize("name", registry.names())
def test_a_run_by_default_is_isolated_and_has_the_numbers_of_one_that_is_not(
    name, cli, tmp_path, monkeypatch
):
    tiny = registry.find(name).method.tiny
    values = [part for key, of in tiny.items() for part in ("--set", f"{name}.{key}={of}")]

    def run(folder: str) -> Row:
        command = ("run", "--methods", name, *RUN, *values, *OTHER.get(name, ()))
        code, output, errors = cli(*command, "--results", tmp_path / folder)
        assert code == 0, output + errors
        return only_row(tmp_path / folder)

    beside = run("beside")
    monkeypatch.delenv("BENCH_ISOLATION")
    isolated = run("isolated")
    assert (beside.isolation, isolated.isolation) == ("thread", strongest().isolation)
    assert numbers(beside) == numbers(isolated) and isolated.complete
