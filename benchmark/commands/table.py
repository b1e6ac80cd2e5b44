"""``bench table`` and ``bench curve``: what the rows say."""

from __future__ import annotations

import click

from benchmark.commands.options import PATH, results_option, write


@click.command()
@click.option("--dataset", help="Only these data sets, comma-separated.")
@click.option("--budget", help="Only these budgets: 25k, or several.")
@click.option("-o", "--output", type=PATH, help="Write to a file instead of the screen.")
@click.option("--insert", type=PATH, help="Put it into this document, between its two marks.")
@click.option("--tuning", is_flag=True, help="The seeds that choose hyper-parameters, 100 and up.")
@click.option("--compare", type=click.Choice(["published"]), help="With the paper's numbers.")
@results_option
def table(dataset, budget, output, insert, tuning, compare, results) -> None:
    """Print the rows as Markdown tables.

    A cell is mean ± half a 95 % interval (seeds). The marks of --insert are
    `<!-- bench table -->` and `<!-- end of table -->`.
    """
    from benchmark import documents, grouping
    from benchmark import table as tables
    from benchmark.store import Store

    text = tables.markdown(grouping.select(Store(results), dataset, tuning, budget), bool(compare))
    if insert:
        write(insert, documents.insert(text, insert, documents.ROWS))
    elif output:
        write(output, text)
    else:
        click.echo(text)


@click.command()
@click.option("--dataset", help="Only these data sets, comma-separated.")
@click.option("--numbers", is_flag=True, help="Print what sums the curves up, draw nothing.")
@click.option("--reach", default="50,80,90", show_default=True,
              help="Accuracies in % that --numbers counts queries to.")  # fmt: skip
@click.option("-o", "--output", type=PATH, help="PNG, PDF or SVG, results/figures/curve.png if "
              "nothing is said; Markdown of --numbers.")  # fmt: skip
@results_option
def curve(dataset, numbers, reach, output, results) -> None:
    """Draw accuracy against queries, or put curves into numbers.

    Solid lines join separate runs at several budgets; thin dashed ones are the curve inside runs.
    """
    from pathlib import Path

    from benchmark import curves, figures, grouping, parse
    from benchmark.store import Store

    targets = parse.per_cents(reach)
    rows = grouping.select(Store(results), dataset)
    if not numbers:
        for path in figures.curves(rows, output or Path("results/figures/curve.png")):
            click.echo(f"wrote {path}")
    elif output:
        write(output, curves.markdown(rows, targets))
    else:
        click.echo(curves.markdown(rows, targets))
