"""Settings in the order in which a reader wants them, and their titles.

First the usual access and arithmetic and no defence; among these sets that no hyper-parameter was
chosen on; among these the settings of more methods, then those of more runs.
"""

from __future__ import annotations

from benchmark.pictures.curves import complete
from benchmark.rows.grouping import by_setting, title_of
from benchmark.rows.row import USUAL, Row
from benchmark.tuning.sets import is_tuning_set


def settings(rows: list[Row]) -> dict[tuple, list[Row]]:
    """Rows by comparable setting, whatever the budget, the most interesting first."""
    groups = by_setting(rows, budget=False)
    return dict(sorted(groups.items(), key=lambda item: (_rank(item[1]), item[0])))


def _rank(rows: list[Row]) -> tuple:
    first, done = rows[0], complete(rows)
    special = first.precision != "uint8" or any(
        getattr(first, name) != USUAL[name] for name in ("access", "scale", "arithmetic", "defence")
    )
    return special, is_tuning_set(first.dataset), -len({row.method for row in done}), -len(done)


def titles(groups: dict[tuple, list[Row]]) -> dict[tuple, str]:
    """Each setting in words, its teacher by its accuracy where the name alone tells too little.

    A digest tells readers nothing, so it stands there only where two accuracies are equal.
    """
    rows = [row for of in groups.values() for row in of]
    exact = {key: title_of(of[0], rows) for key, of in groups.items()}
    words = {key: _in_words(exact[key], groups[key][0]) for key in groups}
    told = list(words.values())
    return {key: exact[key] if told.count(text) > 1 else text for key, text in words.items()}


def _in_words(title: str, row: Row) -> str:
    digest = f"{row.teacher_label} {row.teacher_sha[:8]}"
    return title.replace(digest, f"{row.teacher_label} ({row.teacher_accuracy:.2f} %)")
