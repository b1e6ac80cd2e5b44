"""When PRADA's alarm would have rung on runs that kept their images.

    bench run --methods drawn --dataset digits --budget 2k --keep-bought
    python -m benchmark.exposure RUN --results results

A run is named by the id at the end of its row's file name.
"""

from __future__ import annotations

from pathlib import Path

import click

from benchmark.defences import prada
from benchmark.errors import BenchError
from benchmark.exposure import log
from benchmark.rows.store import Store


@click.command()
@click.argument("runs", nargs=-1, required=True)
@click.option("--results", type=click.Path(path_type=Path), envvar="BENCH_RESULTS")
@click.option("--delta", type=click.FloatRange(0, 1), default=prada.DELTA, show_default=True)
@click.option("--every", type=click.IntRange(1), default=1, help="Queries between two tests.")
def main(runs: tuple[str, ...], results: Path | None, delta: float, every: int) -> None:
    """Say after which query PRADA's alarm would have rung on each of RUNS."""
    store = Store(results or Path("results"))
    try:
        for run_id in runs:
            click.echo(said(store, run_id, delta, every))
    except BenchError as problem:
        raise click.UsageError(str(problem)) from None


def said(store: Store, run_id: str, delta: float, every: int) -> str:
    """One line on one run. Raises ``BenchError``."""
    row = store.find(run_id)
    if row is None:
        raise BenchError(f"there is no run {run_id} in {store.runs}; give the id of a row's file")
    images, labels = log.of(row, store)
    heard = prada.alarm(images, labels, delta, every)
    found, entered = prada.distances(images, labels)
    known = found[entered]
    end = f"W {prada.normality(known):.3f} at the end" if len(known) > prada.LEAST else "no test"
    rang = "no alarm" if heard is None else f"alarm after query {heard:,}"
    return f"{run_id}  {row.label}  {row.dataset}  {row.queries:,} queries  {rang}, {end}"


if __name__ == "__main__":
    main()
