"""A network of a person's own file: ``net.py:Class``."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import sys
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


def source_sha(architecture: str) -> str:
    """SHA-256, in hex, of the file."""
    file, _ = parts(architecture)
    try:
        return hashlib.sha256(read_source(file)).hexdigest()
    except FileNotFoundError:
        raise BenchError(f"there is no file {file} with the network") from None


def build(architecture: str, sha256: str, channels: int, classes: int) -> nn.Module:
    """``Class(channels, classes)``. Runs the file, so ask for trust before.

    Raises ``BenchError`` where the file has changed since, has no such class, or fails.
    """
    file, name = parts(architecture)
    if source_sha(architecture) != sha256:
        raise BenchError(f"{file} has changed since the teacher was imported; import it again")
    spec = importlib.util.spec_from_file_location(f"own_network_{sha256[:12]}", file)
    assert spec and spec.loader, "a .py file has a loader"
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
        found = getattr(module, name)(channels, classes)
    except Exception as problem:  # the file may do anything
        raise BenchError(
            f"{architecture} cannot be built as {name}(channels, classes): "
            f"{type(problem).__name__}: {problem}"
        ) from None
    if not isinstance(found, nn.Module):
        raise BenchError(f"{architecture} builds no torch.nn.Module")
    return found
