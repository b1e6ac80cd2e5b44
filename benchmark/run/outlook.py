"""The outlook of a plan in one paragraph: runs, queries, hours here, teachers and data needed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from benchmark.endpoint import CANARY_QUERIES, cost, read
from benchmark.nets.names import is_architecture
from benchmark.parse import spoken
from benchmark.rows.row import Row
from benchmark.run import estimates, flops
from benchmark.run.cells import Cell
from benchmark.run.sharing import Share
from teachers.names import endpoint_of, shown

DONE = "exists"
WORDS = {  # by the next step of a cell
    DONE: ("exists", "exist"),
    "resumes": ("goes on from a saved state", "go on from a saved state"),
    "unsound": ("has an unsound file", "have an unsound file"),
}
TO_BE_MADE = ("is to be made", "are to be made")


@dataclass(frozen=True)
class Outlook:
    """The cells of a command with the next step of each, and what is known of their speed."""

    cells: list[Cell]
    steps: list[str]
    rows: list[Row]
    profiles: list[dict[str, Any]]
    # By teacher: how many images an endpoint that is not measured yet is asked.
    test_images: dict[str, int] = field(default_factory=dict)

    def paragraph(self, share: Share, device: str) -> str:
        """Sentences for people. ``device``: its name, with the threads that each run gets."""
        return " ".join(
            part
            for part in (self._runs(), self._time(share, device), self._price(), self._needs())
            if part
        )

    @property
    def todo(self) -> list[Cell]:
        """The cells that have no row yet."""
        return [c for c, step in zip(self.cells, self.steps, strict=True) if step != DONE]

    def _runs(self) -> str:
        queries = sum(cell.budget for cell in self.todo)
        found: Counter = Counter()
        for step in self.steps:
            found[WORDS.get(step, TO_BE_MADE)] += 1
        parts = [f"{count} {words[count > 1]}" for words, count in found.items()]
        runs = f"{len(self.cells)} run{'s' * (len(self.cells) != 1)}"
        return f"{runs}, at most {queries:,} queries to be spent: {', '.join(parts)}."

    def _time(self, share: Share, device: str) -> str:
        if not self.todo:
            return ""
        known = [self._seconds(cell, device) for cell in self.todo]
        seconds = [one[0] for one in known if one]
        if not seconds:
            return "How long they take is unknown: no row or profile is like them."
        others = sorted({one[1] for one in known if one and one[1] != device})
        some = f"{len(seconds)} of them take{'s' * (len(seconds) == 1)}"
        subject = "They take" if len(seconds) == len(known) else some
        at_once = f", {share.jobs} at once" if share.jobs > 1 else ""
        guess = f" (a guess, by runs on {'; '.join(others)})" if others else ""
        # The longest run is the least that all take, however many run beside it.
        least = max(max(seconds), sum(seconds) / share.jobs)
        return f"{subject} about {spoken(least)} on this machine{at_once}{guess}."

    def _seconds(self, cell: Cell, device: str) -> tuple[float, str] | None:
        """Seconds of a run and the device that they were measured on: this one, if any was."""
        for rows in ([row for row in self.rows if row.device == device], self.rows):
            timed = [row for row in rows if row.complete]
            if found := estimates.rate(cell, timed):
                rate, _, measured_on = found
                return rate * cell.budget, measured_on
        profile = flops.nearest(cell, self.profiles)
        if profile is None:
            return None
        return profile["seconds_per_1k_queries"] / 1000 * cell.budget, profile["device"]

    def _price(self) -> str:
        """What the endpoints among the teachers cost: the budgets, and the evaluator's own."""
        parts = []
        for teacher in dict.fromkeys(cell.teacher for cell in self.todo):
            if (file := endpoint_of(teacher)) is None:
                continue
            own = self.test_images.get(teacher, 0) + CANARY_QUERIES
            budgets = [cell.budget for cell in self.todo if cell.teacher == teacher]
            costs = [cost(read(file), count) for count in (*budgets, own)]
            parts.append(
                f"{shown(teacher)} is asked {sum(budgets) + own:,} images at most, {own:,} of them "
                f"by the evaluator: {_sum('${:,.2f} at its price', [c.dollars for c in costs])}, "
                f"{_sum('{:.2g} hours at its rate', [c.hours for c in costs])}."
            )
        return " ".join(parts)

    def _needs(self) -> str:
        wanted: dict[str, None] = {}
        for cell, step in zip(self.cells, self.steps, strict=True):
            if step == "data":
                wanted[f"the data set {cell.dataset}"] = None
            if step == "teacher" and is_architecture(cell.teacher):
                wanted[f"a {cell.teacher} teacher of {cell.dataset}, trained first"] = None
        return f"Needed: {'; '.join(wanted)}." if wanted else ""


def _sum(words: str, values: list[float | None]) -> str:
    """The sum in words; an endpoint's file that tells no price or rate gives None."""
    known = [value for value in values if value is not None]
    return words.format(sum(known)) if known else f"no {words.rpartition(' ')[2]} is told"
