"""``bench ledger``: what was asked and paid for, told, verified and exported."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from benchmark.cli import screen
from benchmark.cli.help import InOrder, example
from benchmark.cli.options import results_option
from benchmark.cli.types import PATH

if TYPE_CHECKING:
    from benchmark.oracle.journal import Ledger
    from benchmark.rows.store import Store

WORST = (1, 3, 0)  # of several exit codes the first one that is there
FIELDS = ("position", "call", "hash", "label", "state", "attempt")


@click.group(cls=InOrder)
def ledger() -> None:
    """Show, verify and export the ledgers of runs: everything that was asked, and its outcome.

    Every run has one (results/.journal). Where queries are paid for, an image is in it before it is
    sent, so that no kill makes a run pay twice, or more than its budget.
    """


@ledger.command(epilog=example("bench ledger show", "bench ledger show 0b476fbcdcfa"))
@click.argument("run", default="")
@results_option
@click.option("--teacher-dir", type=PATH, envvar="BENCH_TEACHERS", help="Trained teachers.")
def show(run: str, results: Path, teacher_dir: Path | None) -> None:
    """Print a line for each ledger, or for those of one RUN: its id, or the row's file.

    Charged = answered + unknown. Unknown are queries that may have been answered and billed, whose
    answers nobody has. Without RUN the canaries of endpoints and the evaluator's own questions,
    which are no part of a run's budget, have lines too, and the last line is what was paid in all.
    """
    from benchmark.checks import ledgers
    from benchmark.errors import BenchError
    from benchmark.rows.store import Store
    from teachers import shelf

    store, paid = Store(results, strict=False), 0
    own = [] if run else ledgers.accounts(teacher_dir or shelf.default_teacher_dir())
    found = [*own, *_of_runs(store, run, bool(own))]
    screen.show(f"{'run':<12}  {'code':<8}  {'charged':>9}  {'answered':>9}  {'unknown':>7}  state")
    for path in found:
        try:
            one = ledgers.told(store, path)
        except BenchError as problem:
            screen.show(f"bench: {problem}", err=True)
            continue
        charges, form = one.ledger.charges, one.ledger.form
        paid += charges.total if one.ledger.paid else 0
        of = f" of {one.budget:,}" if one.budget is not None else ""
        screen.show(
            f"{form.run_id:<12}  {form.source[:8]}  {charges.total:>9,}  {charges.answered:>9,}  "
            f"{charges.unknown:>7,}  {one.status}{of}{', paid' if one.ledger.paid else ''}"
        )
    if not run and paid:
        screen.show(f"paid in all: {paid:,} images")


def _of_runs(store: Store, run: str, others: bool) -> list[Path]:
    """The ledgers of runs; none is an error, unless there are ``others`` to be shown."""
    from benchmark.checks import ledgers

    if others and not any(store.journals.glob("*.queries")):
        return []
    return ledgers.paths(store, run)


@ledger.command(epilog=example("bench ledger verify", "bench ledger verify 0b476fbcdcfa"))
@click.argument("run", default="")
@results_option
def verify(run: str, results: Path) -> None:
    """Check every record's checksum, the counts, and the labels against those of the row.

    Exit codes: 0 all hold, 1 one does not, 2 wrong input, 3 one stays open: its run has no complete
    row yet.
    """
    from benchmark.checks import ledgers
    from benchmark.rows.store import Store

    store = Store(results, strict=False)
    codes = []
    for path in ledgers.paths(store, run):
        code, sentence = ledgers.verified(store, path)
        codes.append(code)
        screen.show(sentence, err=code == ledgers.DOES_NOT)
    sys.exit(min(codes, key=WORST.index))


@ledger.command(epilog=example("bench ledger export 0b476fbcdcfa -o queries.csv"))
@click.argument("run")
@click.option("-o", "--output", type=PATH, help="A CSV file; default: standard output.")
@results_option
def export(run: str, output: Path | None, results: Path) -> None:
    """Write the records of one RUN as CSV, to be held against a provider's bill.

    A line a record: the query's position in its run, the first position of its call, BLAKE2b of the
    image, label (-1: none), state, and attempt (0: nobody was paid).
    """
    from benchmark.checks import ledgers
    from benchmark.errors import BenchError
    from benchmark.files import write_atomically
    from benchmark.oracle.journal import Ledger
    from benchmark.rows.store import Store

    found = ledgers.paths(Store(results, strict=False), run)
    if len(found) > 1:
        names = ", ".join(path.stem for path in found[:5])
        raise BenchError(f"{len(found)} ledgers are of {run!r} ({names}): name one of them")
    read = Ledger.read(found[0])
    if output is None:
        screen.show(_csv(read).rstrip("\n"))
        return
    write_atomically(output, _csv(read).encode())
    screen.show(f"wrote {output}")


def _csv(read: Ledger) -> str:
    from benchmark.oracle.journal.form import NAMES

    file = io.StringIO()
    lines = csv.writer(file, lineterminator="\n")
    lines.writerow(FIELDS)
    for one in read.records:
        image = f"{int(one['hash']) % 2**64:016x}"
        told = (int(one["position"]), int(one["call"]), image, int(one["label"]))
        lines.writerow((*told, NAMES[int(one["state"])], int(one["attempt"])))
    return file.getvalue()
