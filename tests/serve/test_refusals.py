"""A request that is not as it should be gets a status of its own, a reason, and costs nothing."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest

from support.serving import NAME, SHAPE, serving

SIZE = SHAPE[1] * SHAPE[2]
INFER, PREDICT = f"/v2/models/{NAME}/infer", f"/v1/models/{NAME}:predict"
LENGTH = "Inference-Header-Content-Length"
TENSOR = {"name": "image", "datatype": "UINT8", "shape": [2, *SHAPE], "data": [7] * 2 * SIZE}
GREY = np.full((2, *SHAPE), 7).tolist()


@pytest.fixture(scope="module")
def running():
    with serving(batch=4) as running:
        yield running


def refused(running, path, body, headers=None):
    """Status and reason of a request that must be refused, and must not be counted."""
    before = running.meter.told()["anyone"]
    status, answer, _ = running.ask("POST", path, body, headers)
    after = running.meter.told()["anyone"]
    assert after["images"] == before["images"] and after["calls"] == before["calls"]
    assert after["refused"] == before["refused"] + 1
    return status, answer["error"]


def v2(**changes):
    """A question with other keys in its input; None takes a key away."""
    tensor = {**TENSOR, **changes}
    return {"inputs": [{key: value for key, value in tensor.items() if value is not None}]}


def spoilt(value):
    """Images of JSON with another last number."""
    images = copy.deepcopy(GREY)
    images[-1][-1][-1][-1] = value
    return images


def floats(value):
    return v2(datatype="FP32", data=[0.5] * (2 * SIZE - 1) + [value])


def test_the_same_request_without_a_fault_is_answered(running):
    for path, body in ((INFER, v2()), (INFER, floats(1)), (PREDICT, {"instances": GREY})):
        status, _, _ = running.ask("POST", path, body)
        assert status == 200


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (v2(shape=[2, 1, 16, 17]), "this model takes N x 1 x 16 x 16"),
        (v2(shape=[3, *SHAPE]), "says 768 numbers, not 512"),
        (v2(shape=[0, *SHAPE], data=[]), "no image"),
        (v2(shape=[]), "'shape' is no list"),
        (v2(shape=[2.0, *SHAPE]), "'shape' is no list"),
        (v2(shape=[-2, *SHAPE]), "'shape' is no list"),
        (v2(shape=None), "'shape' is no list"),
        (v2(shape=[10**30, *SHAPE]), "more than 4"),
        (v2(datatype="INT64"), "datatype is 'INT64'"),
        (v2(datatype="BYTES"), "no list of texts in base64"),
        (v2(datatype="BYTES", data=["?"]), "'shape' is not [1]"),
        (v2(datatype="BYTES", data=["?"], shape=[1]), "no base64"),
        (v2(datatype=["UINT8"]), "datatype is"),
        (v2(datatype=None), "datatype is None"),
        (v2(name="pixels"), "the input is called 'image'"),
        (v2(data=[7] * (2 * SIZE - 1)), "says 512 numbers, not 511"),
        (v2(data=[7] * (2 * SIZE - 1) + [256]), "outside 0 to 255"),
        (v2(data=[7] * (2 * SIZE - 1) + [-1]), "outside 0 to 255"),
        (v2(data=[7] * (2 * SIZE - 1) + [10**40]), "outside 0 to 255"),
        (v2(data=[7] * (2 * SIZE - 1) + [7.5]), "decimals"),
        (v2(data=[7] * (2 * SIZE - 1) + [True]), "bool"),
        (v2(data=[7] * (2 * SIZE - 1) + ["7"]), "str"),
        (v2(data=[7] * (2 * SIZE - 1) + [None]), "NoneType"),
        (v2(data=[[7] * SIZE, [7] * (SIZE - 1)]), "ragged"),
        (v2(data=[7, [7]]), "ragged"),
        (v2(data="AAAA"), "str, no list"),
        (v2(data=None), "neither 'data' nor"),
        (v2(data=[[[[[7]]]]]), "nested more than"),
        (v2(parameters={"binary_data_size": 512}), "behind the JSON"),
        (floats(1.001), "outside 0 to 1"),
        (floats(-0.001), "outside 0 to 1"),
        (floats(1e300), "outside 0 to 1"),
        ({"inputs": []}, "one input"),
        ({"inputs": [TENSOR, TENSOR]}, "one input"),
        ({"inputs": TENSOR}, "one input"),
        ({}, "one input"),
        ([v2()], "no object"),
        ({**v2(), "id": 5}, "'id'"),
        ({**v2(), "outputs": [{"name": "scores"}]}, "this server tells label"),
        ({**v2(), "outputs": "label"}, "'outputs'"),
        ({**v2(), "outputs": [{"name": "label", "parameters": {"binary_data": 1}}]}, "binary_data"),
        ({**v2(), "parameters": {"binary_data_output": "yes"}}, "binary_data_output"),
        ({**v2(), "parameters": [1]}, "binary_data_output"),
    ],
)
def test_a_question_of_v2_with_a_fault(running, body, reason):
    status, said = refused(running, INFER, body)
    assert status == (413 if reason == "more than 4" else 400) and reason in said


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        (PREDICT, {"instances": []}, "no image"),
        (PREDICT, {"instances": 5}, "no list"),
        (PREDICT, {"instances": GREY[0]}, "this model takes"),
        (PREDICT, {"instances": spoilt(256)}, "outside 0 to 255"),
        (PREDICT, {"instances": spoilt(7.5)}, "outside 0 to 1"),
        (PREDICT, {"instances": spoilt(None)}, "NoneType"),
        (PREDICT, {"instances": spoilt([7])}, "ragged"),
        (PREDICT, {"instances": [{"image": GREY[0]}, GREY[1]]}, "an instance is an image"),
        (PREDICT, {"instances": [{"pixels": GREY[0]}]}, "an instance is an image"),
        (PREDICT, {"inputs": GREY}, '{"instances": [image, ...]}'),
        (PREDICT, {"instances": GREY, "more": 1}, "'more' is not known"),
        (PREDICT, {"instances": np.eye(2, SIZE, dtype=int).tolist()}, "?values=uint8"),
        ("/invocations", {"inputs": GREY, "instances": GREY}, '{"instances"'),
        (
            "/invocations",
            {"dataframe_records": []},
            '...]} or {"dataframe_split"',
        ),
        ("/invocations", {"dataframe_split": {}}, "NoneType, no list"),
        ("/invocations", {"dataframe_split": {"data": [[7]]}}, "this model takes"),
        ("/score", {}, '{"data": [image, ...]}'),
        ("/score", {"data": {"a": 1}}, "dict, no list"),
    ],
)
def test_a_question_without_datatypes_with_a_fault(running, path, body, reason):
    status, said = refused(running, path, body)
    assert status == 400 and reason in said


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no JSON"),
        (b'{"data": [1, 2', "torn at byte"),
        (b'{"data": [NaN]}', "NaN"),
        (b'{"data": [Infinity]}', "Infinity"),
        (b'{"data": [[1e999]]}', "this model takes"),
        (b'{"data": [1], "data": [2]}', "twice"),
        (b'{"data": "\xff"}', "UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"data": [' + b"9" * 5000 + b"]}", "no strict JSON"),
    ],
)
def test_a_body_that_is_no_strict_json(running, content, reason):
    status, said = refused(running, "/score", content)
    assert status == 400 and reason in said


def test_a_number_too_large_for_a_float_is_not_finite(running):
    row = b"[" + b", ".join([b"1e999"] * SIZE) + b"]"
    status, said = refused(running, "/score", b'{"data": [' + row + b"]}")
    assert status == 400 and "not finite" in said


def binary(raw, size=None, cut=None, **changes):
    """A binary question with these bytes behind the JSON, and its header."""
    said = {"binary_data_size": len(raw) if size is None else size}
    head = json.dumps(v2(**{"data": None, "parameters": said, **changes})).encode()
    return head + raw, {LENGTH: str(len(head) if cut is None else cut)}


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (binary(bytes(2 * SIZE - 1)), "says 512 numbers, not 511"),
        (binary(bytes(2 * SIZE), size=2 * SIZE - 1), "512 stand behind the JSON"),
        (binary(bytes(2 * SIZE), size=2 * SIZE + 1), "512 stand behind the JSON"),
        (binary(bytes(2 * SIZE), parameters=[1]), "neither 'data' nor"),
        (binary(bytes(2 * SIZE), size=-1), "no number of bytes"),
        (binary(bytes(2 * SIZE), size="512"), "no number of bytes"),
        (binary(bytes(2 * SIZE), cut=10**6), "longer than itself"),
        (binary(bytes(2 * SIZE), cut=-1), "longer than itself"),
        (binary(bytes(2 * SIZE), cut=5), "no JSON"),
        (binary(bytes(2 * SIZE), datatype="FP32"), "says 512 numbers, not 128"),
        (binary(bytes(2 * SIZE + 1), datatype="FP32"), "no whole number of FP32"),
        (binary(np.full(2 * SIZE, np.nan, "<f4").tobytes(), datatype="FP32"), "not finite"),
        (binary(np.full(2 * SIZE, np.inf, "<f4").tobytes(), datatype="FP32"), "not finite"),
        (binary(np.full(2 * SIZE, 1.5, "<f8").tobytes(), datatype="FP64"), "outside 0 to 1"),
        (binary(np.full(2 * SIZE, 1e39, "<f8").tobytes(), datatype="FP64"), "not finite"),
        (binary(bytes(2 * SIZE), data=[7] * 2 * SIZE), "behind the JSON"),
    ],
)
def test_a_binary_question_with_a_fault(running, question, reason):
    status, said = refused(running, INFER, *question)
    assert status == 400 and reason in said


def test_too_many_images_are_refused_whole(running):
    status, said = refused(running, "/score", {"data": [GREY[0]] * 5})
    assert status == 413 and "5 images are more than 4" in said


def test_a_value_of_the_address_that_is_not_known(running):
    status, said = refused(running, "/score?values=double", {"data": GREY})
    assert status == 422 and "uint8 or float" in said


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain; charset=utf-8"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Encoding": "gzip"},
    ],
)
def test_a_body_that_a_foreign_page_could_send_or_that_is_packed(running, headers):
    status, said = refused(running, "/score", {"data": GREY}, headers)
    assert status == 415 and "send" in said


@pytest.mark.parametrize(
    "path",
    [
        "/v2/models/other/infer",
        "/v1/models/other:predict",
        f"/v2/models/{NAME}/versions/2/infer",
    ],
)
def test_another_model_or_version_is_not_there(running, path):
    assert refused(running, path, v2())[0] == 404


def test_other_paths_and_methods_say_where_to_look(running):
    for method, path, status in (("GET", "/nowhere", 404), ("GET", "/score", 405)):
        found, answer, _ = running.ask(method, path)
        assert found == status and "/openapi.json" in answer["error"]
