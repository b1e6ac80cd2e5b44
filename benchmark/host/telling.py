"""The process of a method describes the class that it has executed, in plain values.

As in ``child``, the suite trusts nothing that comes from here: ``description`` checks it.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import typing
from collections.abc import Mapping
from typing import Any, Literal

import torch

from benchmark.host import source
from benchmark.host.failure import MethodFailure
from benchmark.host.frames import Frame
from benchmark.method.base import Method, Spec

QUESTIONS = ("greet", "reach", "describe", "cost", "settle")
KINDS = {int: "int", float: "float", bool: "bool", str: "str"}
FACTS = ("paper", "version", "floor", "real_images", "not_validated", "designed")
TABLES = ("variants", "tiny", "unrounded")
OWN = ("round_cost", "least_budget", "deliver")
_executed = functools.cache(lambda content: source.execute(json.loads(content)))


def answer(frame: Frame) -> Frame:
    """Answer a question on the class. All but the first two kinds bring the source along."""
    if frame.kind == "greet":
        return Frame("told")
    try:
        if frame.kind == "reach":
            return Frame("told", {"sum": _sum_on(frame.fields["device"])})
        method = _executed(json.dumps(frame.fields["source"]))
        if frame.kind == "describe":
            return Frame("told", described(method))
        config = config_of(method, frame.fields["config"])
        if frame.kind == "settle":
            return Frame("told", dataclasses.asdict(config))
        shape, classes, device, access = frame.fields["spec"]
        spec = Spec(tuple(shape), classes, torch.device(device), access)
        return Frame("told", {"cost": getattr(method, frame.fields["of"])(config, spec)})
    except (Exception, SystemExit) as problem:
        return Frame("failed", {"text": MethodFailure(problem).text})


def _sum_on(device: str) -> float:
    """A product of matrices on a device, added up: it takes the driver and a library of kernels."""
    ones = torch.ones(8, 8, device=torch.device(device))
    return (ones @ ones).sum().item()


def config_of(method: type[Method], values: Mapping[str, Any]) -> Any:
    """A ``Config`` of values by name; those that it sets itself are left to it."""
    fields = (field for field in dataclasses.fields(method.Config) if field.init)
    return method.Config(**{field.name: values[field.name] for field in fields})


def described(method: type[Method]) -> dict[str, Any]:
    """A method's class in plain values."""
    settles = hasattr(method.Config, "__post_init__")
    own = [name for name in OWN if _function(method, name) is not _function(Method, name)]
    return {
        "name": method.__name__,
        "access": list(method.access),
        "own": own + ["settle"] * settles,
        "config": _fields(method.Config),
        "space": {form: _ends(where) for form, where in method.space.items()},
        **{name: getattr(method, name) for name in (*FACTS, *TABLES)},
    }


def _ends(where: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Ranges, which are tuples, and choices, which are lists, told apart as JSON cannot."""
    kinds: dict[type, str] = {tuple: "range", list: "choices"}
    return {name: {kinds.get(type(found), ""): found} for name, found in where.items()}


def _function(method: type[Method], name: str) -> object:
    found = getattr(method, name)
    return getattr(found, "__func__", found)


def _fields(config: type) -> list[dict[str, Any]]:
    types = typing.get_type_hints(config)
    return [
        {
            "name": field.name,
            "kind": KINDS.get(types[field.name], ""),
            "choices": _choices(types[field.name]),
            "default": None if _default(field) is dataclasses.MISSING else _default(field),
            "needed": _default(field) is dataclasses.MISSING,
            "init": field.init,
            "source": field.metadata.get("source", ""),
            "later": bool(field.metadata.get("later")),
            "own": bool(field.metadata.get("own")),
            "low": _limit(field.metadata.get("low")),
            "high": _limit(field.metadata.get("high")),
        }
        for field in dataclasses.fields(config)
    ]


def _choices(kind: Any) -> list[Any]:
    return list(typing.get_args(kind)) if typing.get_origin(kind) is Literal else []


def _default(field: dataclasses.Field) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _limit(value: Any) -> Any:
    """A limit; None where it is infinite, and so is none."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
