"""Rows that chance picks for an audit, so that nobody picks those that hold.

A draw takes the rows of a store in the order of a hash of seed and id, and passes over those that
an audit could not judge here: failed ones, of code, teacher or data that are not here, too long, or
of another device, where nothing but other seeds and the kept student can tell.
Each of these is counted under its first reason. So the same seed draws the same rows anywhere, but
for those that another machine cannot judge.

How long a row takes *here* is what a run of its cell took here, else what this kind of device took:
a GPU's seconds say nothing of a CPU's. Where no row tells it, the row is left out.
"""

from __future__ import annotations

import functools
import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from benchmark import datasets
from benchmark.checks import replay, spread
from benchmark.env import device_name
from benchmark.errors import BenchError
from benchmark.nets.names import ENDPOINT
from benchmark.parse import spoken
from benchmark.rows.row import Row
from benchmark.rows.stats import FEWEST
from benchmark.run import estimates
from benchmark.run.cells import Cell
from benchmark.run.setting import Places
from teachers import shelf


@dataclass(frozen=True)
class Draw:
    """The rows that were drawn, in their order, and how many others chance named before, and why
    these could not be judged.
    """

    rows: list[Row]
    passed_over: Counter[str]

    def line(self) -> str:
        """What was drawn, for people."""
        return f"{len(self.rows)} rows drawn; passed over on the way: {_listed(self.passed_over)}"


@dataclass(frozen=True)
class Pot:
    """The rows of a store, and the place and device that would make one again.

    ``longest``: seconds that a row may take here. ``kept``: whether a row's student is here.
    """

    rows: Sequence[Row]
    places: Places
    device: torch.device
    longest: float
    kept: Callable[[Row], bool]

    def draw(self, count: int, seed: int) -> Draw:
        """``count`` rows by ``seed``. Raises ``BenchError`` where there are not so many."""
        found: list[Row] = []
        passed: Counter[str] = Counter()
        for row in sorted(self.rows, key=lambda row: _lot(seed, row)):
            if reason := self.reason(row):
                passed[reason] += 1
            else:
                found.append(row)
            if len(found) == count:
                return Draw(found, passed)
        raise BenchError(
            f"--draw {count}: of {len(self.rows)} rows {len(found)} can be judged here within "
            f"{spoken(self.longest)} each; the others: {_listed(passed)}"
        )

    def reason(self, row: Row) -> str:
        """Why a row is not drawn, from cheap to costly; "" where it may be."""
        if not row.complete:
            return "failed"
        if row.teacher.startswith(ENDPOINT):
            return "under a paid endpoint"
        try:
            cell = replay.cell_of(row)
        except BenchError:
            return "of another version, or of a method or student that is not in the suite"
        if not cell.entry.is_of(row.method_sha):
            return "of a method whose source has changed"
        if row.teacher_sha not in self._teachers:
            return "of a teacher that is not here"
        if not datasets.is_here(row.dataset, self.places.data):
            return "of data that are not here"
        return self._undecided(row) or self._late(row, cell)

    def _undecided(self, row: Row) -> str:
        """On another device no run makes the row's student again: it has to be here. And only other
        seeds tell how far a row may lie from its repetition.
        """
        if replay.repeats(row, self.device):
            return ""
        if not self.kept(row):
            return "of another device, whose student is not here"
        others = len(spread.others(row, self.rows))
        return "" if others >= FEWEST - 1 else "of another device with too few other seeds"

    def _late(self, row: Row, cell: Cell) -> str:
        seconds = self.seconds(row, cell)
        if seconds is None:
            return "that no run on this kind of device tells the time of"
        return "" if seconds <= self.longest else f"longer than {spoken(self.longest)}"

    def seconds(self, row: Row, cell: Cell) -> float | None:
        """Seconds that the run of a row takes here, reference student and evaluation included."""
        if row.device == self._name(row):
            return row.seconds + _after(row)
        kind = self._kind
        for like in (lambda one: one.device == self._name(row), kind):
            rows = [one for one in self.rows if one.complete and like(one)]
            if found := estimates.rate(cell, rows):
                shown = [one for one in rows if one.run_id == row.run_id] or [row]
                extra = _after(row) if kind(row) else max(map(_after, shown))
                return found[0] * cell.budget + extra
        return None

    @property
    def _kind(self) -> Callable[[Row], bool]:
        """Whether a row is of this kind of device: CPUs are one, each GPU is its own."""
        if self.device.type == "cpu":
            return lambda row: replay.threads_of(row) is not None
        name = device_name(self.device)
        return lambda row: row.device == name

    def _name(self, row: Row) -> str:
        """This device with the threads that an audit of the row takes."""
        threads = replay.threads_of(row) or 0
        if threads not in self._names:
            self._names[threads] = device_name(self.device, threads)
        return self._names[threads]

    @functools.cached_property
    def _names(self) -> dict[int, str]:
        return {}

    @functools.cached_property
    def _teachers(self) -> set[str]:
        return {
            card["sha256"] for card in shelf.catalogue(self.places.teachers) if "sha256" in card
        }


def _lot(seed: int, row: Row) -> bytes:
    return hashlib.sha256(f"{seed} {row.id}".encode()).digest()


def _listed(reasons: Counter[str]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in reasons.most_common()) or "none"


def _after(row: Row) -> float:
    """Seconds of a run outside its method's clock."""
    return row.eval_seconds + (row.reference_seconds or 0.0)
