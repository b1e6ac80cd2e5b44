"""Files of networks of one's own, sound and unsound."""

from __future__ import annotations

from pathlib import Path

SOUND = """\
from torch import nn


class Tiny(nn.Module):
    def __init__(self, channels, classes):
        super().__init__()
        self.body = nn.Sequential(
            nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(16 * channels, classes)
        )

    def forward(self, images):
        return self.body(images)
"""


def write_net(folder: Path, old: str = "", new: str = "", name: str = "net.py") -> Path:
    """A file with the network ``Tiny``, in which ``new`` stands in the place of ``old``."""
    assert old in SOUND, "a change that changes nothing"
    path = folder / name
    path.write_text(SOUND.replace(old, new) if old else SOUND)
    return path
