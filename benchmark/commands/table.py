"""``bench table``: what the rows say."""

from __future__ import annotations

import click

from benchmark import screen
from benchmark.commands.options import PATH, preset_part, results_option, write


@click.command()
@click.option("--dataset", "--datasets", help="Only these data sets, comma-separated.")
@click.option("--budget", help="Only these budgets: 25k, or several.")
@click.option("--preset", help="In the paper's layout: table1 ... table8, fig2 ... fig5; budgets.")
@click.option("--methods", help="Only these of the preset, comma-separated.")
@click.option("--scale", help="The rehearsal of the preset at this share of its budgets.")
@click.option("--queries", is_flag=True, help="Metered queries against those that papers claim.")
@click.option("--cost", is_flag=True, help="What a query costs at each budget.")
@click.option("--format", "form", type=click.Choice(["md", "latex", "csv", "html"]), default="md",
              show_default=True, help="csv: every value in a column of its own.")  # fmt: skip
@click.option("-o", "--output", type=PATH, help="Write to a file instead of the screen.")
@click.option("--insert", type=PATH, help="Put it into this document, between its two marks.")
@click.option("--tuning", is_flag=True, help="The seeds that choose hyper-parameters, 100 and up.")
@click.option("--compare", type=click.Choice(["published"]), help="With the paper's numbers.")
@results_option
def table(output, insert, form, results, **given) -> None:
    """Print the rows as tables.

    A cell is mean ± half a 95 % interval (seeds). The marks of --insert are
    `<!-- bench table -->` and `<!-- end of table -->`.
    """
    from benchmark.commands import spelling

    _check_usage(given)
    spelling.check_rows(given)
    from benchmark.store import Store  # torch is imported from here on
    from benchmark.tables import documents
    from benchmark.tables.render import render

    if insert and form != "md":
        raise click.UsageError("--insert is for Markdown; write other formats with --output")
    text = render(_document(Store(results), given), form)
    if insert:
        write(insert, documents.insert(text, insert, documents.ROWS))
    elif output:
        write(output, text)
    elif form == "md":
        screen.show(text)
    else:
        click.echo(text)


def _check_usage(given: dict) -> None:
    """Refuse options that have no meaning together."""
    for name in ("methods", "scale"):
        if given[name] and not given["preset"]:
            raise click.UsageError(f"--{name} is for the table of a --preset")
    if given["budget"] and given["preset"]:
        raise click.UsageError("a preset has its own budgets; leave out --budget")
    if given["tuning"] and given["preset"]:
        raise click.UsageError("a preset's table has no tuning seeds; leave out --tuning")
    if given["scale"] and given["compare"]:
        raise click.UsageError("a rehearsal is no result to compare; leave out --compare")
    others = [name for name in ("preset", "tuning", "compare", "dataset", "budget") if given[name]]
    for name in ("queries", "cost"):
        if given[name] and others:
            raise click.UsageError(f"--{name} is a table of its own; leave out --{others[0]}")
    if given["queries"] and given["cost"]:
        raise click.UsageError("--queries and --cost are two tables; give one of them")


def _document(store, given: dict):
    """The tables that were asked for."""
    from benchmark import parse
    from benchmark.tables import cost, grouping, paper, queries
    from benchmark.tables import table as tables

    if given["queries"]:
        return queries.document(store.rows())
    if given["cost"]:
        return cost.document(grouping.select(store))
    if not given["preset"]:
        rows = grouping.select(store, given["dataset"], given["tuning"], given["budget"])
        return tables.document(rows, bool(given["compare"]))
    scale = parse.scale(given["scale"]) if given["scale"] else 1.0
    return paper.document(preset_part(given), grouping.select(store), bool(given["compare"]), scale)
