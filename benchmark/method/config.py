"""Resolving a method's ``Config``: task defaults, then the variant, then ``--set``."""

from __future__ import annotations

import dataclasses
import math
import typing
from typing import TYPE_CHECKING, Any, Literal

from benchmark.errors import BenchError, unknown
from benchmark.text import hidden

if TYPE_CHECKING:  # a value is checked without torch, which takes seconds
    from benchmark.method.base import Method

LONGEST, LARGEST, FIELDS = 100, 2**63, 200
SMALLEST_BATCH = 2  # one image has no spread: BatchNorm and losses over a batch need a second


def resolve(
    method: type[Method], label: str, *layers: dict[str, Any], task: dict[str, Any] | None = None
) -> Any:
    """An instance of ``method.Config`` with every field checked.

    ``layers`` are field overrides, later ones win; text is converted to the field's type.
    ``task`` holds defaults of the data set (``batch``), taken only by methods that have the field
    and do not insist on their own.
    ``label`` names the method in errors. Raises ``BenchError`` for an unknown field or a bad value.
    """
    fields = dataclasses.fields(method.Config)
    if len(fields) > FIELDS:
        raise BenchError(
            f"{label} has a Config of {len(fields):,} fields, each of which stands in every row: "
            f"at most {FIELDS} may be there"
        )
    types = typing.get_type_hints(method.Config)
    known = {field.name: field.default for field in fields}
    open_ = {field.name for field in fields if not field.metadata.get("own")}
    values = {name: value for name, value in (task or {}).items() if name in open_}
    for layer in layers:
        for name, value in layer.items():
            if name not in known:
                raise unknown(f"field of {label}", name, known)
            found = _convert(f"{label}.{name}", value, types[name])
            # Spelt as the default is: 10 and 10.0 are one value, and must not be two runs.
            values[name] = known[name] if found == known[name] else found
    config = method.Config(**values)
    for field in dataclasses.fields(config):
        _check_range(f"{label}.{field.name}", getattr(config, field.name), field.metadata)
    return config


def check_value(where: str, value: Any, kind: Any, limits: typing.Mapping[str, Any]) -> None:
    """Refuse a value of ``--set`` that a field of this type and these limits does not take."""
    _check_range(where, _convert(where, value, kind), limits)


def _check_range(where: str, value: Any, limits: typing.Mapping[str, Any]) -> None:
    low, high = limits.get("low"), limits.get("high")
    if where.endswith(".batch"):
        low = max(SMALLEST_BATCH, low or 0)
    if isinstance(value, float) and not math.isfinite(value):
        raise BenchError(f"{where} must be a finite number, not {value}")
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        allowed = " and ".join(
            [f"at least {low}"] * (low is not None) + [f"at most {high}"] * (high is not None)
        )
        raise BenchError(f"{where} must be {allowed}, not {value}")


def _convert(where: str, value: Any, kind: Any) -> Any:
    if typing.get_origin(kind) is Literal:
        choices = typing.get_args(kind)
        if value not in choices:
            raise BenchError(f"{where} must be one of {', '.join(choices)}, not {value!r}")
        return value
    if kind is bool and isinstance(value, str):
        lowered = value.lower()
        if lowered not in ("true", "false", "1", "0", "yes", "no", "on", "off"):
            raise BenchError(f"{where} must be true or false, not {value!r}")
        return lowered in ("true", "1", "yes", "on")
    try:
        converted = kind(value)
    except (TypeError, ValueError, OverflowError):
        raise BenchError(f"{where} must be of type {kind.__name__}, not {value!r}") from None
    if isinstance(converted, str) and (len(converted) > LONGEST or hidden(converted)):
        raise BenchError(f"{where} must have at most {LONGEST} visible letters, not {value!r}")
    if isinstance(converted, int) and abs(converted) >= LARGEST:
        raise BenchError(f"{where} must be below 2**63, not a number of {len(str(value))} digits")
    return converted


def as_dict(config: Any) -> dict[str, Any]:
    """The resolved fields in declaration order."""
    return dataclasses.asdict(config)


def identity(config: Any) -> dict[str, Any]:
    """The fields that stand in a row and decide its id.

    A ``later`` field is left out at its default, where it changes no number: so rows older than
    the field keep their ids.
    """
    added = {f.name: f.default for f in dataclasses.fields(config) if f.metadata.get("later")}
    return {k: v for k, v in as_dict(config).items() if k not in added or v != added[k]}


def sources(method: type[Method]) -> dict[str, str]:
    """The source of each field's default, by field."""
    return {f.name: f.metadata.get("source", "") for f in dataclasses.fields(method.Config)}
