"""A point of a run's curve: the official numbers of a student, from its weights alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from torch import nn

from benchmark.method import Method
from benchmark.nets.health import NotFinite
from benchmark.oracle import guard
from benchmark.run.failure import MethodFailure

if TYPE_CHECKING:
    from benchmark.run.runner import Run


def point(run: Run, mark: int, spent: int, student: nn.Module) -> dict[str, Any]:
    """Judge the weights of ``student``. No code of the method runs here, nor may any watch.

    Raises ``MethodFailure`` for a student of another architecture, or whose weights or answers are
    not finite: argmax would still name a class.
    """
    try:
        run.judged.load_state_dict(guard.weights_of(student))
    except Exception as problem:
        reason = str(problem).splitlines()[0].rstrip(":")
        text = f"the student is not of the architecture {run.cell.student}: {reason}"
        raise MethodFailure(TypeError(text)) from None
    try:
        run.soundness.check(run.steps, run.judged.state_dict())
        scalars = Method.logged(run.method)
        if watcher := guard.watcher():
            raise RuntimeError(f"{watcher}: it would see the test images")
        accuracy, agreement = run.setting.judge.score(run.judged)
    except NotFinite as problem:
        raise MethodFailure(problem.with_traceback(None)) from None  # no line of its is at fault
    except Exception as problem:
        raise MethodFailure(problem) from None
    found = {
        "mark": mark,
        "queries": spent,
        "step": run.steps,
        "accuracy": accuracy,
        "agreement": agreement,
        "seconds": round(run.clock.seconds, 3),
        "student_images": run.visits["student"],
        "labels_digest": run.account.digest(),
    }
    for name, value in scalars.items():
        found[f"method/{name}"] = value if math.isfinite(value) else None
    return found
