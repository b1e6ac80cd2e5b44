"""How much, and how slowly, a client may send."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes, times in seconds."""

    batch: int = 1000  # images of a request
    body: int = 32 * 10**6
    bodies: int = 512 * 10**6  # of all requests that are read or answered at the moment
    head_seconds: float = 10.0  # until a head is whole, and until an idle connection is closed
    body_seconds: float = 60.0  # until a body is whole
    write_seconds: float = 30.0  # for which a client may take nothing of an answer
    stop_seconds: float = 90.0  # in which running requests end when the server stops
    requests: int = 250  # that ask, at once; more of them hear that the server is busy
    connections: int = 500  # more of them are cut: each takes a file handle, and many have 1,024
