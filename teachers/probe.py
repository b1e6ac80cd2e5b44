"""A fingerprint of a network's function, the same under every version of a library."""

from __future__ import annotations

import copy
import hashlib
import math

import numpy as np
import torch
from torch import nn

from benchmark.nets.architectures import Shape

PROBE_IMAGES = 256
BATCH, PIXELS = 32, 2**22  # images at a time, fewer where they are large
GRAINS = (1, 2, 4, 8)  # pixels


def probe(module: nn.Module, shape: Shape) -> str:
    """SHA-256, in hex, of the labels ``module`` gives to 256 fixed images of ``shape``.

    The pixels come from SHAKE-256, so no library can change them. A quarter each is noise in
    squares of 1, 2, 4 and 8 pixels: on noise of one grain most networks answer one label. Computed
    in float64, where no device's rounding turns a close decision.
    """
    _, height, width = shape
    pixels = math.prod(shape)
    stream = hashlib.shake_256(b"teacher probe 1").digest(PROBE_IMAGES * pixels)
    noise = np.frombuffer(stream, np.uint8).reshape(PROBE_IMAGES, *shape)
    together = max(1, min(BATCH, PIXELS // pixels))
    device = next(module.parameters()).device
    device = torch.device("cpu") if device.type == "mps" else device  # it has no float64
    exact = copy.deepcopy(module).to(device).double().eval()
    labels = []
    for grain, images in zip(GRAINS, np.split(noise, len(GRAINS)), strict=True):
        corner = images[:, :, : -(-height // grain), : -(-width // grain)]  # enough to fill all
        for part in torch.from_numpy(corner.copy()).split(together):
            part = part.repeat_interleave(grain, 2).repeat_interleave(grain, 3)
            part = part[:, :, :height, :width].to(device, torch.float64) / 255
            with torch.inference_mode():
                labels.append(exact(part).argmax(dim=1).cpu())
    return hashlib.sha256(torch.cat(labels).numpy().astype("<i8").tobytes()).hexdigest()
