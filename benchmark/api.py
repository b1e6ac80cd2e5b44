"""The suite from Python: run cells, read rows, make tables, meter your own model.

The command does the same; nothing here prints or exits. All errors are ``BenchError``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas
    from torch import Tensor

    from benchmark.oracle import Account, Oracle
    from benchmark.rows.row import Point, Row
    from benchmark.run.session import Session

RESULTS = "results"


def run_cells(
    methods: str | Iterable[str],
    dataset: str,
    budget: int,
    seeds: Iterable[int] = (0, 1, 2),
    results: str | Path = RESULTS,
    teacher: str | None = None,
    student: str | None = None,
    device: str = "auto",
    overrides: dict[str, dict[str, Any]] | None = None,
) -> pandas.DataFrame:
    """Run methods on a data set, and return their rows as ``read_rows`` does.

    ``methods``: names, ``name:variant`` or paths of files. ``budget``: queries of a run.
    ``overrides``: method to fields of its Config. Cells that have a row in ``results`` are not run
    again; a failed run has a row with its error. Methods run in processes of their own, as by
    ``bench run --isolation auto``.

    >>> rows = run_cells("noise", "digits", 500, seeds=[0], results=folder, device="cpu")
    >>> (len(rows), int(rows.queries[0]), rows.status[0])
    (1, 500, 'complete')
    """
    from benchmark.run import cells, registry

    names = [methods] if isinstance(methods, str) else list(methods)
    request = cells.Request(
        registry.find_all(names),
        [dataset],
        list(seeds),
        [budget],
        [teacher] if teacher else [],
        [student] if student else [],
        overrides or {},
    )
    session = _session(Path(results), device)
    session.run(cells.expand(request))
    return _frame(session.rows)


def read_rows(results: str | Path = RESULTS) -> pandas.DataFrame:
    """Every sound row of a folder: a line each, a column for each field but the curve.

    Accuracies are in per cent, ``seconds`` are the method's own.

    >>> read_rows(folder)[["method", "budget", "seed", "queries"]].values.tolist()
    [['noise', 500, 0, 500]]
    """
    from benchmark.rows.store import Store

    return _frame(Store(Path(results)).rows())


def read_curves(results: str | Path = RESULTS) -> pandas.DataFrame:
    """The points of all curves: a line each, with the ``id`` of its row.

    The numbers that a method logged stand in columns ``method/NAME``.

    >>> read_curves(folder)["mark"].tolist()
    [200, 500]
    """
    import pandas

    from benchmark.rows.store import Store

    rows = Store(Path(results)).rows()
    lines = [{"id": row.id} | _of_point(point) for row in rows for point in row.curve]
    return pandas.DataFrame(lines)


def make_table(results: str | Path = RESULTS, dataset: str | None = None, form: str = "md") -> str:
    """The tables of a folder of rows, for all data sets or one.

    ``form``: "md", "latex", "csv" or "html".

    >>> print(make_table(folder).splitlines()[0])
    ### digits: lenet to lenet, 500 queries
    """
    from benchmark.rows import grouping
    from benchmark.rows.store import Store
    from benchmark.rows.wanted import Wanted
    from benchmark.tables import settings
    from benchmark.tables.render import render

    rows = grouping.select(Store(Path(results)), Wanted(dataset))
    return render(settings.sheet(rows), form)


@contextlib.contextmanager
def metered(
    teacher: Callable[[Tensor], Tensor],
    shape: tuple[int, int, int],
    classes: int,
    budget: int,
    precision: str = "uint8",
) -> Iterator[tuple[Oracle, Account]]:
    """The suite's meter before your own model, for a notebook.

    ``teacher``: images N x C x H x W in [0, 1], on the CPU, to logits or probabilities N x K.
    ``shape``: C, H, W. Yields the oracle, which gives class indices and refuses a call that does
    not fit into the budget, and the account, which counts. A method gets the oracle alone.

    >>> import torch
    >>> with metered(lambda x: x.mean((2, 3)), (3, 8, 8), 3, budget=10) as (oracle, account):
    ...     labels = oracle(torch.rand(4, 3, 8, 8))
    ...     (labels.shape, oracle.remaining, account.spent)
    (torch.Size([4]), 6, 4)
    """
    import torch

    from benchmark.oracle import Spec, open_oracle
    from benchmark.oracle.answering import Network
    from benchmark.oracle.wrapped import Wrapped

    spec = Spec(shape, classes, torch.device("cpu"))
    network = Network(Wrapped(teacher, classes))
    oracle, account, close = open_oracle(spec, budget, [network], precision)
    try:
        yield oracle, account
    finally:
        close()


def _session(results: Path, device: str) -> Session:
    """A command over a folder of rows, with the default folders of data and teachers."""
    from benchmark import datasets
    from benchmark.env import pick_device
    from benchmark.host import levels, reach
    from benchmark.rows.store import Store
    from benchmark.run.session import Session
    from benchmark.run.setting import Places
    from teachers import shelf

    places = Places(datasets.default_data_dir(), shelf.default_teacher_dir())
    picked = pick_device(device)
    level, _ = levels.picked(levels.usual(), reach.trial(picked.type))
    return Session(Store(results), places, picked, isolation=levels.Isolation(level))


def _frame(rows: Iterable[Row]) -> pandas.DataFrame:
    import pandas

    return pandas.DataFrame([_fields(row, "curve") for row in rows])


def _of_point(point: Point) -> dict[str, Any]:
    logged = {f"method/{name}": value for name, value in point.logged.items()}
    return _fields(point, "logged") | logged


def _fields(of: Row | Point, left_out: str) -> dict[str, Any]:
    return {one.name: getattr(of, one.name) for one in fields(of) if one.name != left_out}
