"""Random generator: the floor of generators. Images of untrained ones, labelled once, trained on.

Idea. A generator with random weights already makes images with structure. A method's gain by
training its generator shows only against this; a fresh one is drawn for every batch.

Queries of one round. ``batch`` while budget is left, then none: training re-uses stored labels.

Variants. A floor has to be as strong as an untrained form of the method that it is held against, so
there is one for each head of a published generator: ``bn-tanh`` (DFME), ``tanh-bn`` (DAFL),
``bn-affine`` (ZSKT); ``stylegan`` for all methods under ``--generator stylegan``. The default is
the floor of methods that start grey, as IDEAL, CMI and DaST do.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from benchmark.method import param
from methods._blocks.collect import Collect
from methods._blocks.generators import GeneratorName, HeadName, build


class RandomGenerator(Collect):
    paper = "a floor of this suite; no paper"
    access = ("hard-label", "score")
    floor = True
    variants = {
        "bn-tanh": {"head": "bn-tanh"},
        "tanh-bn": {"head": "tanh-bn"},
        "bn-affine": {"head": "bn-affine"},
        "stylegan": {"generator": "stylegan"},
    }
    tiny = {"batch": 30, "passes": 2, "generator_width": 4, "latent_size": 8}

    @dataclass(frozen=True)
    class Config(Collect.Config):
        generator: GeneratorName = param("upsampling", "as IDEAL; others: its Table 6", later=True)
        head: HeadName = param("sigmoid", "as IDEAL; others: DFME, DAFL, ZSKT", later=True)
        generator_width: int = param(64, "as IDEAL", low=1)
        latent_size: int = param(256, "as IDEAL", low=1)

    def setup(self) -> None:
        super().setup()
        c = self.config
        self.generator = build(c.generator, self.spec, c.latent_size, c.generator_width, c.head)

    @torch.no_grad()
    def next_images(self, count: int) -> Tensor:
        self.generator.reset()
        return self.generator(self.generator.sample(max(count, 2)))[:count]  # batch norm: two
