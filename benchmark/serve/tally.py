"""What each client was answered, in a file that outlives the server.

A file a teacher, which one server at a time has (``rows.lease``). It is text: a line with the
teacher, then a line for each request that is counted, each with a CRC-32 that begins with the
number of its line. At a start it is read, checked and rewritten with a line a client.

A line is written before its request is answered, so a server that is killed has answered nothing
uncounted; at most its last line is torn, whose answer never left. Written is not on the disk: that
comes once a second, since no client can cause the power cut that alone tells the difference, and a
sync takes as long as the answer to some images. A power cut forgets at most one second's requests.
"""

from __future__ import annotations

import contextlib
import json
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmark.files import StoreError, make_folder, user_folder, why, write_atomically
from benchmark.oracle.journal.appended import Appended
from benchmark.reading import read_file, strict_json
from benchmark.rows import lease
from benchmark.serve.served import Served

SYNC_EVERY = 1.0  # seconds
LIMIT = 2**30  # bytes
FORMAT = "bench-serve-count-1"
CURE = "put back a sound copy, or move it away, and the count begins anew"


def default_folder() -> Path:
    """Where the counts lie: ``BENCH_SERVE``, or a folder of the user's state."""
    return user_folder("serve", "BENCH_SERVE", "state")


@dataclass
class Counted:
    """Of one client, over all starts."""

    images: int = 0
    calls: int = 0


class Tally:
    """The one writer of a file of counts. ``held`` opens it."""

    def __init__(
        self,
        path: Path,
        head: dict[str, str],
        lost: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``lost``: whether another process has taken the file over. Raises ``StoreError``."""
        self.path, self._lost, self._clock = path, lost, clock
        self.counts = _read(path, head)
        lines = [head, *({"client": name, **vars(of)} for name, of in self.counts.items())]
        write_atomically(path, b"".join(_lines(lines)))
        self._number, self._broken = len(lines), ""
        try:
            self._file = Appended(path)
        except OSError as problem:
            raise StoreError(f"cannot open {path}: {why(problem)}") from None
        self._synced = clock()

    def add(self, client: str, images: int, calls: int) -> None:
        """Write what a request counts. Raises ``StoreError``: then it must not be answered."""
        if self._broken or self._lost():
            raise StoreError(self._broken or f"another server counts in {self.path} by now")
        line = {"client": client, "images": images, "calls": calls}
        try:
            self._file.append(b"".join(_lines([line], self._number)))
        except StoreError:
            with contextlib.suppress(OSError):  # a torn line may not stand before a whole one
                self._file.cut(self._file.end)
            raise
        self._number += 1
        of = self.counts.setdefault(client, Counted())
        of.images, of.calls = of.images + images, of.calls + calls
        if self._clock() - self._synced >= SYNC_EVERY:
            self._sync()

    def close(self) -> None:
        """Let go of the file, with all on the disk. Raises ``StoreError``."""
        try:
            self._sync()
        finally:
            self._file.close()

    def _sync(self) -> None:
        try:
            self._file.sync()
        except StoreError as problem:
            # What a system could not sync it forgets, so a second try would only seem to work.
            self._broken = f"{problem}; start the server again when the disk is sound"
            raise
        self._synced = self._clock()


@contextlib.contextmanager
def held(folder: Path, served: Served) -> Iterator[Tally]:
    """The file of a teacher's counts, while the block runs. Raises ``StoreError``.

    Another server that has it, a file of another teacher and a damaged one are refused.
    """
    make_folder(folder)
    sha = str(served.card["sha256"])
    path = folder / f"{served.name}-{sha[:12]}.count"
    with lease.hold(path.with_suffix(".lock")) as own:
        if not own.mine:
            raise StoreError(
                f"{own.holder} serves {served.name} too and counts in {path}: stop it, or give "
                "another --state-dir, where the counts and quotas are others"
            )
        head = {"format": FORMAT, "model": served.name, "sha256": sha}
        tally = Tally(path, head, lambda: own.lost)
        try:
            yield tally
        finally:
            tally.close()


def _lines(trees: Iterable[dict[str, Any]], number: int = 0) -> Iterator[bytes]:
    """Lines of a file, of which the first has this number."""
    for at, tree in enumerate(trees, number):
        text = json.dumps(tree).encode()
        yield b"%08x %s\n" % (zlib.crc32(text, at), text)


def _read(path: Path, head: dict[str, str]) -> dict[str, Counted]:
    """What a file has counted; a torn last line is left out. Raises ``StoreError``."""
    try:
        content = read_file(path, LIMIT)
    except FileNotFoundError:
        return {}
    *whole, _ = content.split(b"\n")
    trees = [_tree(line, number) for number, line in enumerate(whole)]
    if not trees or trees[0] is None or trees[0].get("format") != FORMAT:
        raise StoreError(f"{path} is no count of bench serve, or damaged at its head: {CURE}")
    if trees[0] != head:
        raise StoreError(f"{path} counts for another teacher, {trees[0].get('model')}: {CURE}")
    counts: dict[str, Counted] = {}
    for number, tree in enumerate(trees[1:], 1):
        if tree is None:
            raise StoreError(f"{path} is damaged at line {number + 1:,}: {CURE}")
        of = counts.setdefault(tree["client"], Counted())
        of.images, of.calls = of.images + tree["images"], of.calls + tree["calls"]
    return counts


def _tree(line: bytes, number: int) -> dict[str, Any] | None:
    """What a line says; None for one that is not as it was written."""
    check, _, text = line.partition(b" ")
    if check != b"%08x" % zlib.crc32(text, number):
        return None
    with contextlib.suppress(ValueError):
        tree = strict_json(text)
        return tree if isinstance(tree, dict) else None
    return None
