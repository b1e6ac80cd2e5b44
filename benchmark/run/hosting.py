"""The host of a run's method, and everything that the method is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from benchmark.host import remote
from benchmark.host.asked import Asked
from benchmark.host.host import Host
from benchmark.host.inside import Given, Inside
from benchmark.host.levels import THREAD, Isolation
from benchmark.method import Oracle, Spec
from benchmark.method.engine import Engine
from benchmark.oracle import Account, Journal, Observer, open_oracle
from benchmark.oracle.sample import Sample
from benchmark.oracle.serving import Serving
from benchmark.run import guarded
from benchmark.run.cells import Cell
from benchmark.run.record import Record
from benchmark.run.setting import Setting


@dataclass
class Hosting:
    """Opens the host of one cell's method, and the account of its queries."""

    cell: Cell
    setting: Setting
    spec: Spec
    record: Record
    engine: Engine
    graphs: bool
    isolation: Isolation
    stopping_for: Callable[[], float] = lambda: 0.0  # seconds since a signal asked it to stop
    on_trouble: Callable[[str], None] = lambda text: None

    def open(self, observer: Observer, journal: Journal) -> Host:
        """The host. The record gets its account, and the name of the images that it is given."""
        self.record.real_images, images = self.setting.real_images(self.cell)
        given = self._given(images)
        budget, precision = self.cell.budget, self.cell.precision
        told = (self.on_trouble, lambda: self.stopping_for() > 0)
        memory = self.record.memory = guarded.memory_of(self.cell)
        behind = guarded.Guarded(self.cell, self.setting).behind
        # Emptied by the oracle: nobody else keeps a teacher.
        box = [behind(self.setting.answerer(self.spec.access, budget, journal, *told), memory)]
        if self.isolation.level == THREAD:
            oracle, self.record.account, close = open_oracle(
                self.spec, budget, box, precision, observer, journal
            )
            return self.inside(given, oracle, close)
        sample = Sample(self.spec.shape, self.spec.classes)
        account = Account(budget, sample, journal)
        self.record.account = account
        serving = Serving(box.pop(), self.spec, precision, account, observer)
        how = (self.record.visits, self.isolation, self.stopping_for)
        return remote.hosted(given, self._asked(), serving, *how)

    def inside(self, given: Given, oracle: Oracle, close: Callable[[], None]) -> Host:
        """A host in this process."""
        return Inside(given, oracle, close, self.engine)

    def _given(self, images: Tensor | None) -> Given:
        cell = self.cell
        student = self.setting.build_student(cell.student, cell.seed, cell.own)
        parts = (cell.entry.method, cell.entry.name, cell.seed, self.spec, cell.config, student)
        return Given(*parts, self._white_box(), images)

    def _white_box(self) -> nn.Module | None:
        """The method's own teacher, which counts the images it sees; the oracle has another."""
        if self.cell.access != "white-box":
            return None
        return self.setting.load_teacher().eval().requires_grad_(False)

    def _asked(self) -> Asked:
        """How the method's process is to compute, and where its code comes from."""
        cell = self.cell
        return Asked(
            cell.entry.source,
            cell.student,
            cell.own,
            self.setting.card["architecture"],
            cell.budget,
            cell.precision,
            cell.arithmetic,
            self.graphs,
        )
