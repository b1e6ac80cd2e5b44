"""Facts on a split before it is decoded: its digest, and the number of images of each class.

Decoding 100,000 images takes half a minute, and a command needs the digest first to find the
teacher and the rows of a set. So the facts of a split that was decoded once are kept in the user's
cache folder, and hold while its files are unchanged (names, labels, sizes, inodes and times), and
the code and libraries that decode them.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import re
import time
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from benchmark.errors import BenchError
from benchmark.files import user_folder, write_atomically
from benchmark.reading import read_file, strict_json

SETTLED = 3.0  # seconds; a younger file may change again without another time stamp
LIMIT = 2**20  # bytes of a file of facts


class Facts(NamedTuple):
    """The digest of a split (``Split.digest``), and its number of images by label."""

    digest: str
    counts: tuple[int, ...]


class Stamp(NamedTuple):
    """The source of a split, the state of its files, and the time of their last change."""

    source: str
    state: str
    changed: float  # seconds since the epoch


def stamp(source: str, files: Iterable[tuple[str, Path | str]]) -> Stamp | None:
    """The stamp of files, each with a text that decides too (its name and label).

    None where a file cannot be looked at; reading it will say why.
    """
    sha, changed = hashlib.sha256(_decoder().encode()), 0.0
    try:
        for text, path in files:
            found = os.stat(path)
            times = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
            sha.update(repr((text, times)).encode())
            changed = max(changed, found.st_mtime, found.st_ctime)
    except OSError:
        return None
    return Stamp(source, sha.hexdigest(), changed)


def recall(now: Stamp | None) -> Facts | None:
    """The facts that were kept for exactly this stamp, or None."""
    if now is None:
        return None
    try:
        kept = strict_json(read_file(_path(now), LIMIT))
        sound = isinstance(kept, dict) and kept["state"] == now.state
        sound = sound and re.fullmatch("[0-9a-f]{64}", kept["digest"])
        sound = sound and all(type(count) is int and count >= 0 for count in kept["counts"])
        return Facts(kept["digest"], tuple(kept["counts"])) if sound else None
    except (OSError, BenchError, ValueError, KeyError, TypeError):
        return None


def keep(before: Stamp | None, after: Stamp | None, facts: Facts) -> None:
    """Keep the facts of a split decoded between two stamps, if no file can have changed meanwhile.

    A failed write is ignored: the split is decoded again next time.
    """
    if before is None or before != after or time.time() - before.changed < SETTLED:
        return
    with contextlib.suppress(OSError, BenchError):
        path = _path(before)
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {"source": before.source, "state": before.state, **facts._asdict()}
        write_atomically(path, json.dumps(content).encode())


def _path(of: Stamp) -> Path:
    name = hashlib.sha256(of.source.encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return user_folder("cache", "BENCH_CACHE") / "splits" / f"{name}.json"


@functools.cache
def _decoder() -> str:
    """The code and the libraries that turn files into pixels."""
    import PIL
    from PIL import features

    code = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        code.update(path.read_bytes())
    libraries = [
        features.version(name) for name in ("jpg", "jpg_2000", "zlib", "libtiff", "webp", "avif")
    ]
    return repr((code.hexdigest(), PIL.__version__, libraries, version("torchvision")))
