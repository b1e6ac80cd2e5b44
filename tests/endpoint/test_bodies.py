"""Every body carries every encoding, and its answers become labels and probabilities."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from support import endpoints
from support.endpoints import (
    NAMES,
    asked,
    classes_of,
    images,
    saying,
)

pytest.importorskip("httpx2")

MORE = {
    "v2": {"input": "image", "output": "label"},
    "v2-binary": {"input": "image", "output": "scores"},
    "json": {
        "template": '{"request": {"data": null}}',
        "images_at": "request.data",
        "answers_at": "result.*.label",
        "class_names": NAMES,
    },
    "image": {"class_names": NAMES, "batch": 1},
}


@pytest.mark.parametrize("values", ["uint8", "float"])
@pytest.mark.parametrize("layout", ["NCHW", "NHWC", "flat"])
@pytest.mark.parametrize("body", ["v2", "v2-binary", "instances", "mlflow", "json"])
def test_each_body_carries_each_encoding_to_the_classifier(body, layout, values):
    shown = images(3)
    changes = {"body": body, "layout": layout, "values": values, **MORE.get(body, {})}
    reply, questions = asked(endpoints.SPEAKING[body], shown, **changes)
    assert reply.labels.dtype == torch.int64 and reply.labels.tolist() == classes_of(shown)
    assert len(questions) == 1
    if body == "v2-binary":
        assert reply.probabilities.dtype == torch.float32 and reply.probabilities.shape == (3, 10)
    if body == "mlflow":
        assert (
            np.array(questions[0].json()["inputs"]).shape[1:]
            == {
                "NCHW": (3, 4, 5),
                "NHWC": (4, 5, 3),
                "flat": (60,),
            }[layout]
        )


@pytest.mark.parametrize("image_as", ["png", "base64"])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_is_sent_as_a_file_and_its_best_name_is_the_label(image_as, channels):
    shape = (channels, 4, 5)
    shown = images(1, shape)
    changes = {"body": "image", "image_as": image_as, "shape": shape, **MORE["image"]}
    reply, _ = asked(endpoints.image, shown, **changes)
    assert reply.labels.tolist() == classes_of(shown) and reply.probabilities is None


def test_pictures_in_base64_and_raw_bytes_hold_the_same_pixels():
    shown = images(2)
    reply, _ = asked(endpoints.instances, shown, body="instances", form="png")
    assert reply.labels.tolist() == classes_of(shown)
    _, questions = asked(saying([1, 2]), shown, form="raw", layout="flat")
    raw = endpoints.base64.b64decode(questions[0].json()["inputs"][1])
    assert raw == shown[1].tobytes()


def test_a_share_is_read_back_as_the_float32_of_its_byte():
    from benchmark.endpoint.pixels import SHARES

    exact = torch.arange(256, dtype=torch.float32) / 255
    assert torch.equal(torch.tensor(json.loads(json.dumps(SHARES.tolist()))), exact)


@pytest.mark.parametrize("said", [[1, 2, 9], [[1], [2], [9]], {"predictions": [1, 2, 9]}])
def test_labels_come_in_either_shape(said):
    assert asked(saying(said))[0].labels.tolist() == [1, 2, 9]


def test_scores_are_probabilities_and_logits_become_them():
    row = [0.1] * 9 + [0.1]
    row[3], row[4] = 0.15, 0.05
    assert asked(saying([row] * 3))[0].labels.tolist() == [3, 3, 3]
    logits = [[float(n) for n in range(10)]] * 3
    told = asked(saying(logits), scores="logits")[0]
    assert torch.allclose(told.probabilities.sum(dim=1), torch.ones(3))
    assert told.labels.tolist() == [9, 9, 9]
