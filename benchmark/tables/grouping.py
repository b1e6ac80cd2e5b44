"""Rows of a store in groups that may be compared, and the names that readers see."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable

from benchmark import parse
from benchmark.errors import BenchError
from benchmark.store import USUAL, Row, Store

SETTING = ("dataset", "data_digest", "teacher", "teacher_sha", "student", "precision")
TUNING_SEEDS = 100  # seeds from here on are for choosing hyper-parameters, never for tables


def select(
    store: Store, datasets: str | None = None, tuning: bool = False, budgets: str | None = None,
    methods: str | None = None,
) -> list[Row]:  # fmt: skip
    """The store's rows, all or of some data sets, budgets and methods (``name:variant``); of tuning
    seeds or of all others.

    No row is an error.
    """
    rows = [row for row in _floors_known(store.rows()) if (row["seed"] >= TUNING_SEEDS) == tuning]
    wanted = parse.items(datasets) if datasets else sorted({row["dataset"] for row in rows})
    found = [row for row in rows if row["dataset"] in wanted]
    for name in wanted if found else ():
        if name not in {row["dataset"] for row in found}:
            there = ", ".join(sorted({row["dataset"] for row in rows}))
            raise BenchError(f"there are no rows of {name}; there are those of {there}")
    if budgets:
        counts = [parse.budget(text) for text in parse.items(budgets)]
        for count in counts if found else ():
            if count not in {row["budget"] for row in found}:
                of = f" of {datasets}" if datasets else ""
                raise BenchError(f"there are no rows{of} with a budget of {parse.short(count)}")
        found = [row for row in found if row["budget"] in counts]
    for name in parse.items(methods) if methods else ():
        if name not in {plain_label(row) for row in found}:
            there = ", ".join(sorted({plain_label(row) for row in found})) or "none"
            raise BenchError(f"there are no rows of the method {name}; there are those of {there}")
    if methods:
        found = [row for row in found if plain_label(row) in parse.items(methods)]
    if not found:
        of = f" of {datasets}" if datasets else ""
        of += f" with a budget of {budgets}" if budgets else ""
        of += f" of tuning seeds ({TUNING_SEEDS} and above)" if tuning else ""
        raise BenchError(f"there are no rows{of} in {store.runs}; `bench run` makes them")
    return found


def _floors_known(rows: list[Row]) -> list[Row]:
    """The first rows do not say whether their method is a floor; later ones of the method do."""
    floors = {row["method"] for row in rows if row.get("floor")}
    return [{"floor": row["method"] in floors, **row} for row in rows]


def plain_label(row: Row) -> str:
    """``name`` or ``name:variant``, as ``--methods`` takes it."""
    return f"{row['method']}:{row['variant']}" if row["variant"] else row["method"]


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
    """Version and a short digest of the Config: runs of one kind may be averaged."""
    config = json.dumps(row["config"], sort_keys=True).encode()
    return row["method_version"], hashlib.sha256(config).hexdigest()[:4]


def setting_key(row: Row) -> tuple:
    """Rows with equal keys may be compared: test set, teacher file, student, queries, access.

    A data set's name alone is not enough: two folders of images may have the same one.
    A rehearsal at a share of the budgets is a setting of its own, also at an equal budget.
    """
    return (*(row[name] for name in SETTING), access_of(row), scale_of(row))


def access_of(row: Row) -> str:
    """What the teacher gave away; the first rows knew one access only and do not say."""
    return row.get("access", USUAL["access"])


def scale_of(row: Row) -> float:
    """The share of a preset's budget that a rehearsal has; 1 for every other row."""
    return row.get("scale", USUAL["scale"])


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

    The digest of teacher or test set stands there only where ``rows`` hold two of the kind.
    """
    kind = (row["dataset"], row["teacher"])
    like = [r for r in rows if (r["dataset"], r["teacher"]) == kind]
    files, tests = ({r[name] for r in like} for name in ("teacher_sha", "data_digest"))
    teacher = f"{row['teacher']} {row['teacher_sha'][:8]}" if len(files) > 1 else row["teacher"]
    test = f" (test set {row['data_digest'][:8]})" if len(tests) > 1 else ""
    precision = "" if row["precision"] == "uint8" else f", {row['precision']} queries"
    access = "" if access_of(row) == "hard-label" else f", {access_of(row)} access"
    scale = "" if scale_of(row) == 1 else f", rehearsal at {scale_of(row):g} of the budget"
    return f"{row['dataset']}{test}: {teacher} to {row['student']}{precision}{access}{scale}"


def of_setting(rows: list[Row], title: str | None) -> list[Row]:
    """The rows whose setting has this title, of any budget; without a title all rows."""
    if not title:
        return rows
    groups = by_setting(rows, budget=False).values()
    found = {title_of(group[0], rows): group for group in groups}
    if title not in found:
        there = "; ".join(found)
        raise BenchError(f"there are no rows of the setting {title!r}; there are: {there}")
    return found[title]
