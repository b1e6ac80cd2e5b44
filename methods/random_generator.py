"""Random generator: the floor of generators. Images of untrained ones, labelled once, trained on.

Idea. A generator with random weights already makes images with structure. What a method gains by
training its generator shows only against this; a fresh one is drawn for every batch.

Queries of one round. ``batch`` while budget is left, then none: training re-uses stored labels.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from benchmark.method import param
from methods._blocks.collect import Collect
from methods._blocks.generators import GeneratorName, build


class RandomGenerator(Collect):
    paper = "a floor of this suite; no paper"
    access = ("hard-label", "score")
    floor = True
    tiny = {"batch": 30, "passes": 2, "generator_width": 4, "latent_size": 8}

    @dataclass(frozen=True)
    class Config(Collect.Config):
        generator: GeneratorName = param("upsampling", "as IDEAL; others: its Table 6", later=True)
        generator_width: int = param(64, "as IDEAL", low=1)
        latent_size: int = param(256, "as IDEAL", low=1)

    def setup(self) -> None:
        super().setup()
        c = self.config
        self.generator = build(c.generator, self.spec, c.latent_size, c.generator_width)

    @torch.no_grad()
    def next_images(self, count: int) -> Tensor:
        self.generator.reset()
        return self.generator(self.generator.sample(max(count, 2)))[:count]  # batch norm: two
