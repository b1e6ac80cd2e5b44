"""An endpoint's file, read and checked key by key; no error repeats a value that may be secret."""

from __future__ import annotations

import dataclasses
import importlib
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from benchmark import errors
from benchmark.endpoint import paths
from benchmark.endpoint.form import Endpoint, Signer
from benchmark.errors import BenchError
from benchmark.reading import read_file, strict_json

LIMIT = 1_000_000  # bytes of a file; a list of 1,000 class names has a fiftieth of them
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
VARIABLE = r"[A-Z_][A-Z0-9_]{0,99}"
HEADER = r"[A-Za-z0-9][A-Za-z0-9-]{0,99}"
SECRET = re.compile(r"key|token|secret|passw|auth|credential|cookie|^code$|^sig", re.IGNORECASE)
HOW = "put it into an environment variable, and the variable's name into `env` of [signer]"
NEEDS = {  # the keys without which a way of signing cannot work
    "none": (),
    "bearer": ("env",),
    "header": ("env", "header"),
    "aws-sigv4": ("region", "service"),
    "oauth": (),
}
ALLOWS = {**NEEDS, "aws-sigv4": ("region", "service", "profile"), "oauth": ("env", "command")}


def read(path: Path | str) -> Endpoint:
    """The endpoint that a TOML file describes; its secrets stay where the file says they are.

    Raises ``BenchError`` that names the file, the key and the cure.
    """
    path = Path(path)
    try:
        table = _parsed(read_file(path, LIMIT, links=True), path)
        found: Endpoint = _made(Endpoint, table, "")
        _check(found)
        return found
    except FileNotFoundError:
        raise BenchError(f"{path} is not here; docs/endpoints.md has examples") from None
    except BenchError as problem:
        said = str(problem)
        raise BenchError(said if said.startswith(str(path)) else f"{path}: {said}") from None


def _parsed(content: bytes, path: Path) -> dict[str, Any]:
    try:
        parser = importlib.import_module("tomllib")
    except ModuleNotFoundError:
        raise BenchError(f"{path}: endpoints need Python 3.11 or newer") from None
    try:
        parsed: dict[str, Any] = parser.loads(content.decode())
    except UnicodeDecodeError:
        raise BenchError("this is no UTF-8 text; save it as UTF-8") from None
    except RecursionError:
        raise BenchError("this is nested too deeply") from None
    except ValueError as problem:
        where = re.search(r"\(at .*\)$", str(problem))  # the rest may repeat what stands there
        raise BenchError(f"this is no TOML {where[0] if where else ''}".rstrip()) from None
    return parsed


def _made(cls: Any, table: dict[str, Any], where: str) -> Any:
    """An instance of a class of ``form`` from a table of a file."""
    fields = {one.name: one for one in dataclasses.fields(cls)}
    for name in table.keys() - fields.keys():
        secret = f"A secret does not belong into this file: {HOW}." if SECRET.search(name) else ""
        raise errors.unknown(f"key{where}", name, fields, secret)
    for name, one in fields.items():
        missing = (one.default, one.default_factory) == (dataclasses.MISSING,) * 2
        if missing and name not in table:
            raise BenchError(f"the key {name!r}{where} is missing")
    return cls(**{name: _value(fields[name], value, where) for name, value in table.items()})


def _value(one: dataclasses.Field[Any], value: Any, where: str) -> Any:
    wanted, convert = KINDS[one.metadata["kind"]]
    try:
        found = convert(value)
    except (TypeError, ValueError):
        raise BenchError(f"the key {one.name!r}{where} is not {wanted}") from None
    among, limits = one.metadata.get("among"), one.metadata
    if among and found not in among:
        raise errors.unknown(f"value of {one.name!r}{where}:", found, among)
    for number in found if isinstance(found, tuple) else (found,):
        if limits.get("least") is not None and not limits["least"] <= number <= limits["most"]:
            span = f"from {limits['least']:,} to {limits['most']:,}"
            raise BenchError(f"the key {one.name!r}{where} is not {span}")
    return found


def _one(kind: type) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        if type(value) is not kind:
            raise TypeError
        return value

    return convert


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise TypeError
    return float(value)


def _list(kind: type) -> Callable[[Any], Any]:
    return lambda value: tuple(map(_one(kind), _one(list)(value)))


def _table(value: Any) -> dict[str, str]:
    return {name: _one(str)(text) for name, text in _one(dict)(value).items()}


def _names(value: Any) -> dict[str, int]:
    """Class names to indices, from a table of them or from a list in the order of classes."""
    if type(value) is list:
        value = {_one(str)(name): index for index, name in enumerate(value)} if value else {}
    return {name: _one(int)(index) for name, index in _one(dict)(value).items()}


