"""``bench table`` and ``bench curve``: what the rows say."""

from __future__ import annotations

from pathlib import Path

import click

from benchmark.commands.options import PATH, results_option, write


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
    from benchmark.store import Store
    from benchmark.tables import documents
    from benchmark.tables.render import render

    _check_usage(given)
    if insert and form != "md":
        raise click.UsageError("--insert is for Markdown; write other formats with --output")
    text = render(_document(Store(results), given), form)
    if insert:
        write(insert, documents.insert(text, insert, documents.ROWS))
    elif output:
        write(output, text)
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
    return paper.document(_part(given), grouping.select(store), bool(given["compare"]), scale)


@click.command()
@click.option("--dataset", "--datasets", help="Only these data sets, comma-separated.")
@click.option("--preset", help="The cells of a preset; fig3 has a panel for each budget.")
@click.option("--methods", help="Only these: name, name:variant; comma-separated.")
@click.option("--setting", help='Only this one, as tables call it: "mnist: lenet to lenet".')
@click.option("--scale", help="The rehearsal of the preset at this share of its budgets.")
@click.option("--numbers", is_flag=True, help="Print what sums the curves up, draw nothing.")
@click.option("--reach", default="50,80,90", show_default=True,
              help="Accuracies in % that --numbers counts queries to.")  # fmt: skip
@click.option("-o", "--output", type=PATH, help="PNG, PDF or SVG, results/figures/curve.png if "
              "nothing is said; Markdown of --numbers.")  # fmt: skip
@results_option
def curve(numbers, reach, output, results, **given) -> None:
    """Draw accuracy against queries, or put curves into numbers.

    Solid lines join separate runs at several budgets; thin dashed ones are the curve inside runs.
    """
    from benchmark.store import Store

    if given["scale"] and not given["preset"]:
        raise click.UsageError("--scale is for the cells of a --preset")
    store = Store(results)
    if not numbers:
        for path in _draw(store, given, output or Path("results/figures/curve.png")):
            click.echo(f"wrote {path}")
        return
    if given["preset"]:
        raise click.UsageError("--numbers sums up all rows; leave out --preset")
    text = _sums(_rows(store, given), reach)
    if output:
        write(output, text)
    else:
        click.echo(text)


def _draw(store, given: dict, output: Path) -> list[Path]:
    from benchmark import parse
    from benchmark.pictures import figures

    if not given["preset"]:
        return figures.curves(_rows(store, given), output)
    scale = parse.scale(given["scale"]) if given["scale"] else 1.0
    return figures.of_preset(_part(given), _rows(store, given), output, scale)


def _rows(store, given: dict) -> list:
    from benchmark.tables import grouping

    if given["preset"]:  # data sets and methods narrow that, which names what it has not
        rows = grouping.select(store)
    else:
        rows = grouping.select(store, given["dataset"], methods=given["methods"])
    return grouping.of_setting(rows, given["setting"])


def _sums(rows: list, reach: str) -> str:
    from benchmark import parse
    from benchmark.pictures import curves

    return curves.markdown(rows, parse.per_cents(reach))


def _part(given: dict):
    """The preset that was named, narrowed to the data sets and methods that were."""
    from benchmark import parse
    from benchmark.papers import presets

    chosen = (parse.items(given[key]) if given[key] else () for key in ("dataset", "methods"))
    return presets.narrow(presets.find(given["preset"]), *chosen)
