"""Image generators: latent vectors to images in [0, 1], re-initialisable in place.

``build`` is how a method gets one; ``GeneratorName`` is the type of its ``Config`` field.
"""

from __future__ import annotations

from typing import Literal

import torch

from benchmark.method import Spec
from methods._blocks.generators.base import Generator
from methods._blocks.generators.dcgan import DcganGenerator
from methods._blocks.generators.stylegan import StyleganGenerator
from methods._blocks.generators.transformer import TransformerGenerator
from methods._blocks.generators.upsampling import UpsamplingGenerator

GeneratorName = Literal["upsampling", "dcgan", "stylegan", "transformer"]
GENERATORS: dict[str, type[Generator]] = {
    "upsampling": UpsamplingGenerator,
    "dcgan": DcganGenerator,
    "stylegan": StyleganGenerator,
    "transformer": TransformerGenerator,
}


def build(name: str, spec: Spec, latent: int, width: int) -> Generator:
    """A new generator for the task's images, on its device, in the layout that is fast there.

    ``name``: one of ``GENERATORS``. ``latent``: numbers in a latent vector. ``width``: scales the
    channels of all layers; 64 is the released code's.
    """
    if name not in GENERATORS:
        raise ValueError(f"unknown generator {name!r}; known: {', '.join(GENERATORS)}")
    generator = GENERATORS[name](spec.shape, latent, width)
    return generator.to(spec.device, memory_format=torch.channels_last)
