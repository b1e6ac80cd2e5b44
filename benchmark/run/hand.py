"""A worker in a process of its own, whose news are read here."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Protocol

from benchmark import own
from benchmark.run.wire import Event, parsed

PLEASE = signal.SIGINT if os.name != "nt" else signal.CTRL_BREAK_EVENT  # type: ignore[attr-defined]


LOST = -1000  # the code of a worker whose machine is gone


class Hand(Protocol):
    """A worker somewhere."""

    name: str
    pending: bool  # there is no room for it yet

    def events(self) -> list[Event]:
        """The news since the last call."""

    def ended(self) -> int | None:
        """The exit code once it has ended and all news were read; below 0: it was killed."""

    def stop(self) -> None:
        """Ask it to save and end; asked again, it ends at once."""

    def kill(self) -> None:
        """End it now."""


def command(words: Sequence[str]) -> list[str]:
    """The command line of ``bench`` with these words, whatever lies in the working folder."""
    start = "import sys; sys.path.insert(0, {!r}); import bench_command as b; b.main()"
    return [sys.executable, "-c", start.format(str(own.ROOT)), *words]


class Process:
    """A worker on this machine, apart from the signals of this terminal."""

    pending = False

    def __init__(self, name: str, words: Sequence[str], variables: Mapping[str, str]) -> None:
        self.name = name
        self._process = subprocess.Popen(
            command(words),
            env=os.environ | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=os.name != "nt",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        self._heard = False  # from the worker itself; before a run it always says something
        self._news: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._readers = [
            self._reading(self._process.stdout, "say"),
            self._reading(self._process.stderr, "warn"),
        ]

    def _reading(self, stream: IO[bytes] | None, kind: str) -> threading.Thread:
        def read() -> None:
            assert stream is not None, "both streams are pipes"
            with stream:
                for line in stream:
                    event = parsed(line)
                    self._heard = self._heard or event is not None
                    self._news.put(event or {kind: line.decode(errors="replace").rstrip()})

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        return thread

    def events(self) -> list[Event]:
        found: list[Event] = []
        with contextlib.suppress(queue.Empty):
            while True:
                found.append(self._news.get_nowait())
        return found

    def ended(self) -> int | None:
        code = self._process.poll()
        if code is None or any(reader.is_alive() for reader in self._readers):
            return None
        return code if self._news.empty() else None

    def stop(self) -> None:
        if not self._heard:  # it still imports, where a signal would only end in a traceback
            self.kill()
            return
        with contextlib.suppress(OSError):
            self._process.send_signal(PLEASE)

    def kill(self) -> None:
        self._process.kill()


Start = Callable[[str], Hand]
