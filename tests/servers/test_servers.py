"""The client against servers that others wrote, and the server against clients of others.

A job of its own, ``make test-servers``: each has an environment below ``BENCH_SERVERS``.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmark.endpoint import Client, Endpoint, canary
from benchmark.errors import BenchError
from benchmark.oracle.replies import NotProcessed
from benchmark.rows.store import Store
from support.serving import NAME, digits, serving
from support.suite import bench_command, bench_environment

FOREIGN = Path(__file__).parent / "foreign"
ENVIRONMENTS = os.environ.get("BENCH_SERVERS", "")
SHAPE = (1, 16, 16)
IMAGES = np.random.default_rng(0).integers(0, 256, (250, *SHAPE), dtype=np.uint8)
SUMS = [int(one.astype(int).sum()) % 10 for one in IMAGES]
SERVERS = {  # environment: each body by which its server is asked
    "litserve": {
        "litserve": {
            "body": "json",
            "template": '{"data": null}',
            "images_at": "data",
            "answers_at": "labels",
            "url": "/predict",
        }
    },
    "kserve": {
        "v1": {"body": "instances", "url": "/v1/models/sums:predict"},
        "v2": {"body": "v2", "input": "image", "url": "/v2/models/sums/infer"},
        "v2-binary": {"body": "v2-binary", "input": "image", "url": "/v2/models/sums/infer"},
    },
    "mlflow": {
        "mlflow": {"body": "mlflow", "url": "/invocations"},
        "instances": {"body": "instances", "url": "/invocations"},
    },
}
pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif(not ENVIRONMENTS, reason="make test-servers builds the environments"),
]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def interpreter(environment: str) -> str:
    return str(Path(ENVIRONMENTS).absolute() / environment / "bin" / "python")


@contextmanager
def started(name: str, folder: Path) -> Iterator[tuple[int, subprocess.Popen]]:
    """A server of others, when it takes connections; its port."""
    port = free_port()
    more = [str(folder / "model")] if name == "mlflow" else []
    command = [interpreter(name), str(FOREIGN / f"{name}_sum.py"), str(port), *more]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, cwd=folder, start_new_session=True
        )
        try:
            until = time.monotonic() + 120
            while not answers(port):
                assert process.poll() is None and time.monotonic() < until, (
                    folder / "log"
                ).read_text()
                time.sleep(0.2)
            yield port, process
        finally:
            kill(process)


def kill(process: subprocess.Popen) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def answers(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def endpoint(port: int, **keys: str) -> Endpoint:
    url = f"http://127.0.0.1:{port}{keys.pop('url')}"
    return Endpoint(url=url, shape=SHAPE, classes=10, batch=250, **keys)


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_of_others_is_asked_by_each_of_its_bodies(name, tmp_path):
    with started(name, tmp_path) as (port, process):
        ready(endpoint(port, **next(iter(SERVERS[name].values()))))
        for keys in SERVERS[name].values():
            with Client(endpoint(port, **keys)) as client:
                assert canary(client).digest == canary(client).digest
                assert client.ask(IMAGES).labels.tolist() == SUMS
                assert client.ask(IMAGES[:1]).labels.tolist() == SUMS[:1]
        kill(process)
        with Client(endpoint(port, **keys)) as client, pytest.raises(NotProcessed):
            client.ask(IMAGES)


def ready(one: Endpoint) -> None:
    """Wait until a server answers; some take connections before their workers stand."""
    until = time.monotonic() + 60
    with Client(one) as client:
        while True:
            try:
                client.ask(IMAGES[:1])
                return
            except BenchError:
                assert time.monotonic() < until
                time.sleep(0.5)


@pytest.mark.parametrize("name", SERVERS)
def test_a_run_against_a_server_of_others(name, tmp_path):
    keys = dict(next(iter(SERVERS[name].values())))
    with started(name, tmp_path) as (port, _):
        one = endpoint(port, **keys)
        ready(one)
        lines = [f'url = "{one.url}"', "shape = [1, 16, 16]", "classes = 10", "batch = 250"]
        keys.pop("url")
        lines += [f"{key} = '{value}'" for key, value in keys.items()]
        (tmp_path / "sums.toml").write_text("\n".join(lines))
        command = bench_command(
            *("run", "--methods", "noise", "--dataset", "digits", "--budget", "500"),
            *("--teacher", "endpoint:sums.toml", "--seeds", "0", "--set", "noise.passes=2"),
            *("--no-reference", "--allow-weak-teacher", "--device", "cpu"),
        )
        environment = bench_environment(tmp_path)
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        (row,) = Store(tmp_path / "results").rows()
        assert row.queries == row.asked_in_all == 500 and row.teacher == "endpoint:sums"


@pytest.mark.parametrize(("environment", "script"), [("clients", "triton"), ("mlflow", "mlflow")])
def test_a_client_of_others_is_answered(environment, script, tmp_path):
    np.save(tmp_path / "images.npy", IMAGES[:50])
    with torch.no_grad():
        logits = digits().module(torch.from_numpy(IMAGES[:50]).float() / 255)
    with serving() as server:
        command = [interpreter(environment), str(FOREIGN / f"{script}_client.py")]
        told = [str(server.port), NAME, str(tmp_path / "images.npy")]
        done = subprocess.run([*command, *told], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == logits.argmax(dim=1).tolist()
