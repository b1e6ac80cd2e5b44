"""Waiting, so that the clients of a machine together stay below the rate of an endpoint."""

from __future__ import annotations

import hashlib
import os
import stat
import struct
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from benchmark.endpoint.form import Endpoint
from benchmark.endpoint.turns import turn
from benchmark.files import StoreError, why
from benchmark.oracle.journal.appended import BEGIN, opened

SHARE = 0.95  # of the allowed rate; the two clocks differ
SLOT = struct.Struct("<dd")  # when it was written, and the next free moment


class Slots(Protocol):
    """Hands out moments at which calls may be sent."""

    def take(self, now: float, seconds: float) -> float:
        """The first free moment from ``now`` on; the next one is ``seconds`` later."""
        ...


class Alone:
    """The moments of one client."""

    def __init__(self) -> None:
        self._free = float("-inf")
        self._lock = threading.Lock()

    def take(self, now: float, seconds: float) -> float:
        """See ``Slots``."""
        with self._lock:
            begin = max(now, self._free)
            self._free = begin + seconds
            return begin


class Shared:
    """The moments of all clients of one machine, in a file; a client that is killed holds nothing.

    The clock is ``time.monotonic``, which all processes of a machine share, and which begins anew
    with it: a moment that was written later than now is of an earlier boot.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def take(self, now: float, seconds: float) -> float:
        """See ``Slots``. Raises ``StoreError`` where the file cannot be used."""
        try:
            with turn(self.path.with_suffix(".lock")), opened(self.path, BEGIN) as file:
                begin = max(now, _free(file.read(SLOT.size), now))
                file.seek(0)
                file.write(SLOT.pack(now, begin + seconds))  # 16 bytes, whole or not at all
                return begin
        except OSError as problem:
            raise StoreError(
                f"cannot keep the rate of an endpoint in {self.path}: {why(problem)}; give a "
                "folder of this machine with TMPDIR"
            ) from None


def shared(endpoint: Endpoint) -> Shared:
    """Those of all clients with this address and key. Raises ``StoreError``."""
    signer = endpoint.signer
    who = "\0".join((endpoint.url, signer.env, signer.profile, *signer.command))
    return Shared(_folder() / f"{hashlib.sha256(who.encode()).hexdigest()[:16]}.slot")


class Limiter:
    """A token bucket of one call: each call is paid for in time before the next is sent."""

    def __init__(
        self,
        rate: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        slots: Slots | None = None,
    ) -> None:
        """``rate``: units a second, 0 for no limit. ``slots``: default, those of this one alone."""
        self._rate, self._clock, self._sleep = rate * SHARE, clock, sleep
        self._slots = slots or Alone()

    def wait(self, units: int) -> None:
        """Return once a call of so many units may be sent."""
        if not self._rate:
            return
        begin = self._slots.take(self._clock(), units / self._rate)
        while (left := begin - self._clock()) > 0:
            self._sleep(left)


def _free(content: bytes, now: float) -> float:
    """The free moment that a file tells; none where it is new, torn, or of an earlier boot."""
    if len(content) != SLOT.size:
        return now
    written, free = SLOT.unpack(content)
    return free if written <= now else now


def _folder() -> Path:
    """A folder of this user on this machine, which a restart may empty. Raises ``StoreError``."""
    own = os.environ.get("XDG_RUNTIME_DIR", "")
    user = os.getuid() if hasattr(os, "getuid") else 0
    there = bool(own) and Path(own).is_dir()  # a container may have the name without the folder
    folder = Path(own) / "bench" if there else Path(tempfile.gettempdir()) / f"bench-{user}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError as problem:
        raise StoreError(
            f"cannot make {folder}: {why(problem)}; give a folder of this machine with TMPDIR"
        ) from None
    if not stat.S_ISDIR(found.st_mode) or (hasattr(os, "getuid") and found.st_uid != user):
        raise StoreError(f"{folder} is not a folder of this user: move it away, or set TMPDIR")
    return folder
