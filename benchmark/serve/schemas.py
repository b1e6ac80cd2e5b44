"""What OpenAPI says of the bodies, which the suite reads itself."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query

from benchmark.endpoint.bodies import BINARY, JSON, LENGTH
from benchmark.serve.arrays import VALUES
from benchmark.serve.questions import B64, KINDS, TEXTS
from benchmark.serve.replies import VERSION
from benchmark.serve.served import INPUT, Served

Values = Annotated[
    str | None,
    Query(
        pattern=f"^({'|'.join(VALUES)})$",
        description="The numbers are whole from 0 to 255, or from 0 to 1. By default those that "
        "have no decimals are whole.",
    ),
]
ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "string", "description": "The reason."}},
}


TEXT = {
    "type": "string",
    "contentEncoding": "base64",
    "description": "A PNG, a JPEG, or raw numbers as C x H x W.",
}


def _refusal(reason: str) -> dict[str, Any]:
    return {"description": reason, "content": {JSON: {"schema": ERROR}}}


REFUSALS: dict[int | str, dict[str, Any]] = {
    404: _refusal("There is no such model or path."),
    408: _refusal("The body came too slowly."),
    413: _refusal("The body is too large."),
    503: _refusal("The server is busy."),
}
REFUSALS_OF_A_QUESTION: dict[int | str, dict[str, Any]] = {
    **REFUSALS,
    400: _refusal("The images are not of a kind that is answered."),
    401: _refusal("The key is missing or wrong."),
    403: _refusal("The quota does not hold so many images."),
    413: _refusal("The body, or the number of images, is too large."),
    415: _refusal("The body is of another kind."),
    422: _refusal("A parameter of the address has a value that is not known."),
    429: _refusal("The rate allows the next call later; see Retry-After."),
}


def v2(served: Served) -> dict[str, Any]:
    """Of a question by the Open Inference Protocol."""
    schema = {
        "type": "object",
        "required": ["inputs"],
        "properties": {
            "id": {"type": "string", "maxLength": 200},
            "inputs": {"type": "array", "minItems": 1, "maxItems": 1, "items": _tensor(served)},
            "outputs": {"type": "array", "items": _output(served)},
        },
    }
    binary = {"schema": {"type": "string", "format": "binary"}}
    length = {
        "name": LENGTH,
        "in": "header",
        "description": "Bytes of the JSON, where numbers stand behind it.",
        "schema": {"type": "integer", "minimum": 0},
    }
    return {"parameters": [length], **_body({JSON: {"schema": schema}, BINARY: binary})}


def _tensor(served: Served) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["name", "datatype", "shape", "data"],
        "properties": {
            "name": {"const": INPUT},
            "datatype": {"enum": [*KINDS, TEXTS]},
            "shape": {
                "type": "array",
                "items": {"type": "integer", "minimum": 1},
                "example": [1, *served.shape],
            },
            "data": {"type": "array", "items": {}},
        },
    }


def _output(served: Served) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["name"],
        "properties": {"name": {"enum": served.outputs}},
    }


def plain(key: str, served: Served) -> dict[str, Any]:
    """Of a question whose images stand under a key."""
    whole = {"type": "integer", "minimum": 0, "maximum": 255}
    shares = {"type": "number", "minimum": 0, "maximum": 1}
    images = [_images(whole, served), _images(shares, served), _texts()]
    schema = {
        "type": "object",
        "required": [key],
        "properties": {key: {"anyOf": images}},
        "additionalProperties": False,
    }
    return _body({JSON: {"schema": schema}})


def file() -> dict[str, Any]:
    """Of one image as a file."""
    raw = {"schema": {"type": "string", "format": "binary"}}
    schema = {
        "type": "object",
        "required": ["inputs"],
        "properties": {"inputs": TEXT},
        "additionalProperties": False,
    }
    return _body({"image/png": raw, "image/jpeg": raw, BINARY: raw, JSON: {"schema": schema}})


def _texts() -> dict[str, Any]:
    """Images in base64, as TensorFlow Serving has them or alone."""
    named = {"type": "object", "required": [B64], "properties": {B64: TEXT}}
    return {"type": "array", "items": {"anyOf": [TEXT, named]}, "minItems": 1}


def _images(inner: dict[str, Any], served: Served) -> dict[str, Any]:
    for size in reversed(served.shape):
        inner = {"type": "array", "items": inner, "minItems": size, "maxItems": size}
    return {"type": "array", "items": inner, "minItems": 1}


def answers(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """Of an answer of one of these kinds of content."""
    schemas = {JSON: {"type": ["object", "array"]}, BINARY: {"type": "string", "format": "binary"}}
    content = {kind: {"schema": schemas[kind]} for kind in kinds}
    return {200: {"description": "The answers, in the order of the images.", "content": content}}


def completed(tree: dict[str, Any], served: Served) -> dict[str, Any]:
    """OpenAPI as FastAPI makes it, with the one name and version that its paths have."""
    known = {"model": [served.name], "version": [VERSION]}
    for operations in tree["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if parameter["name"] in known:
                    parameter["schema"] = {"type": "string", "enum": known[parameter["name"]]}
    return tree


def _body(content: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": content}}
