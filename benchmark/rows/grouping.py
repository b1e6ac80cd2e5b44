"""Rows of a store in groups that may be compared, and the names that readers see."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable

from benchmark.errors import NoRows
from benchmark.rows.schema import TUNING_SEEDS
from benchmark.rows.store import USUAL, Row, Store, arithmetic_of
from benchmark.rows.wanted import Wanted, narrow, of_tuning, plain_label

SETTING = ("dataset", "data_digest", "teacher", "teacher_sha", "student", "precision")
ALL = Wanted()


def select(store: Store, wanted: Wanted = ALL, tuning: bool = False) -> list[Row]:
    """The rows of a store that are wanted, of tuning seeds or of all others. No row is an error."""
    return narrow(usable(store, tuning), wanted, tuning)


def usable(store: Store, tuning: bool = False) -> list[Row]:
    """The rows of tuning seeds, or all others. No row is an error."""
    rows = [row for row in _floors_known(store.rows()) if (row["seed"] >= TUNING_SEEDS) == tuning]
    if not rows:
        raise NoRows(
            f"there are no rows{of_tuning(tuning)} in {store.runs}; `bench run` makes them"
        )
    return rows


def _floors_known(rows: list[Row]) -> list[Row]:
    """The first rows do not say whether their method is a floor; later ones of the method do."""
    floors = {row["method"] for row in rows if row.get("floor")}
    return [{"floor": row["method"] in floors, **row} for row in rows]


def label(row: Row) -> str:
    """The method as tables and legends show it: name, variant, overridden fields."""
    name = plain_label(row)
    changed = ", ".join(f"{key}={value}" for key, value in row["overrides"].items())
    return f"{name} ({changed})" if changed else name


def _names(rows: list[Row]) -> dict[str, str]:
    """Row id to label. Where one label stands for several versions or defaults, it says which."""
    kinds: dict[str, set[tuple]] = defaultdict(set)
    for row in rows:
        kinds[label(row)].add(kind_of(row))
    names = {}
    for row in rows:
        versions = {version for version, _ in kinds[label(row)]}
        suffix = f" v{row['method_version']}" if len(versions) > 1 else ""
        suffix += f" #{kind_of(row)[1]}" if len(kinds[label(row)]) > len(versions) else ""
        names[row["id"]] = label(row) + suffix
    return names


def kind_of(row: Row) -> tuple[int, str]:
    """Version and a short digest of the Config: runs of one kind may be averaged.

    The images that a method was given belong to its Config, where only their files say which.
    """
    images = row.get("images_digest")
    config = json.dumps(
        [row["config"], images] if images else row["config"], sort_keys=True
    ).encode()
    return row["method_version"], hashlib.sha256(config).hexdigest()[:4]


def setting_key(row: Row) -> tuple:
    """Rows with equal keys may be compared: test set, teacher file, student, queries, access.

    A data set's name alone is not enough: two folders of images may have the same one.
    A rehearsal at a share of the budgets is a setting of its own, also at an equal budget, and so
    is another arithmetic.
    """
    own = access_of(row), scale_of(row), training_of(row), arithmetic_of(row)
    return (*(row[name] for name in SETTING), *own)


def access_of(row: Row) -> str:
    """What the teacher gave away; the first rows knew one access only and do not say."""
    return row.get("access", USUAL["access"])


def scale_of(row: Row) -> float:
    """The share of a preset's budget that a rehearsal has; 1 for every other row."""
    return row.get("scale", USUAL["scale"])


def training_of(row: Row) -> str:
    """The digest of the training images of a set of files; "" for other sets and in older rows."""
    return row.get("train_digest", USUAL["train_digest"])


def by_setting(rows: Iterable[Row], budget: bool = True) -> dict[tuple, list[Row]]:
    """Rows by comparable setting (and budget), in order of both."""
    groups: dict[tuple, list[Row]] = defaultdict(list)
    for row in rows:
        groups[(*setting_key(row), *([row["budget"]] if budget else []))].append(row)
    return dict(sorted(groups.items()))


def by_method(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows by method label, each by seed."""
    rows = list(rows)
    names = _names(rows)
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (names[row["id"]], row["seed"])):
        groups[names[row["id"]]].append(row)
    return dict(groups)


def complete(rows: Iterable[Row]) -> list[Row]:
    """The rows that have numbers."""
    return [row for row in rows if row["status"] == "complete"]


def title_of(row: Row, rows: Iterable[Row]) -> str:
    """A setting in words.

    The digest of teacher, test or training set stands there only where ``rows`` hold two such.
    """
    kind = (row["dataset"], row["teacher"])
    like = [r for r in rows if (r["dataset"], r["teacher"]) == kind]
    files, tests = ({r[name] for r in like} for name in ("teacher_sha", "data_digest"))
    teacher = f"{row['teacher']} {row['teacher_sha'][:8]}" if len(files) > 1 else row["teacher"]
    test = f" (test set {row['data_digest'][:8]})" if len(tests) > 1 else ""
    twins = [r for r in like if all(r[n] == row[n] for n in ("teacher_sha", "data_digest"))]
    if len({training_of(r) for r in twins}) > 1:
        test += f" (training set {training_of(row)[:8] or 'unknown'})"
    precision = "" if row["precision"] == "uint8" else f", {row['precision']} queries"
    access = "" if access_of(row) == "hard-label" else f", {access_of(row)} access"
    scale = "" if scale_of(row) == 1 else f", rehearsal at {scale_of(row):g} of the budget"
    special = f"{precision}{access}{scale}{in_arithmetic(row)}"
    return f"{row['dataset']}{test}: {teacher} to {row['student']}{special}"


def in_arithmetic(row: Row) -> str:
    """What a name gets behind it where networks did not compute in the usual arithmetic."""
    usual = arithmetic_of(row) == USUAL["arithmetic"]
    return "" if usual else f", networks in {arithmetic_of(row)}"


def of_setting(rows: list[Row], title: str | None) -> list[Row]:
    """The rows whose setting has this title, of any budget; without a title all rows."""
    if not title:
        return rows
    groups = by_setting(rows, budget=False).values()
    found = {title_of(group[0], rows): group for group in groups}
    if title not in found:
        there = "; ".join(found)
        raise NoRows(f"there are no rows of the setting {title!r}; there are: {there}")
    return found[title]
