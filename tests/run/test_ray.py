"""Workers on a Ray cluster: real nodes on this machine, and a stand-in for what goes wrong."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmark.errors import BenchError
from benchmark.run import elsewhere
from benchmark.run.hand import LOST
from support.runs import SMALL, numbers, rows
from support.suite import bench_command, bench_environment

RUN = ("run", "--methods", "ideal", "--dataset", "digits", "--device", "cpu", "--budget", "1.5k")
RUN = (*RUN, "--seeds", "0-3", "--no-reference", *SMALL)


class RayError(Exception):
    pass


class Stub:
    """A Ray whose only actor answers as a test says."""

    exceptions = SimpleNamespace(RayError=RayError)

    def __init__(self, *answers):
        self.answers, self.killed, self.stopped = list(answers), [], 0
        self.news = SimpleNamespace(remote=lambda: None)
        self.stop = SimpleNamespace(remote=self._stop)

    def _stop(self):
        self.stopped += 1

    def wait(self, wanted, timeout):
        return (wanted, []) if self.answers else ([], wanted)

    def get(self, _):
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def kill(self, actor):
        self.killed.append(actor)


def hand(*answers):
    ray = Stub(*answers)
    return ray, elsewhere.Elsewhere(ray, ray, "worker 1")


def test_news_of_an_actor_come_until_it_has_ended_and_its_room_is_free():
    ray, one = hand(([{"say": "a"}], None), ([{"say": "b"}], 0))
    assert one.pending
    assert (one.events(), one.ended(), one.pending) == ([{"say": "a"}], None, False)
    assert (one.events(), one.ended(), ray.killed) == ([{"say": "b"}], 0, [ray])
    assert one.events() == []


def test_a_node_that_is_gone_loses_its_worker():
    _, one = hand(([], None), RayError("The actor died unexpectedly"))
    one.events()
    assert (one.events(), one.ended()) == ([], LOST)
    _, never = hand(RayError("it was cancelled before it started running"))
    assert (never.events(), never.ended()) == ([], LOST)  # another node may have room


def test_a_node_without_the_suite_is_named_and_not_tried_again():
    text = "The actor died because of an error raised in its creation task\nNo module benchmark"
    _, one = hand(RayError(text))
    assert one.events() == [
        {"warn": "worker 1 cannot start on a node of the cluster: No module benchmark"}
    ]
    assert one.ended() == 2


def test_a_stop_reaches_a_worker_and_ends_one_that_has_no_room_yet():
    ray, one = hand(([], None))
    one.events()
    one.stop()
    assert (ray.stopped, one.ended()) == (1, None)
    ray, waiting = hand()
    waiting.stop()
    assert (ray.stopped, ray.killed, waiting.ended()) == (0, [ray], 75)


def test_a_cluster_has_room_by_its_cores_and_the_shares_of_its_gpus():
    free = {"CPU": 16.0, "GPU": 2.0}
    ray = SimpleNamespace(available_resources=lambda: free, nodes=lambda: [{"Alive": True}] * 3)
    slots = {gpus: elsewhere.Cluster(ray, gpus).slots for gpus in (0.0, 0.25, 1.0)}
    assert slots == {0.0: 16, 0.25: 8, 1.0: 2} and elsewhere.Cluster(ray, 0).nodes == 3


def test_an_address_where_nobody_answers_is_named_at_once(cli, monkeypatch):
    monkeypatch.setattr(elsewhere, "_ray", lambda: None)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    code, _, errors = cli(*RUN, "--ray", address)
    assert code == 2 and errors.count("\n") == 1
    assert errors.startswith(f"bench: no Ray cluster answers at {address} (Connection refused)")


@pytest.mark.parametrize("address", ["here", "host:port", "ray://"])
def test_what_is_no_address_is_named(address, monkeypatch):
    monkeypatch.setattr(elsewhere, "_ray", lambda: None)
    refused = pytest.raises(BenchError, match="--ray takes auto or HOST:PORT, not ")
    with refused, elsewhere.joined(address, 0):
        pass


def test_without_ray_the_extra_is_named(cli, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    code, _, errors = cli(*RUN, "--ray", "auto")
    assert code == 2 and errors.endswith("pip install 'honest-distillation-benchmark[ray]'\n")


def test_no_cluster_on_this_machine_is_said_in_one_line(cli, monkeypatch):
    def fails(**_):
        raise ConnectionError("Could not find any running Ray instance.\nMore words.")

    monkeypatch.setattr(elsewhere, "_ray", lambda: SimpleNamespace(init=fails))
    code, _, errors = cli(*RUN, "--ray", "auto")
    assert code == 2 and errors.count("\n") == 1 and "start one with `ray start --head`" in errors


def parent(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def kill_node(cluster, nodes, states: Path) -> bool:
    """Kill a node that has a worker whose run has a state, and the worker with it."""
    for lease in states.glob("*.lease"):
        if not lease.with_suffix(".pt").exists():
            continue
        worker = json.loads(lease.read_text())["process"]
        raylet = parent(parent(worker))
        for node in nodes:
            if node.all_processes["raylet"][0].process.pid == raylet:
                os.kill(worker, signal.SIGKILL)
                cluster.remove_node(node, allow_graceful=False)
                return True
    return False


@pytest.mark.ray
@pytest.mark.slow
def test_the_cells_of_a_node_that_is_killed_go_on_elsewhere(bench, tmp_path):
    """Three nodes on this machine, one results folder; a node is killed in the middle of a run."""
    utils = pytest.importorskip("ray.cluster_utils", reason="the extra [ray] is not installed")
    small = {"num_cpus": 1, "object_store_memory": 80 * 2**20}
    cluster = utils.Cluster(initialize_head=True, head_node_args=small)
    try:
        nodes = [cluster.add_node(**small) for _ in range(2)]
        cluster.wait_for_nodes()
        words = bench_command(*RUN, "--ray", cluster.address, "--save-every", "0.2s")
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        environment = bench_environment(tmp_path)
        with subprocess.Popen(words, cwd=tmp_path, env=environment, **pipes) as command:
            lines: list[str] = []
            reader = threading.Thread(target=lambda: lines.extend(command.stdout))
            reader.start()
            limit = time.monotonic() + 300
            while not kill_node(cluster, nodes, tmp_path / "results" / ".state"):
                assert command.poll() is None and time.monotonic() < limit, lines
                time.sleep(0.05)
            assert command.wait(300) == 0, lines
            reader.join()
    finally:
        cluster.shutdown()
    output = "".join(lines)
    assert "3 runs at once on a Ray cluster of 3 nodes" in output
    assert "another one goes on from its last state" in output
    assert bench(*RUN, "--results", tmp_path / "alone").returncode == 0
    made, alone = rows(tmp_path / "results"), rows(tmp_path / "alone")
    assert [numbers(row) for row in made] == [numbers(row) for row in alone]
    assert sum(row.resumes for row in made) >= 1
    assert all(row.asked_in_all == row.queries for row in made)  # no image was asked twice
