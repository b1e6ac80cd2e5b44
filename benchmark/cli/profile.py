"""``bench profile``."""

from __future__ import annotations

import os
import sys

import click

from benchmark.cli import screen
from benchmark.cli.options import PATH, computed, engine_options, place_options, places, write


@click.command()
@click.argument("methods", nargs=-1)
@click.option("--dataset", help="One data set; see `bench list`.")
@click.option("--budget", help="Queries: 5000, 25k, or several. Default: the data set's.")
@click.option("--seed", type=click.IntRange(min=0), default=100, show_default=True)
@click.option("--teacher", help="An architecture or a teacher file.")
@click.option("--student", help="An architecture.")
@click.option("--set", "sets", multiple=True, metavar="METHOD.FIELD=VALUE", help="Override Config.")
@click.option("--label", default="", help="What is special about this profile, in a few words.")
@engine_options
@place_options
@click.option("-o", "--output", type=PATH, default="results/perf", show_default=True,
              help="Folder of the profiles.")  # fmt: skip
@click.option("--insert", type=PATH, help="Put the table of all profiles into this document.")
def profile(
    methods, dataset, budget, seed, teacher, student, sets, label, amp, graphs,
    size, data_dir, teacher_dir, device, output, insert,
) -> None:  # fmt: skip
    """Measure where the time of a run goes.

    Runs METHODS like `bench run`, with a clock on each part and without writing rows; a profile is
    one JSON file. Without METHODS it prints the table of the profiles there are; the marks of
    --insert are `<!-- bench profile -->` and `<!-- end of profile -->`.
    """
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # before torch: its profiler is talkative
    if methods and not dataset:
        raise click.UsageError("give --dataset for a measurement")
    parts = (dataset, budget, seed, teacher, student, sets, size, data_dir)
    asked = _asked(methods, *parts) if methods else {}
    from benchmark.cli.progress import OnScreen
    from benchmark.env import pick_device
    from benchmark.files import make_folder
    from benchmark.perf import files
    from benchmark.perf.profile import measure
    from benchmark.run import cells, registry  # torch is imported from here on
    from benchmark.tables import documents

    if methods:
        make_folder(output)  # before the run, not after it
        entries = registry.find_all(asked.pop("methods"))
        where, chosen = places(data_dir, teacher_dir), pick_device(device)
        found = cells.expand(cells.Request(entries=entries, **asked))
        planned = computed(found, amp, chosen)
        for result in measure(planned, where, chosen, OnScreen(), graphs == "auto"):
            if result is None:
                sys.exit(1)
            screen.show(f"wrote {files.save({'label': label, **result}, output)}")
    text = files.markdown(files.load(output))
    if insert:
        write(insert, documents.insert(text, insert, documents.PROFILES))
    else:
        screen.show(text)


def _asked(methods, dataset, budget, seed, teacher, student, sets, size, data_dir) -> dict:
    """What to measure, as ``cells.Request`` takes it, after every name and value is looked at."""
    from benchmark import parse
    from benchmark.cli import spelling

    asked = {
        "methods": parse.items(",".join(methods), parse.is_file),
        "datasets": [dataset],
        "seeds": [seed],
        "budgets": spelling.budgets(budget),
        "teachers": [teacher] if teacher else [],
        "students": [student] if student else [],
        "overrides": parse.overrides(sets),
        "size": size,
    }
    spelling.check_methods(asked["methods"], asked["overrides"])
    spelling.check_datasets([dataset], size, data_dir)
    spelling.check_networks(asked["students"], asked["teachers"])
    return asked
