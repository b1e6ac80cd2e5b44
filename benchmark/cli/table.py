"""``bench table``: the rows as tables."""

from __future__ import annotations

import importlib
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from benchmark.cli import screen
from benchmark.cli.help import example
from benchmark.cli.options import Part, gathered, opened, results_option, strict_option, write
from benchmark.cli.types import BUDGETS, PATH, SEEDS, SHARE, listed
from benchmark.rows.wanted import Wanted, narrow

if TYPE_CHECKING:
    from benchmark.papers.presets import Preset
    from benchmark.rows.row import Row
    from benchmark.rows.store import Store
    from benchmark.tables.table import Sheet

LATEX = ("caption", "label", "wide")  # options of that format alone
FILTERS = ("dataset", "methods", "budget", "seeds", "teacher", "student", "tuning")
OF_PRESET = ("scale", "complete")
# Tables of their own, which contradict every choice of rows, and each other.
WHOLE = ("statements", "reproducibility", "parts", "home_turf", "queries", "cost", "best")
CHOICES = (*FILTERS, "preset", "compare", "differences", "against", "no_reference")
ALONE = {  # a table of its own, and the options that contradict it
    **{name: (*CHOICES, *WHOLE[after:]) for after, name in enumerate(WHOLE, start=1)},
    "differences": ("compare", "complete"),
    "against": ("compare", "complete"),
}
CLASHES = {
    ("preset", "tuning"): "a preset's table has no tuning seeds; leave out --tuning",
    ("preset", "student"): "a preset decides --student itself; leave it out",
    ("scale", "compare"): "a rehearsal is no result to compare; leave out --compare",
}


@dataclass(frozen=True)
class Asked:
    """The options that choose tables; empty: all, or not asked for."""

    dataset: str | None  # names of sets may have commas: the rows decide where one ends
    methods: str | None
    budget: list[int]
    seeds: list[int]
    teacher: str | None
    student: str | None
    tuning: bool
    preset: str | None
    scale: float | None
    complete: bool
    compare: str | None
    differences: bool
    against: str | None
    queries: bool
    cost: bool
    home_turf: bool
    parts: bool
    statements: bool
    reproducibility: bool
    best: bool
    no_reference: bool
    short: bool

    def wanted(self) -> Wanted:
        """The rows that the options choose."""
        return Wanted(
            self.dataset, self.methods, self.budget, self.seeds, self.teacher, self.student
        )

    def part(self) -> Preset:
        """The part of the preset that the options choose."""
        texts = (self.dataset, self.methods, self.teacher)
        datasets, methods, teachers = (listed(text) if text else [] for text in texts)
        return Part(self.preset or "", datasets, methods, teachers, self.budget).find()


@dataclass(frozen=True)
class Latex:
    """Options for LaTeX alone."""

    caption: str | None
    label: str | None
    wide: bool


@click.command(
    epilog=example(
        "bench table --dataset mnist --compare published",
        "bench table --preset table2 --format latex -o table2.tex",
    )
)
@click.option("--dataset", "--datasets", help="Only these data sets, comma-separated.")
@click.option("--methods", help="Only these methods: name, name:variant; comma-separated.")
@click.option("--budget", type=BUDGETS, default=[], help="Only these budgets: 25k, or several.")
@click.option("--seeds", type=SEEDS, default=[], help="Only these seeds: 0,1,2 or 0-4.")
@click.option("--teacher", help="Only these, as titles call them: lenet, 'lenet shifts'.")
@click.option("--student", help="Only these students, comma-separated.")
@click.option("--tuning", is_flag=True, help="The seeds that choose hyper-parameters, 100 and up.")
@click.option("--preset", help="In the paper's layout: table1 ... table8, fig2 ... fig5; more.")
@click.option(
    "--scale", type=SHARE, help="The rehearsal of the preset at this share of its budgets."
)
@click.option(
    "--complete",
    is_flag=True,
    help="Leave out the settings and methods of a preset that have no run.",
)
@click.option("--compare", type=click.Choice(["published"]), help="With the paper's numbers.")
@click.option("--no-reference", is_flag=True, help="Without the students of the one recipe.")
@click.option("--differences", is_flag=True, help="Which methods can be told from the best.")
@click.option("--against", help="Differences from this method, or from the best `floor`.")
@click.option("--queries", is_flag=True, help="Metered queries against those that papers claim.")
@click.option("--cost", is_flag=True, help="The cost of a query at each budget.")
@click.option("--home-turf", is_flag=True, help="Each method where it was made to work.")
@click.option("--statements", is_flag=True, help="What the paper's text says, with a verdict each.")
@click.option("--reproducibility", is_flag=True, help="What stands behind each method's numbers.")
@click.option("--best", is_flag=True, help="The records: the best of each setting and budget.")
@click.option("--parts", is_flag=True, help="The gain by the last layer, stored labels and tuning.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["md", "latex", "csv", "html"]),
    help="csv: every value in a column of its own. Default: md; on a terminal set for the eye.",
)
@click.option("--caption", help="LaTeX: instead of the title; of several tables, before it.")
@click.option("--label", help="LaTeX: for \\ref; several tables get a number behind it.")
@click.option("--wide", is_flag=True, help="LaTeX: across both columns of a page.")
@click.option("--short", is_flag=True, help="Of each note the first sentence.")
@click.option("-o", "--output", type=PATH, help="Write to a file instead of the screen.")
@click.option("--insert", type=PATH, help="Put it into this document, between its two comments.")
@strict_option
@results_option
@gathered("asked", Asked)
@gathered("latex", Latex)
def table(
    output: Path | None,
    insert: Path | None,
    form: str | None,
    results: Path,
    strict: bool,
    asked: Asked,
    latex: Latex,
) -> None:
    """Print the rows as tables.

    An entry is mean ± half a 95 % interval (seeds), or mean and ends where one is cut at 0 or 100.
    The best floor stands in every table, whatever methods are chosen. --insert writes between the
    comments `<!-- bench table -->` and `<!-- end of table -->`.
    """
    look = {name: value for name, value in asdict(latex).items() if value}
    _check_usage(asked, look, form)
    if asked.preset:
        asked.part()  # a slip is answered before torch is imported
    if insert and form not in (None, "md"):
        raise click.UsageError("--insert is for Markdown; write other formats with --output")
    with opened(results, strict) as store:
        from benchmark.tables.render import render

        found = _sheet(store, asked)
        found = found.shortened() if asked.short else found
        if not (output or insert or form):
            screen.show_tables(found)
            return
        _put(render(found, form or "md", **look), output, insert)


