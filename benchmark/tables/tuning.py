"""``bench tune --list``: what tuning does for each form, from the files of its trials."""

from __future__ import annotations

from pathlib import Path

from benchmark.errors import BenchError
from benchmark.files import Unsound
from benchmark.parse import short
from benchmark.rows.kinds import FLOAT32
from benchmark.tables.provenance import Origin, source
from benchmark.tables.table import Entry, Sheet, Table, heads, line
from benchmark.tables.values import Number, points
from benchmark.tuning import sets
from benchmark.tuning.trials import Trial, read_all

HEADS = ("trials", "defaults", "best", "gain")


def sheet(root: Path) -> tuple[Sheet, list[Unsound]]:
    """The tables of the studies below a folder, one a protocol, and its unsound files."""
    studies, unsound = read_all(root)
    if not studies and not unsound:
        raise BenchError(f"there are no trials in {root}; `bench tune METHOD` makes them")
    groups: dict[str, list[list[Trial]]] = {}
    for study in studies:
        groups.setdefault(_title(study[0]), []).append(study)
    columns = (*heads(["method"], HEADS), *heads(["best settings"], []))
    tables = [
        Table(title, (_teachers(of[0][0]),), columns, [_line(study, of) for study in of])
        for title, of in groups.items()
    ]
    return Sheet(tables, _notes(studies)), unsound


def _title(trial: Trial) -> str:
    names = " and ".join(trial["sets"])
    return (
        f"Tuned on {names}: {trial['teacher']} to {trial['student']}, {short(trial['budget'])} "
        f"queries, seed {trial['seed']}"
    )


def _teachers(trial: Trial) -> str:
    found = [f"{name} {value:.2f} %" for name, value in trial["teacher_accuracies"].items()]
    return f"Teachers, trained without the images that judge: {', '.join(found)}."


def _line(study: list[Trial], others: list[list[Trial]]) -> tuple[Entry, ...]:
    first, done = study[0], [trial for trial in study if trial["status"] == "complete"]
    failed = len(study) - len(done)
    few = " †" if len(study) < sets.TRIALS else ""
    trials = Number(len(study), decimals=0, after=(f", {failed} failed" if failed else "") + few)
    default = first["score"] if first["number"] == 0 else None
    best = max(done, key=lambda trial: trial["score"], default=None)
    gain = None if best is None or default is None else points(best["score"] - default)
    return line(
        _name(first, others),
        trials,
        None if default is None else Number(default),
        None if best is None else Number(best["score"]),
        gain,
        _settings(best),
    )


def _name(trial: Trial, others: list[list[Trial]]) -> str:
    """The form, with its version and study where the table has several of it."""
    label = ":".join(filter(None, (trial["method"], trial["variant"])))
    same = [
        one[0]
        for one in others
        if (one[0]["method"], one[0]["variant"]) == (trial["method"], trial["variant"])
    ]
    return label if len(same) == 1 else f"{label} v{trial['method_version']} {trial['study'][:4]}"


def _settings(trial: Trial | None) -> str | None:
    if trial is None:
        return None
    if trial["number"] == 0:
        return "the defaults"
    return ", ".join(f"{name}={value}" for name, value in trial["params"].items())


def _notes(studies: list[list[Trial]]) -> list[str]:
    notes = [
        "defaults, best: mean accuracy in % over the sets, on a fifth of their training images "
        "that neither teacher nor student has seen; no test image was read. The best of many "
        "trials with one seed is chosen for its luck too: it names values to try, a table of "
        "other seeds shows their gain."
    ]
    if any(len(study) < sets.TRIALS for study in studies):
        notes.append(f"† fewer than {sets.TRIALS} trials: not as much tried as for the others.")
    return [*notes, source([_origin(trial) for study in studies for trial in study])]


def _origin(trial: Trial) -> Origin:
    """Where a trial comes from; all networks of trials compute in float32."""
    said = {name: trial[name] for name in Origin._fields if name != "arithmetic"}
    return Origin(**said, arithmetic=FLOAT32)
