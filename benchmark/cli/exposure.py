"""``bench exposure``: the extraction budget of one classifier."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from benchmark.cli import screen
from benchmark.cli.asked import Asked, of_options
from benchmark.cli.help import WORDS, Grouped, example
from benchmark.cli.how import How
from benchmark.cli.options import Computing, Where, gathered, opened
from benchmark.cli.run import GROUPS, run
from benchmark.cli.types import PATH, PRICE, RATE

if TYPE_CHECKING:
    from benchmark.exposure.findings import Tariff
    from benchmark.run.cells import Cell
    from benchmark.run.session import Session

METHODS, BUDGETS = "drawn,noise:blobs", "1k,2k,5k"
NOT_HERE = {
    *("preset", "scale", "force", "ray", "gpus_per_run", "hand"),
    *("methods", "budget", "keep_bought"),
}
OPTIONS = [one for one in run.params if one.name not in NOT_HERE]  # those of `bench run`
OF_RUN = {one.name: one for one in run.params}


@click.command(
    cls=Grouped,
    params=list(OPTIONS),
    groups={"The queries and their sender": ("methods", "budget", "price", "rate", "output")}
    | GROUPS,
    epilog=example(
        "bench exposure --dataset digits --price 1.00/1000 --rate 100/s",
        "bench exposure --teacher model.onnx --dataset mnist --methods drawn --budgets 1k,5k",
    ),
)
@click.option(
    "--methods",
    type=OF_RUN["methods"].type,
    default=METHODS,
    show_default=True,
    help="name, name:variant, file.py; comma-separated.",
)
@click.option(
    "--budgets",
    "budget",
    type=OF_RUN["budget"].type,
    default=BUDGETS,
    show_default=True,
    help="Queries; each budget is a run of its own.",
)
@click.option("--price", type=PRICE, default=0.0, help="Dollars for queries: 1.00/1000.")
@click.option("--rate", type=RATE, default=0.0, help="Most queries of a user: 100/s, 5k/h.")
@click.option(
    "-o",
    "--output",
    type=PATH,
    default="results/exposure",
    show_default=True,
    help="Folder of the page.",
)
@click.option("--keep-bought", is_flag=True, default=True, hidden=True)
@click.pass_context
@gathered("asked", Asked)
@gathered("how", How)
@gathered("computing", Computing)
@gathered("where", Where)
def exposure(
    context: click.Context,
    price: float,
    rate: float,
    output: Path,
    results: Path,
    dry_run: bool,
    jobs: int | str,
    asked: Asked,
    how: How,
    computing: Computing,
    where: Where,
) -> None:
    """What does a copy of a classifier cost, and what is it worth to a thief?

    Runs methods at several budgets, as bench run does: cells that have a row are not run again, a
    stopped command goes on. Then writes one page as HTML, Markdown and JSON: the queries, dollars
    and hours to each level of agreement, the query at which a detector rings, transfer attacks,
    accuracy by class, and what was not tried.

    Exit codes: 0 all done, 1 a run failed, 2 wrong input, 75 stopped and saved: there is no page
    yet (the same command goes on later), 130 interrupted.
    """
    if not asked.dataset:
        raise click.UsageError("give --dataset: the images that the classifier is for")
    make = of_options(asked, where)
    level = how.begin(where.device, jobs == 1 and not dry_run)
    from benchmark.cli import plan, working  # torch is imported from here on
    from benchmark.run.session import EXIT_STOPPED

    context.meta[WORDS] = as_run(context)
    device = where.picked()
    planned = _of_one(computing.cells(make(level), device))
    how.say(device.type)
    with opened(results) as store:
        work = working.Work(context, how, where)
        session = work.session(store, computing)
        if dry_run:
            sys.exit(plan.show(session, planned, jobs))
        code = work.run(session, planned, jobs)
        if code != EXIT_STOPPED and session.rows:
            _write(session, planned[0], _tariff(price, rate, planned[0].teacher), output)
    sys.exit(code)


def as_run(context: click.Context) -> list[str]:
    """The words of the ``bench run`` that has the same cells: workers are started with them."""
    parser = context.command.make_parser(context)
    typed, _, _ = parser.parse_args(list(context.meta[WORDS]))
    words = ["--methods", typed.get("methods", METHODS), "--budget", typed.get("budget", BUDGETS)]
    for option in OPTIONS:
        value = typed.get(option.name or "")
        if isinstance(value, bool):
            words += option.opts[:1] if value else option.secondary_opts[:1]
        elif value is not None:
            several = value if isinstance(value, list) else [value]
            words += [word for one in several for word in (option.opts[0], one)]
    return [*words, "--keep-bought"]


def _of_one(cells: list[Cell]) -> list[Cell]:
    """The cells, if they are of one data set, teacher and student; else a ``UsageError``."""
    for name in ("dataset", "teacher", "student"):
        values = sorted({getattr(cell, name) for cell in cells})
        if len(values) > 1:
            raise click.UsageError(f"a page is of one {name}, not of {', '.join(values)}")
    return cells


def _tariff(price: float, rate: float, teacher: str) -> Tariff:
    """What was typed; what was not, an endpoint's file may tell."""
    from benchmark.endpoint import read
    from benchmark.endpoint.cost import tariff
    from benchmark.exposure.findings import Tariff
    from teachers.names import endpoint_of

    file = endpoint_of(teacher)
    told = tariff(read(file)) if file else (0.0, 0.0)
    return Tariff(price or told[0], rate or told[1])


def _write(session: Session, cell: Cell, tariff: Tariff, folder: Path) -> None:
    from benchmark.exposure import alarms, findings, page
    from benchmark.exposure.students import Examiner
    from benchmark.run.setting import open_setting

    needs, store = session.needs, session.store
    teacher = needs.teacher(cell)
    assert teacher is not None, "its rows are there"
    parts = (cell, teacher, needs.data(cell), needs.places, session.device)
    setting = open_setting(*parts, asks=False)
    found = findings.collect(
        session.rows,
        Examiner(setting, store, cell.own),
        lambda row: alarms.of(row, store),
        tariff,
        setting.data.classes,
    )
    for path in page.write(found, folder):
        screen.show(f"wrote {path}")
