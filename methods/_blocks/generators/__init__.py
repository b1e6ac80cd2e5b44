"""Image generators: latent vectors to images in [0, 1], re-initialisable in place.

``build`` is how a method gets one; ``GeneratorName`` and ``HeadName`` are the types of its
``Config`` fields.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch

from benchmark.method import Spec
from methods._blocks.generators.base import Generator
from methods._blocks.generators.dcgan import DcganGenerator
from methods._blocks.generators.heads import HEADS, HeadName
from methods._blocks.generators.stylegan import StyleganGenerator
from methods._blocks.generators.transformer import TransformerGenerator
from methods._blocks.generators.upsampling import UpsamplingGenerator

__all__ = ["GENERATORS", "HEADS", "Generator", "GeneratorName", "HeadName", "build"]

GeneratorName = Literal["upsampling", "dcgan", "stylegan", "transformer"]
GENERATORS: dict[str, Callable[[tuple[int, int, int], int, int], Generator]] = {
    "upsampling": UpsamplingGenerator,
    "dcgan": DcganGenerator,
    "stylegan": StyleganGenerator,
    "transformer": TransformerGenerator,
}


def build(name: str, spec: Spec, latent: int, width: int, head: str = "sigmoid") -> Generator:
    """A new generator for the task's images, on its device, in the layout that is fast there.

    ``name``: one of ``GENERATORS``. ``latent``: numbers in a latent vector. ``width``: scales the
    channels of all layers; 64 is the released code's. ``head``: one of ``HEADS``.
    """
    for kind, value, known in (("generator", name, GENERATORS), ("head", head, HEADS)):
        if value not in known:
            raise ValueError(f"unknown {kind} {value!r}; known: {', '.join(known)}")
    generator = GENERATORS[name](spec.shape, latent, width)
    generator.head = HEADS[head](spec.shape[0])
    return generator.to(spec.device).to(memory_format=torch.channels_last)
