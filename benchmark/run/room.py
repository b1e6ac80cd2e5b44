"""Room on the disk for a run's files, looked for before its first query."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from benchmark.files import check_room
from benchmark.rows.file import LIMIT

MOMENTS = 2  # tensors that an optimiser may keep for each weight
RECEIPT = 12  # bytes that the account keeps of each query: hash and label


def needed(
    weights: Mapping[str, Tensor], sample: Mapping[str, Tensor], budget: int, journal: int
) -> int:
    """Bytes that the state, the journal, the row, the student and the sample of a run take.

    ``weights``: of the student; ``sample``: of its queries; ``journal``: bytes that it will
    still grow by. It is the least for any method: the size of a method's pool of images is not
    known here. A state lies on the disk twice while the new one replaces the old.
    """
    student, kept = _bytes(weights), _bytes(sample)
    state = (1 + MOMENTS) * student + RECEIPT * budget + kept
    end = student + kept + LIMIT // 8
    return state + max(state, end) + journal


def check(folder: Path, size: int, budget: int, student: str) -> None:
    """Raise ``StoreError`` where ``size`` bytes of a run do not fit on the disk of a folder."""
    check_room(folder, size, f"this run ({budget:,} queries, a {student})")


def _bytes(tensors: Mapping[str, Tensor]) -> int:
    return sum(of.numel() * of.element_size() for of in tensors.values())
