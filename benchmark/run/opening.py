"""Opening the settings of cells; a missing teacher is trained first, by one worker for all."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmark.datasets import Dataset
from benchmark.run import preparing, setting
from benchmark.run.cells import Cell
from benchmark.run.needs import Needs
from benchmark.run.setting import Setting
from benchmark.run.team import LOOK_EVERY
from teachers.names import endpoint_of
from teachers.resolving import TeacherRef


class Stopped(Exception):
    """A worker was to stop while it waited for the teacher that another one trains."""


@dataclass
class Settings:
    """The settings of a worker's cells, the last one kept."""

    needs: Needs
    should_stop: Callable[[], bool]
    _kept: dict[tuple, Setting] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)

    def of(self, cell: Cell) -> Setting:
        """The setting of a cell. Raises ``Stopped``."""
        key = (cell.dataset, cell.size, cell.teacher)
        if key not in self._kept:
            teacher, needs = self.have_teacher(cell), self.needs
            self.close()
            parts = (cell, teacher, needs.data(cell), needs.places, needs.device)
            self._kept = {key: setting.open_setting(*parts)}
        return self._kept[key]

    def have_teacher(self, cell: Cell) -> TeacherRef:
        """The teacher of a cell: trained, or waited for while another worker does. Raises
        ``Stopped``.
        """
        while (teacher := self.needs.teacher(cell)) is None:
            if not self._trained(cell, self.needs.data(cell)):
                if self.should_stop():
                    raise Stopped
                time.sleep(LOOK_EVERY)
        return teacher

    def _trained(self, cell: Cell, data: Dataset) -> bool:
        """Train the teacher of a cell; False where another worker does."""
        folder, show = self.needs.places.teachers, self.needs.show
        with preparing.claim(data, cell.teacher, folder) as lease:
            if not lease.mine:
                self.tell_once(
                    f"waiting: {lease.holder} trains the {cell.teacher} teacher of {data.name} (it "
                    f"holds {lease.path})"
                )
            elif self.needs.teacher(cell) is None:
                file = self._made(cell.teacher, data, folder)
                show.say(f"teacher saved as {file}")
            return lease.mine

    def _made(self, teacher: str, data: Dataset, folder: Path) -> Path:
        """Train a teacher, or measure an endpoint."""
        show = self.needs.show
        if endpoint_of(teacher):
            return preparing.measure(teacher, data, folder, show, self.should_stop)
        show.say(preparing.no_teacher(teacher, data, folder))
        return preparing.train(data, teacher, folder, self.needs.device, show)

    def close(self) -> None:
        """Let go of what is kept."""
        for kept in self._kept.values():
            kept.close()
        self._kept = {}

    def tell_once(self, text: str) -> None:
        """Say a line that is no news the second time; "" is none."""
        if text and text not in self._told:
            self._told.add(text)
            self.needs.show.say(text)
