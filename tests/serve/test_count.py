"""The count is the server's own: by key, whole requests or nothing, and never above the quota."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
import torch
from torch import nn

from benchmark.endpoint import Client, Signer
from benchmark.errors import BenchError
from benchmark.oracle.replies import Denied, NotProcessed
from benchmark.serve.keys import Keys
from benchmark.serve.meter import Meter
from benchmark.serve.refused import Refused
from support.endpoints import images
from support.serving import KEY, NAME, SHAPE, VARIABLE, digits, serving

OTHER, OTHER_KEY = "BENCH_OTHER_KEY", "sk-other-4711"
INFER = f"/v2/models/{NAME}/infer"


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    monkeypatch.setenv(VARIABLE, KEY)
    monkeypatch.setenv(OTHER, OTHER_KEY)


def body(count):
    return {"data": images(count, SHAPE).reshape(count, -1).tolist()}


def asked(running, count, key=KEY):
    """Status and answer of so many images."""
    return running.ask("POST", "/score", body(count), {"X-Api-Key": key})


def test_a_request_that_does_not_fit_the_quota_is_refused_whole():
    with serving(variables=(VARIABLE, OTHER), quota=10) as running:
        assert asked(running, 7)[0] == 200
        status, answer, _ = asked(running, 4)
        assert status == 403 and "4 images are asked, 3 of 10 are left" in answer["error"]
        assert asked(running, 3)[0] == 200 and asked(running, 1)[0] == 403
        assert asked(running, 10, OTHER_KEY)[0] == 200  # a quota of its own
        counts = running.ask("GET", "/status")[1]["clients"]
    assert counts[VARIABLE] == {"images": 10, "left": 0, "calls": 2, "refused": 2}
    assert counts[OTHER] == {"images": 10, "left": 0, "calls": 1, "refused": 0}


def test_two_clients_at_once_get_no_more_than_the_quota_together():
    statuses = []
    with serving(variables=(VARIABLE,), quota=100) as running:

        def ask():
            statuses.extend(asked(running, 7)[0] for _ in range(10))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        told = running.meter.told()[VARIABLE]
    assert statuses.count(200) == 14 and statuses.count(403) == 26  # 14 x 7 is 98
    assert told == {"images": 98, "left": 2, "calls": 14, "refused": 26}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Api-Key": KEY[:-1]},
        {"X-Api-Key": KEY + "x"},
        {"Authorization": f"Basic {KEY}"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer wrong", "X-Api-Key": KEY},
    ],
)
def test_a_missing_or_wrong_key_is_refused_before_the_body_is_read(headers):
    with serving(variables=(VARIABLE,)) as running:
        status, answer, told = running.ask("POST", "/score", body(1), headers)
        assert status == 401 and told["www-authenticate"] == "Bearer"
        assert "key" in answer["error"] and KEY not in answer["error"]
        for path in ("/status", "/", "/v2/health/ready", "/openapi.json", f"/v2/models/{NAME}"):
            status, content, _ = running.ask("GET", path)
            assert status == 200 and KEY not in str(content)


@pytest.mark.parametrize(
    "signer",
    [
        Signer(kind="bearer", env=VARIABLE),
        Signer(kind="header", header="X-Api-Key", env=VARIABLE),
    ],
)
def test_the_suites_client_signs_and_understands_each_refusal(signer, monkeypatch):
    pytest.importorskip("httpx2")
    with serving(variables=(VARIABLE,), quota=10, rate=0.1, batch=8) as running:
        with Client(running.endpoint(signer=signer)) as client:
            client.ask(images(4, SHAPE))
            with pytest.raises(NotProcessed, match="429") as late:
                client.ask(images(4, SHAPE))
            assert 30 < late.value.retry_after <= 40
            with pytest.raises(NotProcessed, match="413"):
                client.ask(images(9, SHAPE))
            with pytest.raises(Denied, match=r"403.*7 images are asked, 6 of 10 are left"):
                client.ask(images(7, SHAPE))
        monkeypatch.setenv(VARIABLE, "sk-another")
        with Client(running.endpoint(signer=signer)) as client, pytest.raises(Denied, match="401"):
            client.ask(images(1, SHAPE))
        told = running.meter.told()[VARIABLE]
    assert (told["images"], told["calls"], told["refused"]) == (4, 1, 3)


def test_the_rate_bounds_the_images_of_any_time():
    now = [0.0]
    meter = Meter(["a", "b"], rate=10.0, clock=lambda: now[0])
    meter.take("a", 25)  # the first call may be large; the next waits for it
    for moment in (0.0, 1.0, 2.49):
        now[0] = moment
        with pytest.raises(Refused) as refused:
            meter.take("a", 1)
        assert refused.value.status == 429
        assert float(refused.value.headers["Retry-After"]) >= 2.5 - moment
    meter.take("b", 1)  # a rate of its own
    now[0] = 2.5
    meter.take("a", 1)
    now[0] = 100.0
    meter.take("a", 5)  # what was not asked earlier is not saved up
    with pytest.raises(Refused):
        meter.take("a", 1)
    assert meter.told()["a"]["images"] == 31


class Broken(nn.Module):
    """A teacher that fails at the second batch."""

    def __init__(self):
        super().__init__()
        self.calls = 0
        self.register_parameter("here", nn.Parameter(torch.zeros(())))

    def forward(self, images):
        self.calls += 1
        if self.calls == 2:
            raise RuntimeError("no memory")
        return torch.ones(len(images), 10).cumsum(dim=1)


def test_what_the_server_failed_to_answer_is_not_counted(caplog):
    with serving(served=replace(digits(), module=Broken()), quota=5) as running:
        assert running.ask("POST", "/score", body(2))[1] == {"labels": [9, 9]}
        status, answer, _ = running.ask("POST", "/score", body(3))
        assert status == 500 and "no memory" not in answer["error"]
        assert running.ask("POST", "/score", body(3))[0] == 200
        assert running.meter.told()["anyone"]["images"] == 5


def test_two_keys_must_differ_and_a_key_typed_for_a_name_is_not_repeated(monkeypatch):
    monkeypatch.setenv(OTHER, KEY)
    with pytest.raises(BenchError, match="same key"):
        Keys((VARIABLE, OTHER))
    with pytest.raises(BenchError, match="NAME") as refused:
        Keys((KEY,))
    assert KEY not in str(refused.value) and KEY not in repr(Keys((VARIABLE,)))
    for wrong in ("", "two words", "b\u00e9ta", "line\nline"):
        monkeypatch.setenv(OTHER, wrong)
        with pytest.raises(BenchError, match=OTHER):
            Keys((OTHER,))
