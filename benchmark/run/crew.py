"""Several workers of one command: started, watched, stopped together, replaced where one dies."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmark.files import Unsound
from benchmark.run.cells import Cell
from benchmark.run.hand import LOST, Hand, Start
from benchmark.run.lines import describe
from benchmark.run.progress import Progress
from benchmark.run.session import EXIT_FAILED, EXIT_OK, EXIT_STOPPED, Session
from benchmark.run.watch import Show
from benchmark.run.wire import Event

WRONG, INTERRUPTED = 2, 130
BY_ITSELF = {EXIT_OK, EXIT_FAILED, EXIT_STOPPED, WRONG, INTERRUPTED}  # codes of a worker's own end
LOOK_EVERY = 0.1  # seconds
DEATHS = 3  # of workers in one cell, after which nobody is started for it any more
ROOM = 60.0  # seconds to wait for it
GRACE = 20.0  # seconds for workers that are to end at once


@dataclass
class Crew:
    """The workers of one command, and everything that they tell."""

    start: Start  # a worker with this name
    show: Show
    progress: Progress
    tick: Callable[[], None] = lambda: None  # called again and again
    hands: list[Hand] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)  # with which workers have ended
    deaths: Counter = field(default_factory=Counter)  # by the number of the cell
    stops: int = 0  # times that somebody asked for a stop
    asked: set[str] = field(default_factory=set)  # the workers that were told of it
    started: int = 0
    lonely_at: float | None = None  # when the last worker but those without room had ended
    asked_at: float | None = None  # when somebody asked for an end at once

    def run(self, count: int) -> None:
        """Let so many workers work until all have ended."""
        try:
            for _ in range(count):
                self._start()
            while self.hands:
                time.sleep(LOOK_EVERY)
                for hand in list(self.hands):
                    self._look(hand)
                self._drop_pending()
                self.tick()
                if self.asked_at and time.monotonic() > self.asked_at + GRACE:
                    break
        finally:
            for hand in self.hands:  # of a command that ends at once
                hand.kill()

    def stop(self) -> None:
        """Ask all workers to save and end; once more: at once."""
        self.stops += 1
        if self.stops > 1:
            self.asked_at = self.asked_at or time.monotonic()
        for hand in self.hands:
            hand.stop()
            self.asked.add(hand.name)

    def _drop_pending(self) -> None:
        """Do without workers for which there is no room, where no other one is left."""
        if all(hand.pending for hand in self.hands):
            self.lonely_at = self.lonely_at or time.monotonic()
            if time.monotonic() > self.lonely_at + ROOM:
                for hand in self.hands:
                    hand.kill()
        else:
            self.lonely_at = None

    def _start(self) -> None:
        self.started += 1
        hand = self.start(f"worker {self.started}")
        self.hands.append(hand)
        if self.stops and hand.name not in self.asked:  # a signal came while it was started
            hand.stop()

    def _look(self, hand: Hand) -> None:
        for event in hand.events():
            self._hear(hand, event)
        code = hand.ended()
        if code is None:
            return
        self.hands.remove(hand)
        self.codes.append(code)
        run = self.progress.forget(hand.name)
        if code not in BY_ITSELF and (run or not self.stops):
            self._replace(hand, code, run.number if run else -1, run.title if run else "")

    def _hear(self, hand: Hand, event: Event) -> None:
        new = self.progress.see(hand.name, event)
        if new:
            self.show.outcome(event["number"], event["outcome"], event["text"])
        elif "say" in event and not self.stops:  # each would say that it stops
            self.show.say(event["say"])
        elif "warn" in event:
            self.show.warn(event["warn"])

    def _replace(self, hand: Hand, code: int, number: int, title: str) -> None:
        """Say that a worker has died, and start another one, which goes on from its state."""
        self.deaths[number] += 1
        where = f" in {title}" if title else ""
        how = f"by signal {-code}" if code < 0 else f"with {code}"
        how = "with its machine" if code == LOST else how
        goes_on = not self.stops and self.deaths[number] < DEATHS
        then = "another one goes on from its last state" if goes_on else "nobody is started for it"
        self.show.warn(f"{hand.name} has ended {how}{where}; {then}")
        if goes_on:
            self._start()


@dataclass
class Command:
    """One command whose cells several workers run."""

    session: Session
    cells: list[Cell]

    def prepare(self) -> int:
        """Have everything that workers share: data, folders, teachers; returns the runs to make."""
        self.session.begin(self.cells)
        todo = [self.cells[number] for number in self.session.pace.loads]
        for cell in todo:
            self.session.settings.have_teacher(cell)
        self.session.pace.loads = self.session.needs.loads(self.cells)
        return len(todo)

    def run(self, crew: Crew, count: int) -> int:
        """Let a crew do the work; returns the exit code, as ``Session.run``."""
        crew.run(count)
        self._take_rows(crew.progress)
        return self._code(crew)

    def _take_rows(self, progress: Progress) -> None:
        """Have the rows of the command, in the order of its cells, for a table of them."""
        for number in sorted(progress.outcomes):
            try:
                identity = self.session.needs.known_id(self.cells[number])
                row = self.session.store.find(identity) if identity else None
            except Unsound:  # it was named
                continue
            if row:
                self.session.rows.append(row)

    def _code(self, crew: Crew) -> int:
        outcomes, show = crew.progress.outcomes, self.session.show
        if crew.stops > 1:
            return INTERRUPTED
        if WRONG in crew.codes:
            return WRONG
        left = [number for number in range(len(self.cells)) if number not in outcomes]
        dead = [number for number in left if crew.deaths[number]]
        for number in dead:
            show.warn(f"not run: {describe(self.cells[number])}: every worker on it has died")
        if len(left) > len(dead):
            self._say_why(crew, [number for number in left if number not in dead])
            return EXIT_STOPPED
        if self.session.needs.redone and not dead:
            self.session.needs.redone.clear()
        bad = dead or {"failed", "unsound"} & set(outcomes.values())
        return EXIT_FAILED if bad else EXIT_OK

    def _say_why(self, crew: Crew, left: list[int]) -> None:
        """Say why cells are left: a stop, or another command that runs them."""
        show = self.session.show
        if crew.stops or not all(number in crew.progress.busy for number in left):
            show.say("stopped; the same command goes on from here")
            return
        for number in left:
            show.say(crew.progress.busy[number])
        show.say("another process runs the rest; the same command goes on later")
