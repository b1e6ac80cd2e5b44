"""Workers on the nodes of a Ray cluster that is there already: an actor keeps each."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from benchmark.errors import BenchError
from benchmark.run.hand import LOST, Process
from benchmark.run.wire import Event

CPUS = 1.0  # of a run
ANSWERS_IN = 5.0  # seconds
IN_START = "creation task"  # in Ray's words on an actor whose ``__init__`` failed
INSTALL = "pip install 'honest-distillation-benchmark[ray]'"
QUIET = {"logging_level": "ERROR", "log_to_driver": False}


class Keeper:
    """On a node: starts one worker there, and hands on its news."""

    def __init__(
        self, name: str, words: Sequence[str], variables: Mapping[str, str], folder: str
    ) -> None:
        os.chdir(folder)
        self.process = Process(name, words, variables)

    def news(self) -> tuple[list[Event], int | None]:
        """The events since the last call, and the exit code once it has ended."""
        return self.process.events(), self.process.ended()

    def stop(self) -> None:
        """Ask it to save and end; asked again, it ends at once."""
        self.process.stop()


class Elsewhere:
    """A worker on some node; lost with it, too."""

    def __init__(self, ray: Any, actor: Any, name: str) -> None:
        self.name, self.pending = name, True
        self._ray, self._actor = ray, actor
        self._answer = actor.news.remote()
        self._code: int | None = None

    def events(self) -> list[Event]:
        """The news since the last call; asks for the next ones."""
        if self._code is not None or not self._ray.wait([self._answer], timeout=0)[0]:
            return []
        try:
            found, code = self._ray.get(self._answer)
        except self._ray.exceptions.RayError as problem:
            return self._lost(problem)
        self.pending, self._code = False, code
        if code is None:
            self._answer = self._actor.news.remote()
        else:
            self._ray.kill(self._actor)  # its resources are for others
        return found

    def _lost(self, problem: Exception) -> list[Event]:
        self._code = LOST
        if not self.pending or IN_START not in str(problem):
            return []
        self._code = 2  # it would not start on the next node either
        reason = str(problem).strip().splitlines()[-1]
        return [{"warn": f"{self.name} cannot start on a node of the cluster: {reason}"}]

    def ended(self) -> int | None:
        """The exit code once it has ended."""
        return self._code

    def stop(self) -> None:
        """Ask it to save and end."""
        with contextlib.suppress(self._ray.exceptions.RayError):
            if self.pending:
                self.kill()
            else:
                self._actor.stop.remote()

    def kill(self) -> None:
        """End it now."""
        with contextlib.suppress(self._ray.exceptions.RayError):
            self._ray.kill(self._actor)
        if self._code is None:
            self._code = 75


@dataclass
class Cluster:
    """A running Ray cluster, on which workers are started."""

    ray: Any
    gpus: float  # of a run

    @property
    def slots(self) -> int:
        """How many workers it has room for."""
        free = self.ray.available_resources()
        found = [free.get("CPU", 0.0) / CPUS]
        if self.gpus:
            found.append(free.get("GPU", 0.0) / self.gpus)
        return int(min(found))

    @property
    def nodes(self) -> int:
        """How many machines it has."""
        return sum(node["Alive"] for node in self.ray.nodes())

    def start(self, name: str, words: Sequence[str], variables: Mapping[str, str]) -> Elsewhere:
        """Start a worker wherever there is room."""
        kind = self.ray.remote(Keeper).options(
            num_cpus=CPUS, num_gpus=self.gpus, max_restarts=0, scheduling_strategy="SPREAD"
        )
        return Elsewhere(self.ray, kind.remote(name, words, variables, os.getcwd()), name)


@contextlib.contextmanager
def joined(address: str, gpus: float) -> Any:
    """Yield the cluster at an address, or the one of this machine for ``auto``.

    Raises ``BenchError`` where none answers.
    """
    ray = _ray()
    _probe(address)
    try:
        ray.init(address=address, **QUIET)
    except Exception as problem:  # of Ray's many kinds
        reason = str(problem).strip().splitlines()[0]
        raise BenchError(
            f"no Ray cluster answers at {address} ({reason}); start one with `ray start --head`, "
            "or name its address"
        ) from None
    try:
        yield Cluster(ray, gpus)
    finally:
        ray.shutdown()


def _probe(address: str) -> None:
    """Raise ``BenchError`` where nobody listens: Ray itself would try for minutes."""
    if address == "auto":
        return
    try:
        parts = urlsplit(address if "//" in address else f"//{address}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port:
        raise BenchError(f"--ray takes auto or HOST:PORT, not {address!r}")
    try:
        socket.create_connection((host, port), ANSWERS_IN).close()
    except OSError as problem:
        raise BenchError(
            f"no Ray cluster answers at {address} ({problem.strerror or problem}); is its head "
            "running, and does no firewall lie between?"
        ) from None


def _ray() -> Any:
    try:
        import ray
    except ImportError:
        raise BenchError(f"--ray needs Ray: {INSTALL}") from None
    return ray
