"""The suite's own server in a thread of a test, with the shipped teacher of digits."""

from __future__ import annotations

import functools
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from typing import Any

from benchmark.endpoint import Endpoint
from benchmark.serve import app, resolve, server
from benchmark.serve.desk import Desk
from benchmark.serve.keys import Keys
from benchmark.serve.limits import Limits
from benchmark.serve.meter import Meter
from benchmark.serve.served import Served
from benchmark.serve.tally import Tally
from support.suite import CPU
from teachers import shelf
from teachers.resolving import TeacherRef

NAME = "digits-lenet"
FILE = shelf.SHIPPED / f"{NAME}.safetensors"
VARIABLE, KEY = "BENCH_TEST_KEY", "sk-served-0815"
SHAPE = (1, 16, 16)


@functools.cache
def digits() -> Served:
    """The teacher, loaded once."""
    return resolve.load(TeacherRef.of(FILE), CPU)


@dataclass
class Running:
    """A server that answers, and its parts."""

    address: str
    desk: Desk
    server: server.Server
    listening: socket.socket

    @property
    def meter(self) -> Meter:
        return self.desk.meter

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def endpoint(self, path: str = f"/v2/models/{NAME}/infer", **changes: Any) -> Endpoint:
        """What the suite's client needs to ask it."""
        usual = {"body": "v2", "input": "image", "output": "label", "batch": 100}
        usual |= {"shape": SHAPE, "classes": 10}
        return Endpoint(url=self.address + path, **{**usual, **changes})

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any, dict[str, str]]:
        """Status, content (parsed where it is JSON) and headers of one request.

        A body that is no bytes is sent as JSON.
        """
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            plain = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
            kind = {} if body is None else {"Content-Type": "application/json"}
            connection.request(method, path, plain, {**kind, **(headers or {})})
            answer = connection.getresponse()
            content, told = answer.read(), {k.lower(): v for k, v in answer.getheaders()}
        finally:
            connection.close()
        if told.get("content-type") == "application/json":
            return answer.status, json.loads(content), told
        return answer.status, content, told

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)


@contextmanager
def serving(
    scores: bool = False,
    variables: tuple[str, ...] = (),
    quota: int | None = None,
    rate: float | None = None,
    served: Served | None = None,
    tally: Tally | None = None,
    **limits: Any,
) -> Iterator[Running]:
    """A server at a free port, which is stopped at the end."""
    known, bounds = Keys(variables), Limits(**limits)
    meter = Meter(known.clients, quota, rate, tally=tally)
    desk = Desk(replace(served or digits(), scores=scores), meter)
    running = server.server(app.make(desk, known, bounds), bounds)
    listening = server.listen("127.0.0.1", 0)
    address = server.address(listening)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        while not running.started and thread.is_alive():
            time.sleep(0.005)
        yield Running(address, desk, running, listening)
    finally:
        running.stop()
        thread.join()
        desk.close()
        listening.close()
