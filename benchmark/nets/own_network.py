"""A network of a person's own file, ``net.py:Class``: of a teacher's weights, or of students."""

from __future__ import annotations

import hashlib
import sys
import types
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from benchmark.errors import BenchError
from benchmark.nets.names import OWN, own_parts
from benchmark.reading import read_source

SHOWN = 12  # hex digits of the digest in a name


@dataclass(frozen=True)
class Network:
    """A class in a file, whose content was read once: what is run is what was hashed."""

    file: str
    name: str  # of the class
    content: bytes

    @property
    def sha256(self) -> str:
        """SHA-256 of the file, in hex."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def label(self) -> str:
        """Its name in rows and tables, which another content does not have."""
        return f"{OWN}{self.name}@{self.sha256[:SHOWN]}"

    def make(self, channels: int, classes: int) -> nn.Module:
        """``Class(channels, classes)``. Runs the file, so ask for trust before.

        Raises ``BenchError`` where the file has no such class, or fails.
        """
        module = types.ModuleType(f"own_network_{self.sha256[:SHOWN]}")
        module.__file__ = self.file
        sys.modules[module.__name__] = module  # where dataclasses of the file look for their types
        try:
            exec(compile(self.content, self.file, "exec", dont_inherit=True), module.__dict__)
            found = getattr(module, self.name)(channels, classes)
        except Exception as problem:  # the file may do anything
            raise BenchError(
                f"{self.file}:{self.name} cannot be built as {self.name}(channels, classes): "
                f"{type(problem).__name__}: {problem}"
            ) from None
        if not isinstance(found, nn.Module):
            raise BenchError(f"{self.file}:{self.name} builds no torch.nn.Module")
        return found

    def fields(self) -> dict[str, str]:
        """All that another process needs to build it, as plain values."""
        return {"file": self.file, "name": self.name, "content": self.content.decode("latin-1")}


def of_fields(fields: Mapping[str, Any]) -> Network | None:
    """The network of ``Network.fields``; None without any."""
    if not fields:
        return None
    return Network(fields["file"], fields["name"], fields["content"].encode("latin-1"))


def read(architecture: str) -> Network:
    """The network that ``FILE.py:Class`` names. Runs nothing."""
    found = own_parts(architecture)
    assert found is not None, "the caller has asked"
    file, name = found
    try:
        return Network(str(file), name, read_source(file))
    except FileNotFoundError:
        raise BenchError(f"there is no file {file} with the network") from None


def build(architecture: str, sha256: str, channels: int, classes: int) -> nn.Module:
    """As ``Network.make``, of a file that must have this digest."""
    network = read(architecture)
    if network.sha256 != sha256:
        raise BenchError(
            f"{network.file} has changed since the teacher was imported; import it again"
        )
    return network.make(channels, classes)


def short(architecture: str) -> str:
    """``FILE.py:Class`` without the folder, as a card tells it."""
    file, _, name = architecture.rpartition(":")
    return f"{Path(file).name}:{name}"
