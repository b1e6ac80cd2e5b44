"""What a request asks: its images, and the form in which it wants the answer.

The forms of ``benchmark.endpoint.bodies``, read from the other side.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

import numpy as np
from torch import Tensor

from benchmark.endpoint import bodies
from benchmark.reading import strict_json
from benchmark.serve import arrays, pictures
from benchmark.serve.refused import Refused
from benchmark.serve.served import INPUT, Served

KINDS = {"UINT8": "uint8", "FP16": "float", "FP32": "float", "FP64": "float"}
TEXTS = "BYTES"  # the datatype of texts, which are images in base64
B64 = "b64"  # the key of a text in base64, as TensorFlow Serving has it
LONGEST = 200  # letters of an id, which comes back
FRAME = "dataframe_split"  # a table of pandas: each row an image
WANTED = {  # where the images stand in a body without datatypes: key, and those that may stand by
    "predict": (("instances",), ("signature_name",)),
    "invocations": (("instances", "inputs", FRAME), ("params",)),
    "score": (("data",), ()),
    "classify": (("inputs",), ()),
}


@dataclass(frozen=True)
class Question:
    """Images, uint8 N x C x H x W. Of V2 too: an id, and the outputs, each binary or not."""

    images: Tensor
    name: str = ""
    outputs: Mapping[str, bool] = field(default_factory=dict)


def plain(content: bytes, form: str, values: str | None, served: Served, most: int) -> Question:
    """Of a body without datatypes, one of ``WANTED``; ``values``: see ``arrays.VALUES``."""
    tree = _object(content)
    keys, beside = WANTED[form]
    found = [key for key in keys if key in tree]
    if len(found) != 1:
        raise Refused(400, f"the body is {_like(keys)}")
    if strange := tree.keys() - {*found, *beside}:
        raise Refused(400, f"the key {_shown(min(strange))} is not known here")
    nested = tree[found[0]]
    if found[0] == FRAME:
        nested = nested.get("data") if isinstance(nested, dict) else nested
    if form == "classify":
        if not isinstance(nested, str):
            raise Refused(400, f"the body is {_like(keys)}")
        nested = [nested]
    if isinstance(nested, list) and any(isinstance(one, dict) for one in nested):
        nested = [_named(one) for one in nested]
    if _are_texts(nested):
        return Question(pictures.of_texts(nested, served.shape, values, most))
    shape, flat = arrays.unpacked(nested)
    array, values = arrays.numbers(flat, values)
    return Question(arrays.images(array, shape, values, served.shape, most))


def file(content: bytes, kind: str, served: Served) -> Question:
    """Of one image: a PNG or JPEG as the body, or in base64 in JSON, as the ``kind`` says."""
    if kind == bodies.JSON or kind.endswith("+json"):
        return plain(content, "classify", None, served, 1)
    return Question(pictures.of_file(content, served.shape))


def v2(content: bytes, headers: Mapping[str, str], served: Served, most: int) -> Question:
    """Of the Open Inference Protocol, with or without numbers behind the JSON."""
    try:
        head, tail = bodies.parted(content, headers)
    except ValueError as problem:
        raise Refused(400, f"the body does not fit {bodies.LENGTH}: {problem}") from None
    tree = _object(head)
    name = tree.get("id", "")
    if not isinstance(name, str) or len(name) > LONGEST:
        raise Refused(400, f"'id' is no text of at most {LONGEST} letters")
    outputs = _outputs(tree, served)
    tensor = _input(tree)
    if tensor["datatype"] == TEXTS:
        return Question(_decoded(tensor, tail, served, most), name, outputs)
    values = KINDS[tensor["datatype"]]
    array = _behind(tensor, tail) if "data" not in tensor else _written(tensor, tail, values)
    shown = arrays.images(array, tensor["shape"], values, served.shape, most)
    return Question(shown, name, outputs)


def _input(tree: dict[str, Any]) -> dict[str, Any]:
    """The one input, its name, datatype and shape looked at."""
    inputs = tree.get("inputs")
    if not isinstance(inputs, list) or len(inputs) != 1 or not isinstance(inputs[0], dict):
        raise Refused(400, f"'inputs' is no list of one input, {INPUT!r}")
    tensor = inputs[0]
    if tensor.get("name") != INPUT:
        raise Refused(400, f"the input is called {INPUT!r}, not {_shown(tensor.get('name'))}")
    if tensor.get("datatype") not in [*KINDS, TEXTS]:
        known = "UINT8 (0 to 255), FP16, FP32, FP64 (0 to 1), or BYTES (base64)"
        raise Refused(400, f"the datatype is {_shown(tensor.get('datatype'))}, not {known}")
    shape = tensor.get("shape")
    if not isinstance(shape, list) or any(type(n) is not int or n < 0 for n in shape) or not shape:
        raise Refused(400, "'shape' is no list of whole numbers")
    return tensor


def _decoded(tensor: dict[str, Any], tail: bytes, served: Served, most: int) -> Tensor:
    """The images of an input of texts."""
    texts = tensor.get("data")
    if tail or not _are_texts(texts):
        raise Refused(400, f"'data' of {TEXTS} is no list of texts in base64, one an image")
    if tensor["shape"] not in ([len(texts)], [len(texts), 1]):
        raise Refused(400, f"'shape' is not [{len(texts)}], the number of texts")
    return pictures.of_texts(texts, served.shape, None, most)


def _are_texts(nested: Any) -> TypeGuard[list[str]]:
    return isinstance(nested, list) and bool(nested) and all(isinstance(n, str) for n in nested)


def _behind(tensor: dict[str, Any], tail: bytes) -> np.ndarray:
    """The numbers behind the JSON."""
    if "binary_data_size" not in (tensor.get("parameters") or {}):
        raise Refused(400, "the input has neither 'data' nor 'binary_data_size'")
    try:
        size = bodies.binary_size(tensor)
    except ValueError:
        raise Refused(400, "'binary_data_size' is no number of bytes") from None
    if size != len(tail):
        raise Refused(
            400, f"'binary_data_size' says {size:,} bytes, and {len(tail):,} stand behind the JSON"
        )
    kind = bodies.KINDS[tensor["datatype"]]
    if size % kind.itemsize:
        raise Refused(400, f"{size:,} bytes are no whole number of {tensor['datatype']}")
    return np.frombuffer(tail, kind)


def _written(tensor: dict[str, Any], tail: bytes, values: str) -> np.ndarray:
    """The numbers in the JSON, flat or nested."""
    if tail or "binary_data_size" in (tensor.get("parameters") or {}):
        raise Refused(400, "the input has numbers in 'data' and behind the JSON")
    _, flat = arrays.unpacked(tensor["data"])
    return arrays.numbers(flat, values)[0]


def _outputs(tree: dict[str, Any], served: Served) -> dict[str, bool]:
    """The outputs that are asked for, all without a choice, and whether each is binary."""
    usual = _flag(tree, "binary_data_output", False)
    asked = tree.get("outputs")
    if asked is None or asked == []:
        return dict.fromkeys(served.outputs, usual)
    if not isinstance(asked, list) or not all(isinstance(one, dict) for one in asked):
        raise Refused(400, "'outputs' is no list of outputs")
    found = {}
    for one in asked:
        name = one.get("name")
        if name not in served.outputs:
            known = " and ".join(served.outputs)
            raise Refused(400, f"there is no output {_shown(name)}: this server tells {known}")
        found[name] = _flag(one, "binary_data", usual)
    return found


def _flag(tree: dict[str, Any], key: str, usual: bool) -> bool:
    """A parameter that is true or false."""
    parameters = tree.get("parameters")
    found = (parameters or {}).get(key, usual) if isinstance(parameters or {}, dict) else None
    if not isinstance(found, bool):
        raise Refused(400, f"the parameter {key!r} is not true or false")
    return found


def _named(one: Any) -> Any:
    """The image of an instance that is an object."""
    inner = one[INPUT] if isinstance(one, dict) and one.keys() == {INPUT} else one
    if isinstance(inner, dict) and inner.keys() == {B64} and isinstance(inner[B64], str):
        return inner[B64]
    if inner is one or isinstance(inner, dict):
        raise Refused(
            400, f"an instance is an image, or an object with the key {INPUT!r} or {B64!r} alone"
        )
    return inner


def _object(content: bytes) -> dict[str, Any]:
    """The object that JSON is."""
    try:
        tree = strict_json(content, numbers=False)
    except UnicodeError:
        raise Refused(400, "the body is no text in UTF-8") from None
    except json.JSONDecodeError as problem:
        raise Refused(400, f"the body is no JSON, or torn at byte {problem.pos:,}") from None
    except ValueError as problem:
        raise Refused(400, f"the body is no strict JSON: {problem}") from None
    if not isinstance(tree, dict):
        raise Refused(400, "the body is JSON, but no object")
    return tree


def _like(keys: tuple[str, ...]) -> str:
    if keys == WANTED["classify"][0]:
        return f'{{"{keys[0]}": "base64 of one image"}}'
    lists = [f'{{"{key}": [image, ...]}}' for key in keys if key != FRAME]
    return " or ".join([*lists, *([f'{{"{FRAME}": {{"data": ...}}}}'] if FRAME in keys else [])])


def _shown(value: Any) -> str:
    return repr(value)[:60]
