"""Health, metadata, status and the page say what is served, and ask nobody else for anything."""

from __future__ import annotations

import re

import pytest
import torch

from benchmark.endpoint import Client
from benchmark.version import __version__
from support.endpoints import images
from support.serving import NAME, SHAPE, digits, serving

SHOWN = images(20, SHAPE)


@pytest.fixture(scope="module")
def running():
    with serving() as running:
        yield running


@pytest.fixture(scope="module")
def telling():
    """A server that tells probabilities."""
    with serving(scores=True) as running:
        yield running


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/v2/health/live", {"live": True}),
        ("/v2/health/ready", {"ready": True}),
        (f"/v2/models/{NAME}/ready", {"name": NAME, "ready": True}),
        (f"/v2/models/{NAME}/versions/1/ready", {"name": NAME, "ready": True}),
        ("/v1/models", {"models": [NAME]}),
    ],
)
def test_health(running, path, said):
    assert running.ask("GET", path)[:2] == (200, said)


def test_metadata_of_server_and_model(running):
    told = running.ask("GET", "/v2")[1]
    assert told["version"] == __version__ and "binary_tensor_data" in told["extensions"]
    for path in (f"/v2/models/{NAME}", f"/v2/models/{NAME}/versions/1"):
        model = running.ask("GET", path)[1]
        assert model["inputs"] == [{"name": "image", "datatype": "UINT8", "shape": [-1, *SHAPE]}]
        assert model["outputs"] == [{"name": "label", "datatype": "INT64", "shape": [-1]}]
    state = running.ask("GET", f"/v1/models/{NAME}")[1]
    assert state["ready"] and state["model_version_status"][0]["state"] == "AVAILABLE"


def test_clients_of_mlflow_find_what_they_look_for(running):
    rows = SHOWN.reshape(len(SHOWN), -1).tolist()
    table = {"columns": list(range(256)), "index": list(range(len(rows))), "data": rows}
    framed = running.ask("POST", "/invocations", {"dataframe_split": table, "params": None})
    listed = running.ask("POST", "/invocations", {"inputs": rows})
    assert framed[0] == 200 and framed[1] == listed[1]
    assert running.ask("GET", "/ping")[:2] == (200, b"\n")
    assert running.ask("GET", "/version")[:2] == (200, __version__.encode())


def test_the_page_shows_the_count_and_loads_nothing(running):
    running.ask("POST", "/score", {"data": SHOWN.tolist()})
    images_asked = running.ask("GET", "/status")[1]["clients"]["anyone"]["images"]
    status, content, headers = running.ask("GET", "/")
    text = content.decode()
    assert status == 200 and headers["content-type"].startswith("text/html")
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert f'<td class="number">{images_asked}</td>' in text and images_asked >= len(SHOWN)
    assert not re.search(r"https?://|//|<script|src=|url\(", text)
    assert digits().card["sha256"] in text


def test_openapi_names_every_path_with_its_refusals(running):
    told = running.ask("GET", "/openapi.json")[1]["paths"]
    for path in ("/v2/models/{model}/infer", "/v1/models/{model}:predict", "/invocations"):
        found = told[path]["post"]
        assert "requestBody" in found
        assert {"400", "401", "403", "413", "429"} <= found["responses"].keys()
    parameters = told["/v2/models/{model}/infer"]["post"]["parameters"]
    (model,) = (one for one in parameters if one["name"] == "model")
    assert model["schema"]["enum"] == [NAME]
    assert running.ask("OPTIONS", f"/v1/models/{NAME}:predict")[2]["allow"] == "POST"
    for path in ("/docs", "/redoc"):  # they load scripts from elsewhere
        assert running.ask("GET", path)[0] == 404


@pytest.mark.parametrize("body", ["v2", "v2-binary"])
def test_probabilities_are_told_where_the_server_says_so(telling, body):
    pytest.importorskip("httpx2")
    with torch.inference_mode():
        exact = digits().module(torch.from_numpy(SHOWN).float() / 255).softmax(dim=1)
    for output, told in (("label", False), ("scores", True)):
        with Client(telling.endpoint(body=body, output=output)) as client:
            reply = client.ask(SHOWN)
        assert torch.equal(reply.labels, exact.argmax(dim=1))
        assert (reply.probabilities is not None) == told
    assert torch.allclose(reply.probabilities, exact, atol=1e-6)
    plain = telling.ask("POST", "/score", {"data": SHOWN.tolist()})[1]
    assert plain["labels"] == exact.argmax(dim=1).tolist() and len(plain["scores"][0]) == 10
    rows = telling.ask("POST", f"/v1/models/{NAME}:predict", {"instances": SHOWN.tolist()})[1]
    assert torch.allclose(torch.tensor(rows["predictions"]), exact, atol=1e-6)


def test_without_a_choice_all_outputs_come_some_binary_and_the_id_comes_back(telling):
    tensor = {"name": "image", "datatype": "UINT8", "shape": list(SHOWN.shape)}
    tensor["data"] = SHOWN.reshape(-1).tolist()
    binary = {"name": "scores", "parameters": {"binary_data": True}}
    for outputs in ({}, {"outputs": [{"name": "label"}, binary]}):
        question = {"id": "mine", "inputs": [tensor], **outputs}
        status, content, headers = telling.ask("POST", f"/v2/models/{NAME}/infer", question)
        assert status == 200
        if outputs:
            cut = int(headers["inference-header-content-length"])
            assert len(content) == cut + 4 * 10 * len(SHOWN)
        else:
            assert content["id"] == "mine" and content["model_name"] == NAME
            assert [one["name"] for one in content["outputs"]] == ["label", "scores"]


def test_whole_numbers_that_may_be_either_are_taken_as_the_address_says(running):
    image = [[0, 1] * 128]
    for values, level in (("uint8", 1), ("float", 255)):
        got = running.ask("POST", f"/score?values={values}", {"data": image})[1]
        told = running.ask("POST", "/score?values=uint8", {"data": [[0, level] * 128]})[1]
        assert got == told
    black = running.ask("POST", "/score", {"data": [[0] * 256]})
    assert black[0] == 200  # 0 is 0 either way
