"""Connections that do not wait for ever: a head, a pause and an answer have their time."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from benchmark.serve.limits import Limits


class Patient(H11Protocol):
    """HTTP/1.1 of uvicorn, which bounds the pause between requests alone.

    ``limits`` is set in a class of its own for each server: uvicorn makes the objects.
    """

    limits = Limits()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Watch a new connection; one too many is cut at once."""
        self._head: asyncio.TimerHandle | None = None
        self._write: asyncio.TimerHandle | None = None
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            transport.abort()
            return
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Take what came; a head that is whole needs no watch."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """The next head, or the end of the connection, is waited for."""
        super().on_response_complete()
        self._watch()

    def pause_writing(self) -> None:
        """The client takes nothing of a long answer."""
        super().pause_writing()
        self._write = self.loop.call_later(self.limits.write_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has taken it."""
        super().resume_writing()
        _end(self._write)
        self._write = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        _end(self._head)
        _end(self._write)
        super().connection_lost(exc)
        self._unset_keepalive_if_required()

    def _watch(self) -> None:
        """Start the clock where no request is being answered, and end it where one is."""
        cycle: Any = self.cycle
        if cycle is not None and not cycle.response_complete:
            _end(self._head)
            self._head = None
        elif self._head is None:
            # Not close(): that waits until the client has taken all that was written.
            self._head = self.loop.call_later(self.limits.head_seconds, self.transport.abort)


def _end(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
