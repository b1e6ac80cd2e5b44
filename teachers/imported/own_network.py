"""A network of a person's own file: ``net.py:Class``."""

from __future__ import annotations

import hashlib
import re
import sys
import types
from pathlib import Path

from torch import nn

from benchmark.errors import BenchError
from benchmark.reading import read_source


def is_own(architecture: str) -> bool:
    """Whether an architecture is written ``FILE.py:Class``."""
    return re.search(r"\.py:\w+$", architecture) is not None


def parts(architecture: str) -> tuple[Path, str]:
    """The file and the name of the class."""
    file, _, name = architecture.rpartition(":")
    return Path(file), name


def source(architecture: str) -> bytes:
    """The content of the file."""
    file, _ = parts(architecture)
    try:
        return read_source(file)
    except FileNotFoundError:
        raise BenchError(f"there is no file {file} with the network") from None


def build(architecture: str, sha256: str, channels: int, classes: int) -> nn.Module:
    """``Class(channels, classes)``. Runs the file, so ask for trust before.

    The bytes that are run are those of the digest. Raises ``BenchError`` where the file has changed
    since, has no such class, or fails.
    """
    file, name = parts(architecture)
    content = source(architecture)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise BenchError(f"{file} has changed since the teacher was imported; import it again")
    module = types.ModuleType(f"own_network_{sha256[:12]}")
    module.__file__ = str(file)
    sys.modules[module.__name__] = module  # where dataclasses of the file look for their types
    try:
        exec(compile(content, str(file), "exec"), module.__dict__)
        found = getattr(module, name)(channels, classes)
    except Exception as problem:  # the file may do anything
        raise BenchError(
            f"{architecture} cannot be built as {name}(channels, classes): "
            f"{type(problem).__name__}: {problem}"
        ) from None
    if not isinstance(found, nn.Module):
        raise BenchError(f"{architecture} builds no torch.nn.Module")
    return found
