"""The row of a run: its official numbers, cost, provenance and audit fields."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Protocol

from benchmark import env
from benchmark.method.engine import Engine
from benchmark.method.visits import Visits
from benchmark.oracle.account import Account
from benchmark.rows.store import Row
from benchmark.run.cells import Cell
from benchmark.run.clock import Clock
from benchmark.run.setting import Setting
from teachers import shelf


class Ended(Protocol):
    """What a row is made of: a run that has ended."""

    id: str
    identity: dict[str, Any]
    cell: Cell
    setting: Setting
    account: Account
    engine: Engine
    clock: Clock
    visits: Visits
    steps: int
    resumes: int
    curve: list[dict[str, Any]]
    flags: list[str]
    untrained: bool
    notes: list[str]
    real_images: str
    places: list[str]
    peak_memory_mb: float | None
    reference: dict[str, Any]
    started: str


def row_of(run: Ended, error: str | None) -> Row:
    """The complete row, or the failed one with the text of the method's error."""
    setting, account, done = run.setting, run.account, error is None
    last = run.curve[-1] if done else {}
    per_class = account.labels[: account.spent].bincount(minlength=setting.spec.classes)
    return {
        **run.identity,
        "id": run.id,
        "status": "complete" if done else "failed",
        "queries": account.spent,
        "unique": account.unique(),
        "steps": run.steps,
        "accuracy": last.get("accuracy"),
        "best_accuracy": max(point["accuracy"] for point in run.curve) if done else None,
        "agreement": last.get("agreement"),
        "teacher_accuracy": setting.teacher_accuracy,
        "teacher_shipped": shelf.is_shipped(setting.card["sha256"]),
        "floor": run.cell.entry.method.floor,
        "real_images": run.real_images,
        "notes": [*run.cell.notes, *run.notes, *_moves(run)],
        "flags": [*run.flags, *_flags(run, done)],
        "error": error,
        "seconds": round(run.clock.seconds, 3),
        "cpu_seconds": round(run.clock.cpu_seconds, 3),
        "eval_seconds": round(run.clock.eval_seconds, 3),
        "student_images": run.visits["student"],
        "teacher_images": run.visits["teacher"],
        "teacher_gradients": run.visits["teacher_gradients"],
        "peak_memory_mb": run.peak_memory_mb,
        **run.reference,
        "resumes": run.resumes,
        **env.provenance(setting.spec.device, run.cell.entry.files),
        **({"deterministic": False} if _moves(run) else {}),
        **run.engine.described(),
        "method_sha": run.cell.entry.source_sha,
        "data_digest": setting.test_digest,
        "classes": setting.spec.classes,
        "started": run.started,
        "finished": now(),
        "labels_per_class": per_class.tolist(),
        "labels_digest": account.digest(),
        "curve": run.curve,
    }


def now() -> str:
    """UTC, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def _moves(run: Ended) -> list[str]:
    """A note on a run that went on elsewhere, which no single place can repeat bit for bit."""
    return [f"begun and ended on {'; '.join(run.places)}"] if len(run.places) > 1 else []


def _flags(run: Ended, done: bool) -> list[str]:
    """What a reader has to know of a run; that it failed says the rest."""
    flags = {
        "under-used": done and run.account.spent < 0.95 * run.cell.budget,
        "untrained": done and run.untrained,
        "weak-teacher": bool(run.setting.weak),
    }
    return [name for name, raised in flags.items() if raised]