def _signer(value: Any) -> Signer:
    made: Signer = _made(Signer, _one(dict)(value), " of [signer]")
    return made


KINDS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "text": ("a text", _one(str)),
    "whole": ("a whole number", _one(int)),
    "number": ("a number", _number),
    "texts": ("a list of texts", _list(str)),
    "wholes": ("a list of whole numbers", _list(int)),
    "table": ("a table of texts", _table),
    "names": ("a list of names, or a table of names and indices", _names),
    "signer": ("a table", _signer),
}


def _check(endpoint: Endpoint) -> None:
    """Raise ``BenchError`` where keys do not fit together."""
    _check_url(endpoint.url)
    _check_signer(endpoint.signer)
    _check_headers(endpoint.headers)
    if len(endpoint.shape) != 3:
        raise BenchError("the key 'shape' is channels, height, width, as [3, 32, 32]")
    if any(not 0 <= index < endpoint.classes for index in endpoint.class_names.values()):
        raise BenchError(f"an index of 'class_names' is not from 0 to {endpoint.classes - 1}")
    if endpoint.class_names and set(endpoint.class_names.values()) != set(range(endpoint.classes)):
        raise BenchError(f"'class_names' does not name each of the {endpoint.classes} classes")
    _check_body(endpoint)


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or not url.isascii() or not url.isprintable() or " " in url:
        raise BenchError("the key 'url' is no address; write https://HOST/PATH")
    if parts.username is not None or parts.password is not None:
        raise BenchError(f"the key 'url' holds a name or password before the host: {HOW}")
    if any(SECRET.search(name) for name, _ in parse_qsl(parts.query, keep_blank_values=True)):
        raise BenchError(f"the key 'url' holds a secret behind the question mark: {HOW}")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise BenchError("the key 'url' begins with https:// (http:// only to this machine)")


def _check_signer(signer: Signer) -> None:
    if signer.env and not re.fullmatch(VARIABLE, signer.env):
        raise BenchError(
            "the key 'env' of [signer] is not the NAME of an environment variable (capital "
            f"letters, digits, _); a secret itself is refused here: {HOW}"
        )
    if signer.header and not re.fullmatch(HEADER, signer.header):
        raise BenchError("the key 'header' of [signer] is not the name of a header")
    for name in NEEDS[signer.kind]:
        if not getattr(signer, name):
            raise BenchError(f"[signer] of kind {signer.kind!r} needs the key {name!r}")
    for name in ("env", "header", "region", "profile", "command"):
        if getattr(signer, name) and name not in ALLOWS[signer.kind]:
            raise BenchError(f"[signer] of kind {signer.kind!r} has no key {name!r}")
    if signer.kind == "oauth" and bool(signer.env) == bool(signer.command):
        raise BenchError("[signer] of kind 'oauth' needs one of the keys 'command' and 'env'")


def _check_headers(headers: dict[str, str]) -> None:
    for name, value in headers.items():
        if not re.fullmatch(HEADER, name) or not (value.isascii() and value.isprintable()):
            raise BenchError("a name or value of [headers] is no header")
        if SECRET.search(name):
            raise BenchError(f"the header {name!r} holds a secret: {HOW}")


def _check_body(endpoint: Endpoint) -> None:
    body = endpoint.body
    if body == "v2-binary" and endpoint.form != "numbers":
        raise BenchError("the body 'v2-binary' sends numbers; leave 'form' out")
    if body.startswith("v2") and not endpoint.input:
        raise BenchError(f"the body {body!r} needs 'input', the name of the model's input")
    if body == "mlflow" and endpoint.input not in ("", "inputs", "input_data"):
        raise BenchError("the key 'input' of the body 'mlflow' is 'inputs' or 'input_data'")
    if body == "image" and endpoint.batch != 1:
        raise BenchError("the body 'image' sends one image a call; 'batch' is 1")
    if (body == "image" or endpoint.form == "png") and endpoint.shape[0] not in (1, 3):
        raise BenchError("a PNG has 1 or 3 channels; see 'shape'")
    if body == "json":
        _check_template(endpoint)


def _check_template(endpoint: Endpoint) -> None:
    if not endpoint.images_at:
        raise BenchError("the body 'json' needs 'images_at', where in the template images go")
    if any(SECRET.search(name) for name in re.findall(r'"([^"]*)"\s*:', endpoint.template)):
        raise BenchError(f"the key 'template' holds a secret: {HOW}")
    try:
        paths.put(strict_json(endpoint.template.encode()), endpoint.images_at, [])
    except ValueError:
        raise BenchError("the key 'template' is no JSON, as '{\"data\": null}'") from None
    except LookupError:
        raise BenchError(f"the template has no place {endpoint.images_at!r}") from None
