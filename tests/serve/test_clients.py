"""The suite's own client gets the labels of an oracle in this process, by every body."""

from __future__ import annotations

import pytest
import torch

from benchmark.endpoint import CANARY_QUERIES, Client, canary
from benchmark.oracle import Spec, open_oracle
from benchmark.oracle.answering import Network
from support.endpoints import images
from support.serving import FILE, NAME, SHAPE, serving
from support.suite import CPU
from teachers import cards

pytest.importorskip("httpx2")

SHOWN = images(60, SHAPE)
BODIES = {
    "v2": {},
    "v2-binary": {},
    "instances": {"path": f"/v1/models/{NAME}:predict", "input": "", "output": ""},
    "mlflow": {"path": "/invocations", "input": "inputs", "output": ""},
    "json": {
        "path": "/score",
        "input": "",
        "output": "",
        "template": '{"data": null}',
        "images_at": "data",
        "answers_at": "labels",
    },
}


@pytest.fixture(scope="module")
def oracle_labels():
    """The labels that a run gets of these images."""
    module = cards.load(FILE, CPU).module.to(memory_format=torch.channels_last)
    oracle, _, close = open_oracle(Spec(SHAPE, 10, CPU), len(SHOWN), [Network(module)])
    labels = oracle(torch.from_numpy(SHOWN).float() / 255)
    close()
    assert len(set(labels.tolist())) > 3
    return labels


@pytest.fixture(scope="module")
def running():
    with serving() as running:
        yield running


@pytest.mark.parametrize("values", ["uint8", "float"])
@pytest.mark.parametrize("layout", ["NCHW", "NHWC", "flat"])
@pytest.mark.parametrize("body", BODIES)
def test_each_body_gets_the_labels_of_an_oracle(running, oracle_labels, body, layout, values):
    given = running.endpoint(**{"body": body, "layout": layout, "values": values, **BODIES[body]})
    before = running.meter.told()["anyone"]["images"]
    with Client(given) as client:
        reply = client.ask(SHOWN)
    assert torch.equal(reply.labels, oracle_labels) and reply.probabilities is None
    assert running.meter.told()["anyone"]["images"] == before + len(SHOWN)


@pytest.mark.parametrize("form", ["raw", "png"])
@pytest.mark.parametrize("values", ["uint8", "float"])
@pytest.mark.parametrize("body", [body for body in BODIES if body != "v2-binary"])
def test_each_body_carries_base64(running, oracle_labels, body, values, form):
    given = running.endpoint(**{"body": body, "values": values, "form": form, **BODIES[body]})
    with Client(given) as client:
        assert torch.equal(client.ask(SHOWN).labels, oracle_labels)


@pytest.mark.parametrize("image_as", ["png", "base64"])
def test_one_image_a_call_as_a_file(running, oracle_labels, image_as):
    keys = {"body": "image", "image_as": image_as, "batch": 1, "input": "", "output": ""}
    before = running.meter.told()["anyone"]["images"]
    with Client(running.endpoint("/classify", **keys)) as client:
        labels = [int(client.ask(one[None]).labels) for one in SHOWN[:12]]
    assert labels == oracle_labels[:12].tolist()
    assert running.meter.told()["anyone"]["images"] == before + 12


def test_a_file_is_answered_with_the_probabilities_of_a_server_that_tells_them():
    keys = {"body": "image", "batch": 1, "input": "", "output": ""}
    with serving(scores=True) as telling:
        with Client(telling.endpoint("/classify", **keys)) as client:
            reply = client.ask(SHOWN[:1])
        with Client(telling.endpoint(output="scores")) as client:
            exact = client.ask(SHOWN[:1]).probabilities
    assert torch.equal(reply.probabilities, exact)
    assert int(reply.labels) == int(exact.argmax())


def test_the_canary_finds_the_same_teacher_again_and_is_counted(running):
    before = running.meter.told()["anyone"]["images"]
    found = []
    for _ in range(2):
        with Client(running.endpoint()) as client:
            found.append(canary(client))
    assert found[0] == found[1]
    assert running.meter.told()["anyone"]["images"] == before + 2 * CANARY_QUERIES
