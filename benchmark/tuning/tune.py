"""``bench tune`` from a form of a method to the files of its trials.

A trial is one metered run on each tuning set, by the same session, runner and oracle as every other
run. Its rows lie in a store of their own, the folder of the tuning, with the teachers; its score is
the mean of the held-out accuracies in %.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from benchmark import env
from benchmark.errors import BenchError
from benchmark.host.failure import reason
from benchmark.method import config as configs
from benchmark.oracle import Spec
from benchmark.rows.row import Row
from benchmark.rows.stats import mean
from benchmark.rows.store import Store
from benchmark.run.cells import Cell, Request, check_budget, expand
from benchmark.run.pace import Load, Pace
from benchmark.run.registry import Entry
from benchmark.run.row import now
from benchmark.run.session import EXIT_FAILED, EXIT_OK, EXIT_STOPPED, Session
from benchmark.run.setting import Places
from benchmark.run.watch import Show
from benchmark.tuning import sets
from benchmark.tuning.asking import ask
from benchmark.tuning.space import Space
from benchmark.tuning.trials import Study, Trial

FOLDER = "tuning"  # below that of the results
ORIGIN = ("suite", "commit", "dirty", "torch", "device", "method_sha")  # of a row, in its trial


@dataclass(frozen=True)
class Protocol:
    """The protocol that all forms are tuned by."""

    names: tuple[str, ...] = sets.SETS
    budget: int = sets.BUDGET
    seed: int = sets.FIRST_SEED


class Trials(Pace):
    """The pace of a tuning: two runs a trial."""

    each: int = 1  # runs of a trial

    @property
    def position(self) -> str:
        """``trial 3 of 20``, counted from 1."""
        return f"trial {self.number // self.each + 1} of {len(self.loads) // self.each}"


@dataclass
class Tuner:
    """One form of a method, tuned; the other fields are made by ``run``."""

    entry: Entry
    space: Space
    root: Path  # the folder of the tuning
    protocol: Protocol
    sessions: dict[str, Session] = field(default_factory=dict)  # one a set, which keeps its images
    study: Study = field(init=False)
    teachers: dict[str, float] = field(default_factory=dict)  # accuracy in % on the images held out
    history: list[Trial] = field(default_factory=list)
    show: Show = field(default_factory=Show)

    def run(self, count: int) -> int:
        """Make the trials up to a number of ``count``; returns the exit code as ``bench run``."""
        store = next(iter(self.sessions.values())).store
        store.prepare()
        self.study = Study(self.root, self._identity())
        with store.claim(self.study.id) as lease:
            if lease.note:
                self.show.say(lease.note)
            if not lease.mine:
                self.show.say(
                    f"{lease.holder} tunes {self.entry.label} (it holds {lease.path}); the same "
                    "command goes on later"
                )
                return EXIT_STOPPED
            self.history = self.study.trials()
            return self._trials(count)

    def _trials(self, count: int) -> int:
        if self.history:
            self.show.say(f"{self.entry.label}: {len(self.history)} trials are there already")
        self.pace = Trials(self._loads(max(count, len(self.history))))
        self.pace.each = len(self.sessions)
        while len(self.history) < count:
            if (code := self._trial()) is not None:
                return code
        return EXIT_OK if any(one["score"] is not None for one in self.history) else EXIT_FAILED

    def _loads(self, count: int) -> dict[int, Load]:
        kinds = list(self.sessions) * count
        return {number: Load(name, self.protocol.budget) for number, name in enumerate(kinds)}

    def _trial(self) -> int | None:
        """Make the next trial; an exit code where it could not come to its end."""
        tried = [(one["params"], one["score"]) for one in self.history]
        defaults = self._values(self._cell(next(iter(self.sessions)), {}))
        values = ask(self.space, self.entry.method.Config, tried, self.study.id) if tried else {}
        rows: dict[str, Row] = {}
        started, failed = now(), ""
        for place, name in enumerate(self.sessions):
            cell = self._cell(name, values)
            self.pace.number = len(self.history) * len(self.sessions) + place
            if failed := self._too_small(name, cell):
                break
            outcome = self.sessions[name].part(cell, self.pace)
            if outcome not in ("complete", "exists", "failed"):
                return self._stopped(outcome)
            rows[name] = row = self.sessions[name].rows[-1]
            if row.status == "failed":
                failed = f"{name}: {reason(row.failure)}"
                break
        self._end(values or defaults, cell, rows, {"reason": failed or None, "started": started})
        return None

    def _too_small(self, name: str, cell: Cell) -> str:
        """The reason why a method cannot work with the trial's values under the budget, or ""."""
        needs = self.sessions[name].needs
        data, device = needs.data(cell), needs.device
        try:
            check_budget(cell, Spec(data.shape, len(data.classes), device, cell.access))
        except BenchError as problem:
            return str(problem)
        return ""

    def _stopped(self, outcome: str) -> int:
        if outcome == "stopped":
            self.show.say("stopped, state saved; the same command goes on from here")
        if outcome == "locked":
            self.show.say("another process makes this run; the same command goes on later")
        return EXIT_FAILED if outcome == "unsound" else EXIT_STOPPED

    def _end(self, values: dict[str, Any], cell: Cell, rows: dict[str, Row], told: dict) -> None:
        """Write the file of a trial and say its result."""
        accuracies = {n: row.accuracy for n, row in rows.items() if row.accuracy is not None}
        score = None if told["reason"] else mean(list(accuracies.values()))
        row = next(iter(rows.values()), None)
        origin = {name: getattr(row, name) for name in ORIGIN} if row else self._here()
        trial = {
            "number": len(self.history),
            "params": values,
            "config": configs.as_dict(cell.config),
            "status": "failed" if told["reason"] else "complete",
            "score": score,
            "accuracies": accuracies,
            "runs": {name: row.id for name, row in rows.items()},
            "teacher_accuracies": self.teachers,
            "seconds": round(sum(row.seconds for row in rows.values()), 3),
            **origin,
            **told,
            "finished": now(),
        }
        self.study.write(trial)
        self.history = self.study.trials()  # with those after a trial whose file was lost
        self.show.say(self._said(trial))

    def _said(self, trial: Trial) -> str:
        done = [one for one in self.history if one["score"] is not None]
        came = f"failed: {trial['reason']}" if trial["reason"] else f"mean {trial['score']:.2f} %"
        best = max(done, key=lambda one: one["score"], default=None)
        so_far = f"  best {best['score']:.2f} % (trial {best['number'] + 1})" if best else ""
        return f"{self.pace.position}  {came}{so_far}"

    def _cell(self, name: str, values: dict[str, Any]) -> Cell:
        """The run of a trial on a set."""
        overrides = {self.entry.label: values} if values else {}
        (cell,) = expand(
            Request(
                [self.entry],
                [sets.derived(name)],
                [self.protocol.seed],
                [self.protocol.budget],
                [sets.NETWORK],
                [sets.NETWORK],
                overrides,
            )
        )
        return cell

    def _values(self, cell: Cell) -> dict[str, Any]:
        """The values of a cell in the fields of the space."""
        return {name: getattr(cell.config, name) for name in self.space}

    def _identity(self) -> dict[str, Any]:
        """See ``Study``. The teachers are trained here, where they are missing."""
        cells = {name: self._cell(name, {}) for name in self.sessions}
        parts = {}
        for name, cell in cells.items():
            here = self.sessions[name].settings.of(cell)
            self.teachers[name] = here.teacher_accuracy
            parts[name] = {
                "train_digest": here.data.train_digest,
                "test_digest": here.test_digest,
                "teacher_sha": here.card["sha256"],
            }
        cell = next(iter(cells.values()))
        return {
            "method": self.entry.name,
            "variant": self.entry.variant,
            "method_version": self.entry.method.version,
            "space": self.space,
            "budget": cell.budget,
            "seed": cell.seed,
            "precision": cell.precision,
            "access": cell.access,
            "teacher": cell.teacher,
            "student": cell.student,
            "sets": parts,
        }

    def _here(self) -> dict[str, Any]:
        device = next(iter(self.sessions.values())).device
        found = env.provenance(device, self.entry.files)
        found["method_sha"] = self.entry.source_sha
        return {name: found[name] for name in ORIGIN}


def tuner(
    entry: Entry,
    space: Space,
    results: Path,
    protocol: Protocol,
    data_dir: Path,
    device: torch.device,
    show: Show,
    **options: Any,
) -> Tuner:
    """The tuner of a form; ``options`` are those of a ``Session``."""
    root = results / FOLDER
    store, places = Store(root), Places(data_dir, root / "teachers")
    made = {name: Session(store, places, device, show=show, **options) for name in protocol.names}
    return Tuner(entry, space, root, protocol, made, show=show)
