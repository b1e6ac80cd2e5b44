"""A row checked without a run: its parts against each other and against its method."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from benchmark.checks.findings import OPEN, Finding, judged
from benchmark.errors import BenchError
from benchmark.method import Method
from benchmark.method import config as configs
from benchmark.rows.kinds import BFLOAT16
from benchmark.rows.row import Row
from benchmark.run import registry
from benchmark.run.registry import Entry

LAST = ("queries", "accuracy", "agreement", "labels_digest", "student_images")  # of the curve's end


def consistency(row: Row) -> Finding:
    """The parts of a row against each other."""
    wrong = [*_counts(row), *(_of_its_end(row) if row.complete else ())]
    return judged("parts", not wrong, "; ".join(wrong) or "they agree with each other")


def _counts(row: Row) -> Iterator[str]:
    labels = row.labels_per_class
    if sum(labels) != row.queries:
        yield "labels_per_class does not add up to queries"
    if len(labels) != row.classes:
        yield f"labels_per_class has {len(labels)} entries, the row says {row.classes} classes"
    if (row.arithmetic == BFLOAT16) != (row.amp == BFLOAT16):
        yield f"arithmetic is {row.arithmetic}, amp {row.amp}"
    if not row.unique <= row.queries <= row.budget:
        yield "unique, queries and budget do not rise"


def _of_its_end(row: Row) -> Iterator[str]:
    """The faults in what only a run that ended has."""
    yield from (*_curve(row), *_students(row))
    if bool(row.defence) != (row.defended_accuracy is not None):
        yield (
            f"defence is {row.defence!r}, defended_accuracy is {row.defended_accuracy}: a row has "
            "both or neither"
        )


def _curve(row: Row) -> Iterator[str]:
    """The faults in the curve of a run that ended."""
    curve = row.curve
    last = curve[-1]
    if last.mark != row.budget:
        yield f"the curve ends at the mark {last.mark}, the run at its budget {row.budget}"
    if any(after.mark <= before.mark for before, after in pairwise(curve)):
        yield "the marks of the curve do not rise"
    if any(after.queries < before.queries for before, after in pairwise(curve)):
        yield "the queries of the curve fall"
    said = {name: getattr(row, name) for name in LAST} | {"step": row.steps}
    for name, value in said.items():
        if getattr(last, name) not in (None, value):
            yield f"the curve ends at {name} {getattr(last, name)}, the row says {value}"
    if row.best_accuracy != max(point.accuracy for point in curve):
        yield "best_accuracy is not the best of the curve"


def _students(row: Row) -> Iterator[str]:
    """The faults in the chain of a curve's students, which ends at the one that was kept.

    Rows from before there were digests have none, and a run that an older suite began lacks the
    first ones.
    """
    digests = [point.student_digest for point in row.curve]
    if None in digests[[*map(bool, digests), True].index(True) :]:
        yield "a point of the curve lacks the digest of its student, which one before it has"
    elif digests[-1] not in (None, row.student_sha):
        kept = f"keeps {row.student_sha[:12]}…" if row.student_sha else "names none"
        yield f"the curve ends at the student {digests[-1][:12]}…, the row {kept}"


def statements(row: Row, entry: Entry | None = None) -> Finding:
    """Check a row's facts about its method, which no id holds: variant, overrides, floor, images.

    ``entry``: the method, where a row's name does not find it. It stays open where the method is
    not here, or not as it was: the row's version of it, or the defaults of a source that has
    changed since.
    """
    try:
        entry = entry or registry.named(row.method)
    except BenchError as problem:
        return Finding("method", OPEN, str(problem))
    if entry.method.version != row.method_version:
        text = f"the row is of version {row.method_version}, here is {entry.method.version}"
        return Finding("method", OPEN, f"{text}; variant, overrides and floor were not checked")
    kind, config = [*_kind(row, entry.method)], [*_config(row, entry)]
    text = "; ".join([*kind, *config]) or "variant and overrides make its Config"
    if config and not kind and not entry.is_of(row.method_sha):
        at = f"check out commit {row.commit or '?'} to hold it"
        return Finding("method", OPEN, f"{text}; its source has changed since, {at}")
    return judged("method", not (kind or config), text)


def _config(row: Row, entry: Entry) -> Iterator[str]:
    """Where variant and overrides do not lead to the Config that was run.

    A ``batch`` comes from the data set or ``--batch`` and is no override, so it is the row's. Both
    sides are resolved: a field that came ``later`` has its default in rows from before it.
    """
    method, label, config = entry.method, row.plain_label, row.config
    if row.variant and row.variant not in method.variants:
        yield f"{row.method} has no variant {row.variant!r}"
        return
    layers = (method.variants.get(row.variant, {}), row.overrides)
    task = {name: value for name, value in config.items() if name == "batch"}
    task |= entry.defaults(row.precision)
    try:
        named = configs.as_dict(configs.resolve(method, label, *layers, task=task))
        run = configs.as_dict(configs.resolve(method, label, config))
    except BenchError as problem:
        yield str(problem)
        return
    for name in named:
        if named[name] != run[name]:
            yield f"{name} is {run[name]} in config, {named[name]} by variant and overrides"


def _kind(row: Row, method: type[Method]) -> Iterator[str]:
    """Where the row calls its method something else than it is."""
    if row.floor != method.floor:
        yield f"floor is {row.floor} in the row, {method.floor} of the method"
    images = row.real_images
    own = method.real_images == "own" and images not in ("own", row.dataset)
    if bool(images) != bool(method.real_images) or own:
        yield f"real_images is {images!r} in the row, {method.real_images!r} of the method"
