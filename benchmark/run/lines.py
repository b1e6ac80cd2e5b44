"""A run in one line: its cell, and its outcome."""

from __future__ import annotations

from benchmark import text
from benchmark.host.failure import frame_in, reason
from benchmark.parse import short
from benchmark.rows.lease import Lease
from benchmark.rows.row import USUAL, Row
from benchmark.run.cells import Cell
from teachers.names import shown


def describe(cell: Cell) -> str:
    """A cell in one line: method, data set, teacher to student, budget, seed."""
    changed = ",".join(f"{name}={value}" for name, value in cell.overrides.items())
    method = f"{cell.entry.label}({changed})" if changed else cell.entry.label
    special = "" if cell.scale == 1 else f"rehearsal {cell.scale:g}  "
    special += f"behind {cell.defence}  " if cell.defence else ""
    special += "" if cell.arithmetic == USUAL["arithmetic"] else f"{cell.arithmetic}  "
    return text.line(
        f"{method}  {cell.dataset}  {shown(cell.teacher)}->{cell.student}  {short(cell.budget)}  "
        f"{special}seed {cell.seed}"
    )


def exists(cell: Cell, row: Row) -> str:
    """The line on a cell that has its row."""
    other = not cell.entry.is_of(row.method_sha)
    note = "  [by other code: raise the method's version, or --force]" if other else ""
    return f"exists   {describe(cell)}  {row.accuracy:.2f} %{note}"


def locked(cell: Cell, lease: Lease) -> str:
    """The line on a cell that another process runs."""
    return f"skipped  {describe(cell)}: {lease.holder} is running it (it holds {lease.path})"


def report(cell: Cell, row: Row) -> str:
    """The line on the screen after a run; for a failure also the line in the method's file."""
    if row.status == "failed":
        where = frame_in(row.failure, [file.name for file in cell.entry.files])
        below = f"\n         {where}" if where else ""
        return f"failed   {describe(cell)}: {reason(row.failure)}{below}"
    code = {True: ["uncommitted code"], None: ["commit unknown"]}.get(row.dirty, [])
    notes = [*row.flags, *code]
    flags = f"  [{', '.join(notes)}]" if notes else ""
    spent = "" if row.queries == row.budget else f"  {row.queries:,} queries"
    reference = ""
    if row.reference_accuracy is not None:
        reference = f" (reference {row.reference_accuracy:.2f} %)"
    accuracy = f"{row.accuracy:.2f} %{reference}"
    if row.defended_accuracy is not None:
        accuracy += f" (honest users {row.defended_accuracy:.2f} %)"
    return f"done     {describe(cell)}  {accuracy}{spent}  {row.seconds:.0f} s{flags}"