def _put(text: str, output: Path | None, insert: Path | None) -> None:
    """Write the text into a document or a file, or print it as it is."""
    from benchmark.tables import documents

    if insert:
        write(insert, documents.insert(text, insert, documents.ROWS))
    elif output:
        write(output, text)
    else:
        click.echo(text, nl=False)


def _check_usage(asked: Asked, look: dict[str, object], form: str | None) -> None:
    """Refuse options that contradict each other."""
    there = {name for name, value in asdict(asked).items() if value} | look.keys()
    wrong = [
        f"--{name} is for --format latex" for name in LATEX if form != "latex" and name in there
    ]
    wrong += [
        f"--{name} is for the table of a --preset"
        for name in OF_PRESET
        if name in there and "preset" not in there
    ]
    wrong += [text for names, text in CLASHES.items() if there.issuperset(names)]
    wrong += [
        f"--{name} is a table of its own; leave out --{other}".replace("_", "-")
        for name, others in ALONE.items()
        for other in others
        if there.issuperset((name, other))
    ]
    if wrong:
        raise click.UsageError(wrong[0])


def _sheet(store: Store, asked: Asked) -> Sheet:
    """The tables that were asked for."""
    from benchmark.rows import grouping

    if asked.queries:
        from benchmark.tables import queries

        return queries.sheet(store.rows())
    rows = grouping.usable(store, asked.tuning)
    for name in WHOLE:
        if getattr(asked, name):
            return _whole(name, store, rows)
    if asked.no_reference:
        rows = [replace(row, reference_accuracy=None) for row in rows]
    return _of_preset(rows, asked) if asked.preset else _of_rows(rows, asked)


def _whole(name: str, store: Store, rows: list[Row]) -> Sheet:
    """A table of its own, by the name of its module."""
    module = importlib.import_module(f"benchmark.tables.{name}")
    if name in ("parts", "reproducibility"):
        from benchmark.tables import tuned

        return module.sheet(rows, tuned.gains(store.root))
    return module.sheet(rows)


def _of_preset(rows: list[Row], asked: Asked) -> Sheet:
    from benchmark.tables import differences, paper

    rows, scale = narrow(rows, Wanted(seeds=asked.seeds)), asked.scale or 1.0
    if asked.against or asked.differences:
        return differences.of_preset(asked.part(), rows, asked.against or differences.BEST, scale)
    return paper.sheet(asked.part(), rows, bool(asked.compare), scale, asked.complete)


def _of_rows(rows: list[Row], asked: Asked) -> Sheet:
    from benchmark.tables import differences, settings

    wanted = asked.wanted()
    others = narrow(rows, replace(wanted, methods=None, teacher=None), asked.tuning)
    rows = narrow(rows, wanted, asked.tuning)
    if asked.against or asked.differences:
        return differences.sheet(rows, asked.against or differences.BEST, others)
    return settings.sheet(rows, bool(asked.compare), others)
