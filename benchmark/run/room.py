"""Room on the disk for what a run will write, looked for before its first query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmark.files import check_room
from benchmark.rows.file import LIMIT

if TYPE_CHECKING:
    from benchmark.run.runner import Run

MOMENTS = 2  # tensors that an optimiser may keep for each weight
RECEIPT = 12  # bytes that the account keeps of each query: hash and label


def check(run: Run) -> None:
    """Raise ``StoreError`` where state, purchases, row, student, sample of a run do not fit.

    It is the least that any method needs: a pool of images makes a state larger, and is not known
    here. A state lies on the disk twice while the new one replaces the old.
    """
    weights = sum(of.numel() * of.element_size() for of in run.judged.state_dict().values())
    sample = sum(of.numel() * of.element_size() for of in run.account.sample.state_dict().values())
    state = (1 + MOMENTS) * weights + RECEIPT * run.cell.budget + sample
    end = weights + sample + LIMIT // 8
    bought = run.bought.left if run.bought else 0
    what = f"this run ({run.cell.budget:,} queries, a {run.cell.student})"
    check_room(run.store.states, state + max(state, end) + bought, what)
