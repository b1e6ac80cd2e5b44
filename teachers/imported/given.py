"""What a person says of a model, and what its file says: the part of a card that is "imported"."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from benchmark.errors import BenchError

FORMS = ("state-dict", "torchscript", "exported", "onnx")


@dataclass(frozen=True)
class Given:
    """How the images of a data set become those of a model. Colours are those of the images."""

    form: str
    architecture: str = ""  # of a state dict: the suite's, timm:NAME, or the class of a file
    network_sha256: str = ""  # of the file with that class
    channels: int = 0  # 0: those of the data set
    size: int = 0  # side in pixels, 0: that of the data set
    mean: tuple[float, ...] = ()  # of each channel, subtracted from values in [0, 1]
    std: tuple[float, ...] = ()
    output: str = ""  # of an ONNX file with several outputs

    def problem(self) -> str:
        """Why these values fit no model; "" where they may."""
        if self.form not in FORMS:
            return f"its form {self.form!r} is none of {', '.join(FORMS)}"
        if len(self.mean) != len(self.std):
            return "--mean and --std need equally many values, one a channel"
        if self.mean and self.channels not in (0, len(self.mean)):
            return f"--mean has {len(self.mean)} values for {self.channels} channels"
        if not all(map(math.isfinite, self.mean)) or not all(0 < s < math.inf for s in self.std):
            return "--mean must be finite, --std finite and above 0"
        if self.channels not in (0, 1, 3) or not 0 <= self.size <= 1024:
            return "--channels is 1 or 3, --size at most 1024 pixels"
        return ""

    def shape(self, of: tuple[int, int, int]) -> tuple[int, int, int]:
        """C, H, W as the model wants them, for images of shape ``of``."""
        channels = self.channels or len(self.mean) or of[0]
        return (channels, self.size or of[1], self.size or of[2])

    def digest(self, file_sha256: str) -> str:
        """SHA-256, in hex, of the model: its file and all that changes its answers.

        Usual values are left out, so that a field that is added later moves no digest.
        """
        usual = asdict(Given(self.form))
        decisive = {k: v for k, v in asdict(self).items() if k == "form" or v != usual[k]}
        text = json.dumps([file_sha256, decisive], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @classmethod
    def of_card(cls, told: Mapping[str, Any]) -> Given:
        """That of a card. Raises ``ValueError`` for a card of another form."""
        if "form" not in told or not told.keys() <= _KINDS.keys():
            raise ValueError("its card tells the import in another form")
        wrong = [n for n in told if type(told[n]) is not _KINDS[n]]
        if wrong or not all(type(v) is float for n in ("mean", "std") for v in told.get(n, ())):
            raise ValueError("its card tells the import in another form")
        values: dict[str, Any] = {n: tuple(v) if type(v) is list else v for n, v in told.items()}
        found = cls(**values)
        if problem := found.problem():
            raise ValueError(problem)
        return found


_KINDS = {
    name: list if kind.startswith("tuple") else {"str": str, "int": int}[kind]
    for name, kind in Given.__annotations__.items()
}


def checked(given: Given) -> Given:
    """The same; ``BenchError`` for values that fit no model."""
    if problem := given.problem():
        raise BenchError(problem)
    return given
