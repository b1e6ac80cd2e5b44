"""Sentences with a measured number, on pages that time the suite: see ``claims``."""

from __future__ import annotations

from statistics import fmean, median

from benchmark.rows.stats import entry
from support.measured import (
    HALF,
    MARK,
    RESNET,
    STARTS,
    isolation,
    load,
    loopback,
    measured,
    on_one_thread,
    pool,
    printed_on,
    share_of_marks,
    shares_of_the_reference,
    speed_of,
)
from support.raw_rows import accuracies, rows

PAGES = [
    ("speed", "spends {:.2f} to {:.2f} s on 1,000", speed_of("float32"), speed_of("graphs")),
    ("speed", "on MNIST, and {:.2f} s without graphs", speed_of("eager")),
    ("speed", "took 472 s and has {:.2f} %", printed_on(RESNET)),
    ("speed", "take {:.1f} to {:.1f} CPU seconds", min(MARK), max(MARK)),
    ("speed", "with 25,000 the marks are {:.1f} % of one (Intel)", 100 * share_of_marks()),
    (
        "speed",
        "takes {:.0f} to {:.0f} % of the CPU time of its run of `ideal`",
        min(shares_of_the_reference()),
        max(shares_of_the_reference()),
    ),
    (
        "speed",
        "ten cells of 300 queries took {:.1f} CPU seconds, now {:.1f} (medians of {} pairs",
        *(median(float(line[column]) for line in STARTS) for column in ("fresh", "copied")),
        len(STARTS),
    ),
    (
        "speed",
        "takes {:.2f} CPU seconds, where it took {:.2f} (medians of {} pairs in turn",
        *(
            median(float(line[f"{form} CPU s"]) for line in measured("first_cell"))
            for form in ("without", "compiler")
        ),
        len(measured("first_cell")),
    ),
    (
        "speed",
        "took {:.2f} of the wall time of the same run in a thread (median of {:.0f} pairs in turn, "
        "{:.2f} to {:.2f})",
        *isolation("noise:blobs, digits, 5k", "ratio", "pairs", "lowest", "highest"),
    ),
    (
        "speed",
        "queries took {:.0f} CPU seconds confined and {:.0f} in a thread",
        *isolation("ideal, mnist, 25k", "confined", "thread"),
    ),
    (
        "speed",
        "1,000 queries cost {:.2f} CPU seconds in the first quarter of a million and {:.2f} in the "
        "last of two million; the process itself never had more than {:.0f} MB, a state never more "
        "than {:.0f} MB",
        *(pool("CPU s per 1k queries")[part] for part in (0, -1)),
        max(pool("of the process MB")),
        max(pool("state MB")),
    ),
    ("serve", "within {:.1f} s, without an error; 99 of 100 calls took at most {:.3f} s", *load()),
    ("serve", "took {:.2f} and {:.2f} of the wall time of the same run without", *loopback()),
    ("speed", "takes {} of its CPU time in float32, in each of three pairs", "0.54"),
    (
        "speed",
        "cost {:.1f} CPU seconds at a budget of 10,000; the dearest methods are `zsdb3` with "
        "{:.1f}, `qedg` with {:.1f} and `deepinversion` with {:.1f}, at 25,000",
        on_one_thread("ideal", 10_000),
        *(on_one_thread(name, 25_000) for name in ("zsdb3", "qedg", "deepinversion")),
    ),
    (
        "speed",
        "`ideal` ends at {} on digits and `noise:blobs` at {}",
        *(
            entry(accuracies(form, **HALF)).removesuffix(" (3)")
            for form in ("ideal", "noise:blobs")
        ),
    ),
    (
        "speed",
        "cost {} CPU seconds at a budget of 2,000, {} at 20,000, {} at 50,000 and {} at 200,000",
        *(
            "{:.2f}".format(
                fmean(
                    1000 * row["cpu_seconds"] / row["queries"]
                    for row in rows("ideal", dataset="digits", budget=budget)
                )
            )
            for budget in (2000, 20_000, 50_000, 200_000)
        ),
    ),
]
