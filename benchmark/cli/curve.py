"""``bench curve``: accuracy against queries, as a picture or in numbers."""

from __future__ import annotations

from pathlib import Path

import click

from benchmark.cli import screen
from benchmark.cli.notices import noticed
from benchmark.cli.options import PATH, opened, preset_part, results_option, strict_option, write


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
@strict_option
@results_option
def curve(numbers, reach, output, results, strict, **given) -> None:
    """Draw accuracy against queries, or put curves into numbers.

    Solid lines join separate runs at several budgets; thin dashed ones, in panels of their own, are
    the student inside a run, from its first training on.
    """
    from benchmark import parse
    from benchmark.cli import spelling

    if given["scale"] and not given["preset"]:
        raise click.UsageError("--scale is for the cells of a --preset")
    spelling.check_rows(given)
    parse.per_cents(reach)
    if numbers and given["preset"]:
        raise click.UsageError("--numbers sums up all rows; leave out --preset")
    with opened(results, strict) as store:  # torch is imported from here on
        if not numbers:
            with noticed():
                paths = _draw(store, given, output or Path("results/figures/curve.png"))
            for path in paths:
                screen.show(f"wrote {path}")
            return
        text = _sums(_rows(store, given), reach)
        if output:
            write(output, text)
        else:
            screen.show(text)


def _draw(store, given: dict, output: Path) -> list[Path]:
    from benchmark import parse
    from benchmark.pictures import figures

    if not given["preset"]:
        return figures.curves(_rows(store, given), output)
    scale = parse.scale(given["scale"]) if given["scale"] else 1.0
    return figures.of_preset(preset_part(given), _rows(store, given), output, scale)


def _rows(store, given: dict) -> list:
    from benchmark.rows import grouping

    if given["preset"]:  # data sets and methods narrow that, which names what it has not
        rows = grouping.select(store)
    else:
        rows = grouping.select(store, given["dataset"], methods=given["methods"])
    return grouping.of_setting(rows, given["setting"])


def _sums(rows: list, reach: str) -> str:
    from benchmark import parse
    from benchmark.pictures import curves

    return curves.markdown(rows, parse.per_cents(reach))
