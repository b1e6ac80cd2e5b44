"""The row of a run: its official numbers, cost, provenance and audit fields."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from benchmark import env
from benchmark.method.engine import Engine
from benchmark.rows.row import Identity, Row
from benchmark.run.cells import Cell
from benchmark.run.record import Record
from benchmark.run.setting import Setting, foreign
from teachers import shelf


@dataclass(frozen=True)
class Planned:
    """A run before it begins: its cell in its setting, and the id that these make."""

    cell: Cell
    setting: Setting
    identity: Identity
    id: str

    @classmethod
    def of(cls, cell: Cell, setting: Setting) -> Planned:
        """The run of a cell."""
        other = foreign(cell, setting.places)
        identity = cell.identity(setting.dataset, setting.card, setting.training_id, other)
        return cls(cell, setting, identity, identity.run_id)


def row_of(
    planned: Planned, record: Record, engine: Engine, notes: list[str], error: str | None
) -> Row:
    """The complete row, or the failed one with the text of the method's error.

    ``notes``: the method's own on this run.
    """
    cell, setting, account, done = planned.cell, planned.setting, record.account, error is None
    per_class = account.labels[: account.spent].bincount(minlength=setting.spec.classes)
    made_by = {**env.provenance(setting.spec.device, cell.entry.files), **engine.described()}
    moves = _moves(record)
    if moves:
        made_by["deterministic"] = False
    return Row(
        **vars(planned.identity),
        id=planned.id,
        status="complete" if done else "failed",
        queries=account.spent,
        unique=account.unique(),
        steps=record.steps,
        **_scores(record, done),
        teacher_accuracy=setting.teacher_accuracy,
        teacher_shipped=shelf.is_shipped(setting.teacher.sha),
        teacher_name=setting.card.get("name", ""),
        floor=cell.entry.method.floor,
        real_images=record.real_images,
        notes=(*cell.notes, *notes, *moves),
        flags=(*record.flags, *_flags(planned, record, done)),
        error=error,
        **_costs(record),
        **record.reference,
        resumes=record.resumes,
        isolation=record.isolation,
        defended_accuracy=record.defended_accuracy,
        asked_in_all=_asked_in_all(record),
        rerun=_rerun(record),
        **made_by,
        method_sha=cell.entry.source_sha,
        data_digest=setting.test_digest,
        classes=setting.spec.classes,
        started=record.started,
        finished=now(),
        labels_per_class=tuple(per_class.tolist()),
        labels_digest=account.digest(),
        curve=tuple(record.curve),
    )


def _scores(record: Record, done: bool) -> dict[str, Any]:
    """Accuracy and agreement of the final student, and the best accuracy; None of a failed run."""
    if not done:
        return dict.fromkeys(("accuracy", "best_accuracy", "agreement"))
    last = record.curve[-1]
    best = max(point.accuracy for point in record.curve)
    return {"accuracy": last.accuracy, "best_accuracy": best, "agreement": last.agreement}


def _costs(record: Record) -> dict[str, Any]:
    """Times in seconds, images that networks were shown, memory."""
    return {
        "seconds": round(record.clock.seconds, 3),
        "cpu_seconds": round(record.clock.cpu_seconds, 3),
        "eval_seconds": round(record.clock.eval_seconds, 3),
        "student_images": record.visits["student"],
        "teacher_images": record.visits["teacher"],
        "teacher_gradients": record.visits["teacher_gradients"],
        "peak_memory_mb": record.peak_memory_mb,
    }


def now() -> str:
    """UTC, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def _moves(record: Record) -> list[str]:
    """A note on a run that went on elsewhere, which no single machine can repeat bit for bit."""
    return [f"begun and ended on {'; '.join(record.machines)}"] if len(record.machines) > 1 else []


def _asked_in_all(record: Record) -> int | None:
    """Images that all starts of a run have asked; None where its journal began after it."""
    journal = record.account.journal
    return journal.asked if journal and journal.complete else None


def _rerun(record: Record) -> int | None:
    """Images that other code of the method has asked as this run."""
    journal = record.account.journal
    return journal.asked_by_others if journal else None


def _flags(planned: Planned, record: Record, done: bool) -> list[str]:
    """The flags that a run's numbers and its teacher raise."""
    flags = {
        "asked-more": (_asked_in_all(record) or 0) > record.account.spent,
        "not-compared": done and record.copied is None,
        "teacher-copied": done and bool(record.copied),
        "under-used": done and record.account.spent < 0.95 * planned.cell.budget,
        "untrained": done and record.untrained,
        "weak-teacher": bool(planned.setting.weak),
    }
    return [name for name, raised in flags.items() if raised]
