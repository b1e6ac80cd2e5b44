"""Normal KD: the ceiling, distillation on the teacher's own training images (Hinton et al. 2015).

Idea. Every data-free method wants to come near this: the student is trained on real images of the
task, with the teacher's class probabilities. It is not data-free and asks for more than a label, so
it stands in tables of its own.

Losses. T^2 KL(teacher || student), both softened by the temperature T.

Queries of one round. ``batch`` while budget is left, then none: training re-uses stored answers.

Deviations.
1. The IDEAL paper's Table 1 states neither temperature nor schedule; T = 4 is this suite's, and the
   schedule is that of its floors.
2. Each answer is paid for once. A budget larger than the training set buys views of its images:
   shifted, not mirrored, as a mirrored digit is another sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from benchmark.method import param
from methods._blocks.real_images import RealImages


class NormalKd(RealImages):
    paper = "Hinton, Vinyals, Dean: Distilling the Knowledge in a Neural Network, 2015"
    access = ("real-data",)
    real_images = "own"
    tiny = {"batch": 30, "passes": 2}

    @dataclass(frozen=True)
    class Config(RealImages.Config):
        temperature: float = param(4.0, "this suite; the usual value of later work", low=1e-3)
        view: Literal["none", "flip", "crop", "crop+flip"] = param(
            "crop", "this suite, from the 2nd pass"
        )

    @property
    def temperature(self) -> float:
        return self.config.temperature
