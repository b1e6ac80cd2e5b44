"""``bench audit``: would its run write a row again?

From cheap to costly: the checksum and the id, the signature, the row's parts against each other and
its method, code, data and teacher, the student that was kept, and the run itself, done once more
from its start. Where that comes to the run's end, the row's other numbers are compared too.

A row holds where everything was checked and nothing differs. What this audit did not check, or
could not, leaves it open.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from benchmark import datasets
from benchmark.checks import again, claims, parts, replay, signatures, source, spread
from benchmark.checks.against import name_of
from benchmark.checks.findings import OPEN, Finding, conclude, failed, judged, tell
from benchmark.checks.spread import Allowed
from benchmark.env import device_name
from benchmark.errors import BenchError
from benchmark.files import Unsound
from benchmark.host.levels import Isolation
from benchmark.nets.names import ENDPOINT
from benchmark.rows.file import read_row
from benchmark.rows.row import Row
from benchmark.rows.store import Store
from benchmark.run.registry import Entry
from benchmark.run.setting import Places, open_setting
from benchmark.run.watch import Show

Finder = Callable[[Row], Entry | None]


@dataclass(frozen=True)
class Audit:
    """Holds rows of a store against new runs of their cells; ``show`` gets each finding at once."""

    store: Store
    places: Places
    device: torch.device
    show: Show
    points: int | None = 3  # of the curve, from its start; None: the whole run
    tolerance: float | None = None  # points of accuracy; None: by the spread between seeds
    dataset: str | None = None  # where a folder of images lies now
    size: int | None = None  # pixels to which it is resized
    method: Path | None = None  # the file of a method that was given by its path
    student: str = ""  # FILE.py:Class of a student of a person's own
    signers: Path | None = None  # who may sign rows
    isolation: Isolation = Isolation()

    def of(self, path: Path) -> int:
        """Audit the row in a file; returns the exit code of its verdict."""
        findings = self._findings(path)
        return conclude(findings, path.stem.rpartition("-")[2], self.show)

    def _findings(self, path: Path) -> list[Finding]:
        """All findings, as far as it makes sense to go: a run is not made again for a row that
        has failed already.
        """
        row, findings = look(path, self._entry)
        if row is not None:
            self.show.say(f"row     {row.id}: {name_of(row)}")
            if self.signers:
                findings.append(signatures.check(path, self.signers))
        tell(findings, self.show)
        if row is None or failed(findings):
            return findings
        if not row.complete:
            raise BenchError("a failed run has no numbers to repeat")
        if row.teacher.startswith(ENDPOINT):
            paid = Finding(
                "teacher", OPEN, "an endpoint, and no run is paid for again; bench ledger verify"
            )
            tell([paid], self.show)
            return [*findings, paid]
        return findings + self._held(row)

    def _entry(self, row: Row) -> Entry | None:
        """The method in the file that was named for the row."""
        return source.given(row, self.method) if self.method else None

    def _held(self, row: Row) -> list[Finding]:
        """The findings on a sound row that need its data and its teacher."""
        replay.use_threads_of(row)
        entry = self._entry(row)
        own = source.student(row, self.student)
        cell = replay.cell_of(row, self.dataset, self.size, entry, own)
        cell = replay.with_teacher(cell, row, self.places)
        data = datasets.load(cell.dataset, self.places.data, cell.size)
        teacher = replay.check_same(row, cell, data, self.places)
        setting = open_setting(cell, teacher, data, self.places, self.device)
        found = []
        for finding in claims.of(row, cell, setting, self.store):
            tell([finding], self.show)
            found.append(finding)
        if failed(found):
            return found
        far = "to its end" if self.points is None else f"to {self.points} marks or its end"
        self.show.say(f"repeating its run {far}")
        made = again.first_points(row, cell, setting, self.points, self.isolation, self.show)
        repeated = again.compare(row, made, self._allowed(row, len(made.curve)))
        repeats = replay.repeats(row, self.device)
        repeated += again.settled(row, made, repeated, found, repeats)
        tell(repeated, self.show)
        return found + repeated

    def _allowed(self, row: Row, marks: int) -> Allowed | None:
        """How far accuracies may lie from the row's; None where every bit has to agree."""
        if replay.repeats(row, self.device):
            return None
        here = f"{device_name(self.device)}, torch {torch.__version__}"
        bits = "" if row.deterministic else ", where bits change from run to run"
        self.show.say(f"the row is of {row.device}, torch {row.torch}{bits}; here is {here}")
        if self.tolerance is not None:
            return spread.given(self.tolerance)
        return spread.Seeds(spread.others(row, self.store.rows()), marks)


def look(path: Path, find: Finder | None = None) -> tuple[Row | None, list[Finding]]:
    """The row in a file, None where there is no sound one, and the findings from the file alone.

    ``find``: the row's method, where its name does not lead to it.
    """
    try:
        read_row(path, check_sum=False)
    except Unsound as problem:
        return None, [judged("form", False, str(problem))]
    try:
        row = read_row(path)
    except Unsound as problem:
        return None, [judged("checksum", False, str(problem))]
    as_written = judged("checksum", True, "the file is as it was written")
    same = row.own_id == row.id
    named = judged("id", same, "that of its settings" if same else "not that of its settings")
    entry = find(row) if find else None
    return row, [as_written, named, parts.consistency(row), parts.statements(row, entry)]
