"""Rows of a store in groups that may be compared, and the names that readers see."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from operator import attrgetter

from benchmark.errors import NoRows
from benchmark.rows.row import USUAL, Row
from benchmark.rows.schema import TUNING_SEEDS
from benchmark.rows.stats import Seeds
from benchmark.rows.store import Store
from benchmark.rows.wanted import Wanted, narrow, of_tuning

SETTING = ("dataset", "data_digest", "teacher", "teacher_sha", "student", "precision")
ALL = Wanted()


def select(store: Store, wanted: Wanted = ALL, tuning: bool = False) -> list[Row]:
    """The rows of a store that are wanted, of tuning seeds or of all others. No row is an error."""
    return narrow(usable(store, tuning), wanted, tuning)


def usable(store: Store, tuning: bool = False) -> list[Row]:
    """The rows of tuning seeds, or all others. No row is an error."""
    rows = [row for row in store.rows() if (row.seed >= TUNING_SEEDS) == tuning]
    if not rows:
        raise NoRows(
            f"there are no rows{of_tuning(tuning)} in {store.runs}; `bench run` makes them"
        )
    return rows


def _names(rows: list[Row]) -> dict[str, str]:
    """Row id to label. A label that stands for several versions or defaults names each."""
    kinds: dict[str, set[tuple]] = defaultdict(set)
    for row in rows:
        kinds[row.label].add(kind_of(row))
    names = {}
    for row in rows:
        versions = {version for version, _ in kinds[row.label]}
        suffix = f" v{row.method_version}" if len(versions) > 1 else ""
        suffix += f" #{kind_of(row)[1]}" if len(kinds[row.label]) > len(versions) else ""
        names[row.id] = row.label + suffix
    return names


def kind_of(row: Row) -> tuple[int, str]:
    """Version and a short digest of the Config: runs of one kind may be averaged.

    The images that a method was given belong to its Config, where only their files say which.
    """
    decisive = [row.config, row.images_digest] if row.images_digest else row.config
    config = json.dumps(decisive, sort_keys=True).encode()
    return row.method_version, hashlib.sha256(config).hexdigest()[:4]


def setting_key(row: Row) -> tuple:
    """Rows with equal keys may be compared: test set, teacher file, student, queries, access.

    A data set's name alone is not enough: two folders of images may have the same one.
    A rehearsal at a share of the budgets is a setting of its own, also at an equal budget, and so
    are another arithmetic and a teacher behind a defence.
    """
    return attrgetter(*SETTING, "access", "scale", "train_digest", "arithmetic", "defence")(row)


def by_setting(rows: Iterable[Row], budget: bool = True) -> dict[tuple, list[Row]]:
    """Rows by comparable setting (and budget), in order of both."""
    groups: dict[tuple, list[Row]] = defaultdict(list)
    for row in rows:
        groups[(*setting_key(row), *([row.budget] if budget else []))].append(row)
    return dict(sorted(groups.items()))


def by_method(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows by method label, each by seed."""
    rows = list(rows)
    names = _names(rows)
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (names[row.id], row.seed)):
        groups[names[row.id]].append(row)
    return dict(groups)


def complete(rows: Iterable[Row]) -> list[Row]:
    """The rows that have numbers."""
    return [row for row in rows if row.complete]


def accuracies(rows: Iterable[Row]) -> list[float]:
    """The accuracies in % of complete runs."""
    return [row.accuracy for row in complete(rows) if row.accuracy is not None]


def by_seed(rows: Iterable[Row]) -> Seeds:
    """Seed to accuracy in % of complete runs."""
    done = complete(rows)
    return dict(zip((row.seed for row in done), accuracies(done), strict=True))


def title_of(row: Row, rows: Iterable[Row]) -> str:
    """A setting in words.

    The name or digest of a teacher, and the digest of a test or training set, stand there only
    where ``rows`` hold two such.
    """
    kind = (row.dataset, row.teacher)
    like = [r for r in rows if (r.dataset, r.teacher) == kind]
    tests = {r.data_digest for r in like}
    test = f" (test set {row.data_digest[:8]})" if len(tests) > 1 else ""
    files_of = attrgetter("teacher_sha", "data_digest")
    if len({r.train_digest for r in like if files_of(r) == files_of(row)}) > 1:
        test += f" (training set {row.train_digest[:8] or 'unknown'})"
    precision = "" if row.precision == "uint8" else f", {row.precision} queries"
    access = "" if row.access == "hard-label" else f", {row.access} access"
    scale = "" if row.scale == 1 else f", rehearsal at {row.scale:g} of the budget"
    defence = f", teacher behind {row.defence}" if row.defence else ""
    special = f"{precision}{access}{defence}{scale}{in_arithmetic(row)}"
    return f"{row.dataset}{test}: {_teacher(row, like)} to {row.student}{special}"


def _teacher(row: Row, like: Iterable[Row]) -> str:
    """A teacher among those of ``like``, rows of one data set and architecture.

    Alone it is its architecture. Beside others it has its name, which the usual one has not; of
    several with the same name, and of several without one, each has its digest, too.
    """
    names: dict[str, set[str]] = defaultdict(set)
    for other in like:
        names[other.teacher_label].add(other.teacher_sha)
    if len(set.union(*names.values())) == 1:
        return row.teacher
    digest = f" {row.teacher_sha[:8]}" if len(names[row.teacher_label]) > 1 else ""
    return f"{row.teacher_label}{digest}"


def in_arithmetic(row: Row) -> str:
    """The suffix of a name where networks did not compute in the usual arithmetic."""
    usual = row.arithmetic == USUAL["arithmetic"]
    return "" if usual else f", networks in {row.arithmetic}"


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
