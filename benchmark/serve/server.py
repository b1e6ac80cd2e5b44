"""A socket, uvicorn on it, and a stop that lets running requests end."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn

from benchmark.errors import BenchError
from benchmark.files import why
from benchmark.serve.limits import Limits
from benchmark.serve.patient import Patient


class Server(uvicorn.Server):
    """uvicorn, to which the command hands signals."""

    def stop(self) -> None:
        """Take no more requests and end those that run; asked a second time, end at once."""
        self.force_exit = self.should_exit
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take none: uvicorn would raise a signal again after its stop, and the exit not be 0."""
        yield


def server(app: Any, limits: Limits) -> Server:
    """A server that is run with ``run(sockets=[...])``."""

    class Within(Patient):
        pass

    Within.limits = limits
    config = uvicorn.Config(
        app,
        http=Within,
        ws="none",
        lifespan="off",
        log_level="error",  # else every request that is no HTTP is a line
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=int(max(1, limits.head_seconds)),
        timeout_graceful_shutdown=int(limits.stop_seconds),
    )
    return Server(config)


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections. Raises ``BenchError`` where the address cannot be had."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        return socket.create_server(address[:2], family=family, backlog=1024)
    except (OSError, OverflowError, UnicodeError) as problem:
        raise BenchError(
            f"{host} port {port} cannot be listened at: {why(problem)}; give another --port, or "
            "an address of this machine with --host"
        ) from None


def address(listening: socket.socket) -> str:
    """Where a client on this machine reaches it: ``http://127.0.0.1:8000``."""
    host, port = listening.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        host = "127.0.0.1" if host == "0.0.0.0" else "::1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
