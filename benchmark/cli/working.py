"""The work of a command: by this process, by several workers, or as one of them."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from benchmark import own
from benchmark.cli import several
from benchmark.cli.help import WORDS
from benchmark.cli.options import Computing, Where
from benchmark.cli.progress import OnScreen
from benchmark.cli.signals import Signals
from benchmark.errors import BenchError
from benchmark.rows.lease import EXPIRY
from benchmark.rows.store import Store
from benchmark.run import sharing
from benchmark.run.buying import Wish
from benchmark.run.cells import Cell
from benchmark.run.crew import Command, Crew
from benchmark.run.hand import Hand, Process, Start
from benchmark.run.progress import Progress
from benchmark.run.session import Session
from benchmark.run.team import Team
from benchmark.run.watch import Show
from benchmark.run.wire import Wired

if TYPE_CHECKING:
    from benchmark.cli.how import Help, How


ALONE = Team()


@dataclass(frozen=True)
class Work:
    """The options of a command that say how its cells are run."""

    context: click.Context
    how: How
    where: Where
    force: bool = False
    words: Sequence[str] | None = None  # of a worker after ``bench run``; None: this command's

    def session(
        self, store: Store, computing: Computing, show: Show | None = None, team: Team = ALONE
    ) -> Session:
        """A worker in this process."""
        how, device = self.how, self.where.picked()
        return Session(
            store,
            self.where.places(),
            device,
            self.force,
            how.stop_after,
            how.save_every,
            computing.graphs == "auto",
            how.allow_weak_teacher,
            Wish(how.reference, how.keep_bought),
            show or OnScreen(),
            how.isolated(device.type),
            team,
        )

    def as_worker(self, session: Session, cells: list[Cell]) -> int:
        """Be a worker that a person or a batch system has started; any signal lets it save."""
        with Signals(session.interrupt):
            return session.run(cells)

    def by(self, session: Session, cells: list[Cell], help_: Help) -> int:
        """Run the cells by the workers that were asked for; returns the exit code."""
        if help_.ray:
            return self.run_on(session, cells, help_.ray, help_.gpus_per_run)
        return self.run(session, cells, help_.jobs)

    def run(self, session: Session, cells: list[Cell], jobs: int | str) -> int:
        """Run the cells by so many workers on this machine; returns the exit code."""
        if jobs == 1 or len(cells) == 1:
            return session.run(cells)
        command = Command(session, cells)
        todo = command.prepare()
        share = sharing.share(jobs, todo, session.device)
        if share.jobs < 2:
            return session.run(cells)
        session.show.say(share.words)
        words = [*self._words(), "--hand", self._terms(session)]

        def start(name: str) -> Hand:
            number = int(name.split()[-1])
            return Process(name, [*words, *self._time(session)], share.variables(number))

        return self._led(command, start, share.jobs)

    def run_on(self, session: Session, cells: list[Cell], address: str, gpus: float) -> int:
        """Run the cells on a Ray cluster; ``gpus`` is the share of one that a run gets."""
        from benchmark.run import elsewhere

        typed = self.context.get_parameter_source("jobs") is ParameterSource.COMMANDLINE
        jobs = self.context.params["jobs"] if typed else "auto"
        with elsewhere.joined(address, gpus) as cluster:
            command = Command(session, cells)
            todo = command.prepare()
            slots = cluster.slots
            count = min(todo, slots if jobs == "auto" else int(jobs))
            if not todo:
                return session.run(cells)
            if not count:
                raise BenchError(
                    f"the Ray cluster has no room for a run ({gpus:g} of a GPU, one core); wait "
                    "until others have ended, or give a smaller --gpus-per-run"
                )
            session.show.say(f"{count} runs at once on a Ray cluster of {cluster.nodes} nodes")
            variables = environment({sharing.THREADS: "1"})

            def start(name: str) -> Hand:
                first = int(name.split()[-1]) <= count
                terms = self._terms(session, 0.0 if first else 2 * EXPIRY)
                words = [*self._words(), "--hand", terms, *self._time(session)]
                return cluster.start(name, words, variables)

            return self._led(command, start, count)

    def _led(self, command: Command, start: Start, count: int) -> int:
        session = command.session
        progress = Progress(session.pace.loads)
        with several.shown(progress) as lines:
            crew = Crew(start, session.show, progress, lines.report if lines else lambda: None)

            def stop() -> None:
                session.show.say(
                    "ending at once, without saving"
                    if crew.stops
                    else "stopping all runs after their step (once more: at once, without saving)"
                )
                crew.stop()

            with Signals(stop):
                return command.run(crew, count)

    def _words(self) -> list[str]:
        return ["run", *(self.context.meta[WORDS] if self.words is None else self.words)]

    def _terms(self, session: Session, patience: float = 0.0) -> str:
        team = Team(session.began, patience, led=True)
        return json.dumps(dataclasses.asdict(team) | {"code": own.digest()})

    def _time(self, session: Session) -> list[str]:
        """The time that is left of ``--stop-after``."""
        if session.deadline is None:
            return []
        return ["--stop-after", f"{max(session.deadline - time.monotonic(), 0.001):.3f}s"]

    def as_hand(self, store: Store, cells: list[Cell], computing: Computing, terms: str) -> int:
        """Be a worker that another process has started; news go to standard output as JSON."""
        given = json.loads(terms)
        check_code(given.pop("code"))
        wired = Wired(lambda: None)
        session = self.session(store, computing, wired, Team(**given))
        wired.gone = lambda: setattr(session, "interrupted", True)
        return self.as_worker(session, cells)


def check_code(digest: str) -> None:
    """Refuse to work for a command that was started from another version of the suite."""
    if digest != own.digest():
        raise BenchError(
            f"the suite on {platform.node()} is not the one that started this worker: its code "
            "differs; install the same version on all machines"
        )


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables of this process that a worker elsewhere needs, and those of its own."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("BENCH_")}
    return kept | dict(variables)
