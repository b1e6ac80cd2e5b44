"""Noise: the floor. Random images without any learning, labelled once, trained on for some passes.

Idea. Spend the whole budget on images that no method has shaped, then train the student on them.
A method that does not beat this has not shown that its generator is worth anything.

Queries of one round. ``batch`` while budget is left, then none: training re-uses stored labels.

Variants (``kind``). ``uniform``: every pixel uniform in [0, 1]. ``smooth``: a sum of bilinearly
up-sampled standard-normal fields of 2x2, 4x4, a quarter and half of the image's size, each image
scaled to [0, 1]. ``blobs``: ``smooth`` through sigmoid(15 (x - 0.6)), bright shapes on dark ground.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from benchmark.method import param
from methods._blocks.collect import Collect
from methods._blocks.noise import Kind, noise


class Noise(Collect):
    paper = "a floor of this suite; no paper"
    access = ("hard-label", "score")
    floor = True
    version = 2
    variants = {"smooth": {"kind": "smooth"}, "blobs": {"kind": "blobs"}}
    tiny = {"batch": 30, "passes": 2}

    @dataclass(frozen=True)
    class Config(Collect.Config):
        kind: Kind = param("uniform", "the weakest of the three")

    def next_images(self, count: int) -> Tensor:
        return noise(self.config.kind, count, self.spec)
