"""``bench tune --list``: what tuning does for each form, from the files of its trials."""

from __future__ import annotations

from pathlib import Path

from benchmark.errors import BenchError
from benchmark.files import Unsound
from benchmark.parse import short
from benchmark.rows.kinds import FLOAT32
from benchmark.tables.provenance import Origin, source
from benchmark.tuning import sets
from benchmark.tuning.trials import Trial, read_all

NONE = "-"
HEADER = ("method", "trials", "defaults", "best", "gain", "best settings")


def markdown(root: Path) -> tuple[str, list[Unsound]]:
    """The tables of the studies below a folder, one a protocol, and what is unsound there."""
    from benchmark.tables.markdown import escape, pipes

    studies, unsound = read_all(root)
    if not studies and not unsound:
        raise BenchError(f"there are no trials in {root}; `bench tune METHOD` makes them")
    groups: dict[str, list[list[Trial]]] = {}
    for study in studies:
        groups.setdefault(_title(study[0]), []).append(study)
    parts = []
    for title, of in groups.items():
        lines = [_line(study, of) for study in of]
        table = pipes(HEADER, [[escape(text) for text in line] for line in lines])
        parts.append(f"### {escape(title)}\n\n{_teachers(of[0][0])}\n\n{table}")
    return "\n\n".join([*parts, "\n".join(_notes(studies))]) + "\n", unsound


def _title(trial: Trial) -> str:
    names = " and ".join(trial["sets"])
    return (
        f"Tuned on {names}: {trial['teacher']} to {trial['student']}, {short(trial['budget'])} "
        f"queries, seed {trial['seed']}"
    )


def _teachers(trial: Trial) -> str:
    found = [f"{name} {value:.2f} %" for name, value in trial["teacher_accuracies"].items()]
    return f"Teachers, trained without the images that judge: {', '.join(found)}."


def _line(study: list[Trial], others: list[list[Trial]]) -> tuple[str, ...]:
    first, done = study[0], [trial for trial in study if trial["status"] == "complete"]
    failed = len(study) - len(done)
    trials = f"{len(study)}, {failed} failed" if failed else str(len(study))
    few = " †" if len(study) < sets.TRIALS else ""
    default = first["score"] if first["number"] == 0 else None
    best = max(done, key=lambda trial: trial["score"], default=None)
    gain = NONE if best is None or default is None else f"{best['score'] - default:+.2f}"
    return (
        _name(first, others),
        trials + few,
        _score(default),
        _score(best and best["score"]),
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


def _score(score: float | None) -> str:
    return NONE if score is None else f"{score:.2f}"


def _settings(trial: Trial | None) -> str:
    if trial is None:
        return NONE
    if trial["number"] == 0:
        return "the defaults"
    return ", ".join(f"{name}={value}" for name, value in trial["params"].items())


def _notes(studies: list[list[Trial]]) -> list[str]:
    notes = [
        "defaults, best: mean accuracy in % over the sets, on a fifth of their training images "
        "that neither teacher nor student has seen; no test image was read. The best of many "
        "trials with one seed is chosen for its luck too: it says what to try, a table of other "
        "seeds what it gives."
    ]
    if any(len(study) < sets.TRIALS for study in studies):
        notes.append(f"† fewer than {sets.TRIALS} trials: not as much tried as for the others.")
    return [*notes, source([_origin(trial) for study in studies for trial in study])]


def _origin(trial: Trial) -> Origin:
    """Where a trial comes from; all networks of trials compute in float32."""
    said = {name: trial[name] for name in Origin._fields if name != "arithmetic"}
    return Origin(**said, arithmetic=FLOAT32)
