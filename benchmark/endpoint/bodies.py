"""The five bodies: how images are put into a request, and where its answer holds the values.

Facts of the protocols: Open Inference Protocol V2 and its binary extension, the REST interface of
TensorFlow Serving (also Vertex AI and KServe V1), the scoring servers of MLflow and Azure ML.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmark.endpoint import paths, pixels
from benchmark.endpoint.form import Endpoint
from benchmark.reading import strict_json

JSON = "application/json"
BINARY = "application/octet-stream"
LENGTH = "inference-header-content-length"
DEEPEST = 16  # levels of an answer; a batch of scores has 4
KINDS = {
    **{f"INT{bits}": np.dtype(f"<i{bits // 8}") for bits in (8, 16, 32, 64)},
    **{f"UINT{bits}": np.dtype(f"<u{bits // 8}") for bits in (8, 16, 32, 64)},
    **{f"FP{bits}": np.dtype(f"<f{bits // 8}") for bits in (16, 32, 64)},
}


@dataclass(frozen=True)
class Body:
    """What is sent."""

    content: bytes
    headers: dict[str, str]


def body(shown: np.ndarray, endpoint: Endpoint, name: str) -> Body:
    """The request for uint8 N x C x H x W images; ``name`` is an id that may come back."""
    if endpoint.body == "image" and endpoint.image_as == "png":
        return Body(pixels.png(shown[0]), {"Content-Type": "image/png", "Accept": JSON})
    if endpoint.body == "v2-binary":
        return _binary(shown, endpoint, name)
    tree = _TREES[endpoint.body](shown, endpoint, name)
    return Body(_text(tree), {"Content-Type": JSON, "Accept": JSON})


def _text(tree: Any) -> bytes:
    return json.dumps(tree, separators=(",", ":"), allow_nan=False).encode()


def _v2(shown: np.ndarray, endpoint: Endpoint, name: str) -> dict[str, Any]:
    tensor = _tensor(shown, endpoint)
    if endpoint.form == "numbers":
        flat = pixels.arranged(shown, endpoint).reshape(-1)
        whole = endpoint.values == "uint8"
        tensor["data"] = (flat if whole else pixels.SHARES[flat]).tolist()
    else:
        tensor.update(shape=[len(shown)], datatype="BYTES", data=pixels.each(shown, endpoint))
    return _asked(endpoint, name, tensor, {})


def _tensor(shown: np.ndarray, endpoint: Endpoint) -> dict[str, Any]:
    shape = list(pixels.arranged(shown, endpoint).shape)
    kind = "UINT8" if endpoint.values == "uint8" else "FP32"
    return {"name": endpoint.input, "shape": shape, "datatype": kind}


def _asked(
    endpoint: Endpoint, name: str, tensor: dict[str, Any], more: dict[str, Any]
) -> dict[str, Any]:
    outputs = {"outputs": [{"name": endpoint.output, **more}]} if endpoint.output else {}
    return {"id": name, "inputs": [tensor], **outputs}


def _binary(shown: np.ndarray, endpoint: Endpoint, name: str) -> Body:
    raw = pixels.valued(pixels.arranged(shown, endpoint), endpoint)
    content = raw.astype(raw.dtype.newbyteorder("<")).tobytes()
    tensor = {**_tensor(shown, endpoint), "parameters": {"binary_data_size": len(content)}}
    tree = _asked(endpoint, name, tensor, {"parameters": {"binary_data": True}})
    if not endpoint.output:
        tree["parameters"] = {"binary_data_output": True}
    head = _text(tree)
    return Body(head + content, {"Content-Type": BINARY, LENGTH: str(len(head)), "Accept": "*/*"})


def _instances(shown: np.ndarray, endpoint: Endpoint, name: str) -> dict[str, Any]:
    images = pixels.each(shown, endpoint)
    if endpoint.form != "numbers":
        images = [{"b64": one} for one in images]  # what TensorFlow Serving decodes
    return {"instances": [{endpoint.input: one} for one in images] if endpoint.input else images}


def _mlflow(shown: np.ndarray, endpoint: Endpoint, name: str) -> dict[str, Any]:
    return {endpoint.input or "inputs": pixels.each(shown, endpoint)}


def _json(shown: np.ndarray, endpoint: Endpoint, name: str) -> Any:
    tree = strict_json(endpoint.template.encode())
    return paths.put(tree, endpoint.images_at, pixels.each(shown, endpoint))


def _image(shown: np.ndarray, endpoint: Endpoint, name: str) -> dict[str, Any]:
    return {endpoint.input or "inputs": base64.b64encode(pixels.png(shown[0])).decode()}


_TREES = {"v2": _v2, "instances": _instances, "mlflow": _mlflow, "json": _json, "image": _image}


def values(content: bytes, headers: Mapping[str, str], endpoint: Endpoint, name: str) -> Any:
    """What an answer says of the images: nested lists, or an array. ``ValueError`` with a reason.

    Numbers are not looked at here.
    """
    head, tail = parted(content, headers) if endpoint.body == "v2-binary" else (content, b"")
    tree = _tree(head)
    if endpoint.body.startswith("v2"):
        return _outputs(tree, tail, endpoint, name)
    try:
        return _found(tree, endpoint)
    except LookupError:
        raise ValueError("it lacks the place where the answers stand") from None


def parted(content: bytes, headers: Mapping[str, str]) -> tuple[bytes, bytes]:
    """The JSON of a question or an answer of V2, and the numbers behind it.

    ``headers`` find names in any case. ``ValueError`` for a length that cannot be.
    """
    if LENGTH not in headers:
        return content, b""
    cut = headers[LENGTH]
    if not (cut.isdecimal() and len(cut) < 12 and int(cut) <= len(content)):
        raise ValueError("its head is longer than itself")
    return content[: int(cut)], content[int(cut) :]


def _tree(content: bytes) -> Any:
    """Strict JSON, of which the whole may be a text that is JSON itself."""
    try:
        tree = strict_json(content)
        if isinstance(tree, str) and tree.lstrip()[:1] in ("[", "{"):
            tree = strict_json(tree.encode())
    except UnicodeError:
        raise ValueError("it is no text in UTF-8") from None
    except json.JSONDecodeError:
        raise ValueError("it is torn or no JSON") from None
    if isinstance(tree, str):
        raise ValueError(f"it is a text and no answer: {tree[:200]!r}")
    level = [tree]
    for _ in range(DEEPEST):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]
    if level:
        raise ValueError("it is nested too deeply")
    return tree


def _found(tree: Any, endpoint: Endpoint) -> Any:
    if endpoint.body == "json":
        return paths.get(tree, endpoint.answers_at)
    if endpoint.body == "image":
        return tree
    found = paths.get(tree, "predictions") if isinstance(tree, dict) else tree
    return paths.get(found, f"*.{endpoint.output}") if endpoint.output else found


def _outputs(tree: Any, tail: bytes, endpoint: Endpoint, name: str) -> Any:
    """The values of the one output that was asked for, in its shape."""
    outputs = tree.get("outputs") if isinstance(tree, dict) else None
    if not isinstance(outputs, list) or not all(isinstance(one, dict) for one in outputs):
        raise ValueError("it has no list of outputs")
    if tree.get("id") not in (None, "", name):
        raise ValueError("it has the id of another question")
    start, found = 0, []
    for one in outputs:
        size = binary_size(one)
        if not endpoint.output or one.get("name") == endpoint.output:
            found.append((one, tail[start : start + size]))
        start += size
    if len(found) != 1:
        known = ", ".join(str(one.get("name"))[:60] for one in outputs)
        raise ValueError(f"'output' is not the name of one of its outputs: {known}")
    if start != len(tail):
        raise ValueError("its binary part has another length than its outputs")
    return _shaped(*found[0])


def binary_size(tensor: dict[str, Any]) -> int:
    """The bytes of an input or output of V2 that stand behind the JSON."""
    parameters = tensor.get("parameters") or {}
    size = parameters.get("binary_data_size", 0) if isinstance(parameters, dict) else 0
    if type(size) is not int or size < 0:
        raise ValueError("a tensor has no size")
    return size


def _shaped(output: dict[str, Any], raw: bytes) -> Any:
    shape, data = output.get("shape"), output.get("data")
    if not isinstance(shape, list) or any(type(n) is not int or n < 0 for n in shape):
        raise ValueError("its output has no shape")
    if data is None:
        kind = KINDS.get(str(output.get("datatype")))
        if kind is None or len(raw) % kind.itemsize:
            raise ValueError("its binary output has a datatype that is not read")
        data = np.frombuffer(raw, kind).tolist()
    flat = _flat(data)
    if not 1 <= len(shape) <= 2 or len(flat) != int(np.prod(shape, dtype=object)):
        raise ValueError(f"its output holds {len(flat):,} values and says the shape {shape}"[:200])
    if len(shape) == 1:
        return flat
    return [flat[row * shape[1] : (row + 1) * shape[1]] for row in range(shape[0])]


def _flat(data: Any) -> list[Any]:
    if not isinstance(data, list):
        raise ValueError("its output has no data")
    while any(isinstance(one, list) for one in data):
        if not all(isinstance(one, list) for one in data):
            raise ValueError("its output has ragged data")
        data = [inner for one in data for inner in one]
    return data
