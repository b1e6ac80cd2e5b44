"""Slow clients, large bodies and broken connections cost the server little, and others nothing."""

from __future__ import annotations

import json
import socket
import threading
import time
from dataclasses import replace

import pytest
import torch
from torch import nn

from support.endpoints import images
from support.serving import NAME, SHAPE, digits, serving

BODY = json.dumps({"data": images(2, SHAPE).reshape(2, -1).tolist()}).encode()
HEAD = b"POST /score HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
SLOW = {"head_seconds": 0.3, "body_seconds": 0.3, "write_seconds": 0.3}


def sized(size):
    return HEAD + b"Content-Length: %d\r\n\r\n" % size


def rest(connection):
    """All that comes until the server hangs up."""
    found = b""
    try:
        while part := connection.recv(65536):
            found += part
    except ConnectionResetError:
        pass
    return found


def until(true):
    """Wait for a condition, for ten seconds at most."""
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def alive(running):
    return running.ask("POST", "/score", BODY)[0] == 200


@pytest.fixture(scope="module")
def running():
    with serving(body=100_000, **SLOW) as running:
        yield running


@pytest.mark.parametrize("begin", [b"", b"POST /sco", HEAD])
def test_a_head_that_does_not_end_is_cut_off(running, begin):
    with running.connect() as connection:
        connection.sendall(begin)
        assert alive(running) and rest(connection) == b""


def test_a_head_that_trickles_is_cut_off_and_so_is_the_second_of_a_connection(running):
    with running.connect() as connection:
        connection.sendall(b"GET /ping HTTP/1.1\r\nHost: h\r\n\r\n")
        assert b"200 OK" in connection.recv(65536)
        with pytest.raises(OSError):
            for _ in range(100):  # ten seconds, of which the server should grant a part of one
                connection.sendall(b"G")
                time.sleep(0.1)
        assert alive(running)


def test_a_body_that_does_not_end_is_refused(running):
    with running.connect() as connection:
        connection.sendall(sized(len(BODY)) + BODY[:-1])
        assert alive(running)
        said = rest(connection)
    assert b"408 Request Timeout" in said and b"within 0.3 s" in said


def test_a_body_that_is_said_to_be_too_large_is_refused_unread(running):
    with running.connect() as connection:
        connection.sendall(sized(10**9))
        said = rest(connection)
    assert b"413" in said and b"more than 100,000 bytes" in said and b"connection: close" in said


def test_a_client_that_asks_before_it_sends_is_not_told_to_go_on(running):
    with running.connect() as connection:
        connection.sendall(HEAD + b"Expect: 100-continue\r\nContent-Length: 1000000000\r\n\r\n")
        said = rest(connection)
    assert said.startswith(b"HTTP/1.1 413") and b"100 Continue" not in said


def test_a_body_in_chunks_is_refused_as_soon_as_it_is_too_large(running):
    sent = 0
    with running.connect() as connection:
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        try:
            while sent < 10**9:
                connection.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
                sent += 65536
        except OSError:
            pass
        said = rest(connection)
    assert sent < 10**8 and b"413" in said
    assert alive(running)


@pytest.mark.parametrize("said", [b"-1", b"1, 2", b"x"])
def test_a_length_that_is_none_is_refused(running, said):
    with running.connect() as connection:
        connection.sendall(HEAD + b"Content-Length: " + said + b"\r\n\r\n")
        assert b"400 Bad Request" in rest(connection)


def test_a_client_that_hangs_up_in_its_body_costs_nothing(running):
    before = running.meter.told()
    for _ in range(5):
        with running.connect() as connection:
            connection.sendall(sized(len(BODY)) + BODY[:100])
    assert alive(running)
    assert running.meter.told()["anyone"]["refused"] == before["anyone"]["refused"]


def test_large_requests_at_once_are_bounded_and_room_comes_back():
    with serving(bodies=len(BODY) + 100, **SLOW) as running:
        with running.connect() as first:
            first.sendall(sized(len(BODY)) + BODY[:200])
            until(lambda: running.ask("POST", "/score", BODY)[0] == 503)
            status, answer, headers = running.ask("POST", "/score", BODY)
            assert status == 503 and "ask again" in answer["error"]
            assert headers["retry-after"] == "1"
        until(lambda: alive(running))


def test_a_client_that_takes_nothing_of_its_answer_is_cut_off():
    question = json.dumps({"data": [[0] * 256] * 1000}).encode()
    with serving(scores=True, **SLOW) as running, socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        running.listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        connection.connect(("127.0.0.1", running.port))
        connection.sendall(sized(len(question)) + question)
        until(lambda: running.meter.told()["anyone"]["calls"] == 1)
        until(lambda: not running.server.server_state.connections)


def test_requests_above_the_limit_hear_that_the_server_is_busy_and_health_is_told():
    with serving(requests=3, head_seconds=5) as running:
        idle = [running.connect() for _ in range(3)]
        for one in idle:
            one.sendall(sized(len(BODY)) + BODY[:10])
        until(lambda: running.ask("POST", "/score", BODY)[0] == 503)
        assert running.ask("GET", f"/v2/models/{NAME}")[0] == 200
        for one in idle:
            one.close()
        until(lambda: alive(running))


def test_connections_above_the_limit_are_cut():
    with serving(connections=3, head_seconds=5) as running:
        idle = [running.connect() for _ in range(3)]
        until(lambda: len(running.server.server_state.connections) == 3)
        with running.connect() as one_more:
            assert rest(one_more) == b""
        for one in idle:
            one.close()
        until(lambda: not running.server.server_state.connections)
        assert alive(running)


class Stuck(nn.Module):
    """A teacher that answers when it is told to."""

    def __init__(self):
        super().__init__()
        self.go = threading.Event()
        self.register_parameter("here", nn.Parameter(torch.zeros(())))

    def forward(self, images):
        self.go.wait(20)
        return torch.zeros(len(images), 10)


@pytest.mark.parametrize(("stops", "seconds"), [(2, 90), (1, 1)])
def test_a_stop_that_is_asked_twice_or_takes_too_long_waits_for_no_answer(stops, seconds):
    stuck, answers = Stuck(), []
    served = replace(digits(), module=stuck)
    with serving(served=served, stop_seconds=seconds) as running, running.connect() as connection:
        connection.sendall(sized(len(BODY)) + BODY)
        until(lambda: running.meter.told()["anyone"]["calls"] == 1)
        for _ in range(stops):
            running.server.stop()
        answers.append(rest(connection))
        assert not stuck.go.is_set()
        stuck.go.set()
    assert b"200 OK" not in answers[0]
