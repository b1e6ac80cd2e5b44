"""The file of a trial: JSON with a checksum, written once, never again. Torch is not imported.

``trials/<form>-<budget>-<study>/000.json`` below the folder of the tuning; number 0 has the form's
defaults. The study is a hash of all that makes trials comparable: form, version, search space,
budget, seed, arithmetic of queries, the parts of the sets and their teachers. Where any of it
changes, new trials begin in a folder of their own, and the old ones stay.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmark import filenames
from benchmark.files import MB, StoreError, Unsound, make_folder, write_atomically
from benchmark.reading import read_json
from benchmark.rows.checksum import OLDER, checksum
from benchmark.rows.file import APPLE
from benchmark.rows.kinds import (
    Boolean,
    Choices,
    Id,
    Long,
    Percent,
    Percents,
    Positive,
    Settings,
    Status,
    Tables,
    Whole,
    Word,
    Words,
)
from benchmark.rows.schema import fault, form

SCHEMA, LIMIT = 1, MB
Trial = dict[str, Any]
STUDY = (
    "method",
    "variant",
    "method_version",
    "space",
    "budget",
    "seed",
    "precision",
    "access",
    "teacher",
    "student",
    "sets",
)
FORM = form(
    {
        "schema": Positive,
        "study": Id,
        "number": Whole,
        "method": Word,
        "variant": Words,
        "method_version": Whole,
        "space": Choices,
        "budget": Positive,
        "seed": Whole,
        "teacher": Word,
        "student": Word,
        "sets": Tables,
        "params": Settings,
        "config": Settings,
        "status": Status,
        "reason": Long | None,
        "score": Percent | None,
        "accuracies": Percents,
        "runs": Settings,
        "teacher_accuracies": Percents,
        "suite": Word,
        "commit": Words,
        "dirty": Boolean | None,
        "torch": Word,
        "device": Word,
        "finished": Word,
    }
)


@dataclass(frozen=True)
class Study:
    """The trials of one form under one protocol."""

    root: Path  # the folder of the tuning
    identity: dict[str, Any]  # the fields of ``STUDY``

    @property
    def id(self) -> str:
        """Twelve hex digits over the identity."""
        text = json.dumps(self.identity, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def folder(self) -> Path:
        """Where its trials lie."""
        label = ".".join(filter(None, (self.identity["method"], self.identity["variant"])))
        parts = [filenames.folded(part, "_") for part in (label, str(self.identity["budget"]))]
        return self.root / "trials" / f"{filenames.joined(parts)}-{self.id}"

    def trials(self) -> list[Trial]:
        """The trials from number 0 on, up to the first that is missing. Raises ``Unsound``."""
        found: list[Trial] = []
        while (path := self._path(len(found))).exists():
            found.append(read(path))
        return found

    def write(self, trial: Trial) -> Path:
        """Write the file of a trial, which must not be there, with its checksum."""
        path = self._path(trial["number"])
        make_folder(path.parent)
        if os.path.lexists(path):
            raise StoreError(f"{path} is there already; a trial is never written twice")
        trial = {"schema": SCHEMA, "study": self.id, **self.identity, **trial}
        text = (
            json.dumps({**trial, OLDER: checksum(trial, OLDER)}, indent=1, allow_nan=False) + "\n"
        )
        if problem := _problem(json.loads(text)):
            raise StoreError(f"trial {trial['number']} is not written: {problem}")
        write_atomically(path, text.encode())
        return path

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:03}.json"


def read(path: Path) -> Trial:
    """A trial from its file, after checking form and checksum. Raises ``Unsound``."""
    again = "restore it, or delete it and tune again"
    trial = read_json(path, LIMIT, again)
    if problem := _problem(trial):
        raise Unsound(f"{path} is no sound trial: {problem}; {again}")
    if trial.get(OLDER) != checksum(trial, OLDER):
        raise Unsound(
            f"{path} was changed after it was written (its checksum does not fit); {again}"
        )
    if path.stem != f"{trial['number']:03}" or not path.parent.name.endswith(trial["study"]):
        raise Unsound(f"{path} holds trial {trial['number']} of {trial['study']}; {again}")
    return trial


def read_all(root: Path) -> tuple[list[list[Trial]], list[Unsound]]:
    """The sound trials of each study below a folder, by name and number, and the unsound files."""
    studies: dict[Path, list[Trial]] = {}
    unsound: list[Unsound] = []
    for path in sorted((root / "trials").glob("*/*.json")):
        if path.name.startswith(APPLE) or not re.fullmatch(r"\d{3,}", path.stem):
            continue
        try:
            studies.setdefault(path.parent, []).append(read(path))
        except Unsound as problem:
            unsound.append(problem)
    return [of for of in studies.values() if of], unsound


def _problem(trial: Any) -> str:
    """The fault in the form of a trial, or nothing."""
    if wrong := fault(trial, FORM):
        return wrong
    if trial["schema"] > SCHEMA:
        return f"its schema is {trial['schema']}, this suite reads {SCHEMA}"
    done = trial["status"] == "complete"
    if done != (trial["score"] is not None) or done == (trial["reason"] is not None):
        return "a complete trial has a score and a failed one a reason"
    return ""
