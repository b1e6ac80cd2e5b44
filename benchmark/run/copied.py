"""Whether the student of a run is its teacher."""

from __future__ import annotations

from torch import nn

from benchmark.nets import likeness
from benchmark.nets.evaluate import logits
from benchmark.nets.health import named
from benchmark.run.setting import Setting

IMAGES = 1000  # of the test set, for which the answers of both are compared
NEAR = 99.0  # agreement in % from which a student may answer like its teacher in every logit


def of_teacher(setting: Setting, student: nn.Module, architecture: str, agreement: float) -> str:
    """What a student has of its teacher, in words; "" for a student of its own.

    ``agreement`` with the teacher in %. Students of another architecture hold no teacher.
    """
    if architecture != setting.card["architecture"]:
        return ""
    teacher = setting.load_teacher()
    weights = teacher.state_dict()
    if found := likeness.shared(weights, student.state_dict()):
        share = f"{len(found)} of {likeness.compared(weights)} weight tensors"
        least = min(found.values())
        return f"{share} are the teacher's (correlation from {least:.3f}): {named([*found])}"
    images = setting.judge.images[:IMAGES]
    if agreement >= NEAR and likeness.echoes(logits(teacher, images), logits(student, images)):
        return "it answers every image with the teacher's logits"
    return ""
