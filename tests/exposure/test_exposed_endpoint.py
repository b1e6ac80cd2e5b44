"""The page of an endpoint: what was measured is read, and nothing more is asked or paid."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from benchmark import datasets
from benchmark.endpoint import Endpoint
from benchmark.endpoint.cost import tariff
from support.endpoints import DIGITS_FILE, answer, serving
from teachers import cards, shelf

pytest.importorskip("httpx2")
PRICE = "price_per_1000 = 2.0\n"


def test_the_page_of_an_endpoint_asks_it_nothing(cli, tmp_path):
    network = cards.load(shelf.find(datasets.load("digits"), "lenet")).module
    served = []

    def say(question, handler) -> None:
        images = np.array(question.json()["data"], np.uint8)
        served.append(len(images))
        with torch.no_grad():
            labels = network(torch.from_numpy(images).float() / 255).argmax(dim=1)
        answer(handler, labels.tolist())

    cells = ("--dataset", "digits", "--methods", "noise", "--set", "noise.passes=1", "--seeds", "0")
    more = ("--set", "noise.batch=50", "--teacher", "endpoint:mine.toml", "--no-reference")
    with serving(say) as server:
        (tmp_path / "mine.toml").write_text(DIGITS_FILE.format(url=server.url) + PRICE)
        assert cli("run", *cells, *more, "--budget", "300", "--keep-bought")[0] == 0
        asked = sum(served)
        code, output, errors = cli("exposure", *cells, *more, "--budgets", "300", "-o", "page")
        assert code == 0, output + errors
        assert sum(served) == asked
    found = json.loads((tmp_path / "page" / "exposure.json").read_text())
    (student,) = found["extractions"][0]["students"]
    assert student["transfer"] is None and len(student["by_class"]) == 10
    assert found["dollars_per_1000"] == 2.0, "as the endpoint's file tells"
    assert any("would have to be asked, and paid" in text for text in found["not_tried"])


def test_a_price_of_calls_is_one_of_images_in_full_calls():
    file = {"url": "http://localhost", "body": "json", "shape": (1, 8, 8), "classes": 2}
    of = {"batch": 50, "price_per_1000": 100.0, "rate": 3.0}
    assert tariff(Endpoint(**file, **of)) == (100.0, 3.0)
    assert tariff(Endpoint(**file, **of, price_of="calls", rate_of="calls")) == (2.0, 150.0)
    assert tariff(Endpoint(**file)) == (0.0, 0.0)
