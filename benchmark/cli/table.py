"""``bench table``: what the rows say."""

from __future__ import annotations

import click

from benchmark.cli import screen
from benchmark.cli.options import PATH, opened, preset_part, results_option, strict_option, write

LATEX = ("caption", "label", "wide")  # options of that format alone
FILTERS = ("dataset", "methods", "budget", "seeds", "teacher", "student", "tuning")
OF_PRESET = ("scale", "complete")
ALONE = {  # a table of its own, and what has no meaning with it
    "queries": (*FILTERS, "preset", "compare", "differences", "against", "cost"),
    "home_turf": (*FILTERS, "preset", "compare", "differences", "against", "cost", "queries"),
    "parts": (
        *FILTERS,
        "preset",
        "compare",
        "differences",
        "against",
        "cost",
        "queries",
        "home_turf",
    ),
    "cost": (*FILTERS, "preset", "compare", "differences", "against"),
    "differences": ("compare", "complete"),
    "against": ("compare", "complete"),
}
CLASHES = {
    ("preset", "tuning"): "a preset's table has no tuning seeds; leave out --tuning",
    ("preset", "student"): "a preset decides --student itself; leave it out",
    ("scale", "compare"): "a rehearsal is no result to compare; leave out --compare",
}


@click.command()
@click.option("--dataset", "--datasets", help="Only these data sets, comma-separated.")
@click.option("--methods", help="Only these methods: name, name:variant; comma-separated.")
@click.option("--budget", help="Only these budgets: 25k, or several.")
@click.option("--seeds", help="Only these seeds: 0,1,2 or 0-4.")
@click.option("--teacher", help="Only these teachers, comma-separated.")
@click.option("--student", help="Only these students, comma-separated.")
@click.option("--tuning", is_flag=True, help="The seeds that choose hyper-parameters, 100 and up.")
@click.option("--preset", help="In the paper's layout: table1 ... table8, fig2 ... fig5; more.")
@click.option("--scale", help="The rehearsal of the preset at this share of its budgets.")
@click.option("--complete", is_flag=True,
              help="Leave out the settings and methods of a preset that have no run.")  # fmt: skip
@click.option("--compare", type=click.Choice(["published"]), help="With the paper's numbers.")
@click.option("--differences", is_flag=True, help="Which methods can be told from the best.")
@click.option("--against", help="Differences from this method, or from the best `floor`.")
@click.option("--queries", is_flag=True, help="Metered queries against those that papers claim.")
@click.option("--cost", is_flag=True, help="What a query costs at each budget.")
@click.option("--home-turf", is_flag=True, help="Each method where it was made to work.")
@click.option("--parts", is_flag=True,
              help="What the last layer, storing labels, tuning do for each.")  # fmt: skip
@click.option("--format", "form", type=click.Choice(["md", "latex", "csv", "html"]), default="md",
              show_default=True, help="csv: every value in a column of its own.")  # fmt: skip
@click.option("--caption", help="LaTeX: instead of the title; of several tables, before it.")
@click.option("--label", help="LaTeX: for \\ref; several tables get a number behind it.")
@click.option("--wide", is_flag=True, help="LaTeX: across both columns of a page.")
@click.option("-o", "--output", type=PATH, help="Write to a file instead of the screen.")
@click.option("--insert", type=PATH, help="Put it into this document, between its two marks.")
@strict_option
@results_option
def table(output, insert, form, results, strict, **given) -> None:
    """Print the rows as tables.

    A cell is mean ± half a 95 % interval (seeds), or mean and ends where one is cut at 0 or 100.
    The best floor stands in every table, whatever methods are chosen. The marks of --insert are
    `<!-- bench table -->` and `<!-- end of table -->`.
    """
    from benchmark.cli import spelling

    _check_usage(given, form)
    spelling.check_rows(given)
    if insert and form != "md":
        raise click.UsageError("--insert is for Markdown; write other formats with --output")
    look = {name: given[name] for name in LATEX if given[name]}
    with opened(results, strict) as store:  # torch is imported from here on
        _put(_text(store, given, form, look), output, insert, form)


def _text(store, given: dict, form: str, look: dict) -> str:
    from benchmark.tables.render import render

    return render(_document(store, given), form, **look)


def _put(text: str, output, insert, form: str) -> None:
    """The text where it was asked for: in a document, a file, or on the screen."""
    from benchmark.tables import documents

    if insert:
        write(insert, documents.insert(text, insert, documents.ROWS))
    elif output:
        write(output, text)
    elif form == "md":
        screen.show(text)
    else:
        click.echo(text)


def _check_usage(given: dict, form: str) -> None:
    """Refuse options that have no meaning together."""
    there = {name for name, value in given.items() if value}
    wrong = [f"--{name} is for --format latex" for name in LATEX if form != "latex"
             and name in there]  # fmt: skip
    wrong += [f"--{name} is for the table of a --preset" for name in OF_PRESET if name in there
              and "preset" not in there]  # fmt: skip
    wrong += [text for names, text in CLASHES.items() if there.issuperset(names)]
    wrong += [
        f"--{name} is a table of its own; leave out --{other}".replace("_", "-")
        for name, others in ALONE.items()
        for other in others
        if there.issuperset((name, other))
    ]
    if wrong:
        raise click.UsageError(wrong[0])


def _document(store, given: dict):
    """The tables that were asked for."""
    from benchmark import parse
    from benchmark.rows import grouping
    from benchmark.tables import cost, differences, home_turf, paper, parts, queries, tuned
    from benchmark.tables import table as tables

    if given["queries"]:
        return queries.document(store.rows())
    rows = grouping.usable(store, given["tuning"])
    if given["cost"]:
        return cost.document(rows)
    if given["home_turf"]:
        return home_turf.document(rows)
    if given["parts"]:
        return parts.document(rows, tuned.gains(store.root))
    against = given["against"] or (differences.BEST if given["differences"] else "")
    if given["preset"]:
        rows = grouping.narrow(rows, {"seeds": given["seeds"]})
        scale, part = parse.scale(given["scale"]) if given["scale"] else 1.0, preset_part(given)
        if against:
            return differences.of_preset(part, rows, against, scale)
        return paper.document(part, rows, bool(given["compare"]), scale, given["complete"])
    others = grouping.narrow(rows, given | {"methods": None}, given["tuning"])
    rows = grouping.narrow(rows, given, given["tuning"])
    if against:
        return differences.document(rows, against, others)
    return tables.document(rows, bool(given["compare"]), others)
