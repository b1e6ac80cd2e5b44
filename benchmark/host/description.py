"""A description of a method's class, as it comes from the process that executed it: checked here.

Whoever describes may be hostile. A description is plain values of known types, short and few; all
else is a ``Strange``, which says in a few words where it is.
"""

from __future__ import annotations

import dataclasses
import keyword
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from benchmark.method.base import param
from benchmark.oracle.query import ACCESSES
from benchmark.text import hidden

MOST, LETTERS, LARGEST = 100, 300, 2**63
VARIANT = re.compile(r"[A-Za-z0-9][\w.-]{0,59}")
FORM = re.compile(rf"|{VARIANT.pattern}")  # a variant, or "" for the default
FIELD = re.compile(r"[A-Za-z]\w{0,59}")
KINDS: dict[str, Any] = {"int": int, "float": float, "bool": bool, "str": str, "": object}
FACTS: dict[str, tuple[type, Any]] = {  # the type of each, and the values that it may have
    "paper": (str, None),
    "not_validated": (str, None),
    "designed": (str, None),
    "version": (int, range(10**6)),
    "floor": (bool, None),
    "real_images": (str, ("", "own", "other")),
}
OWN = ("round_cost", "least_budget", "deliver", "settle")


class Strange(Exception):
    """A description that is none, and where."""


@dataclass(frozen=True)
class Description:
    """A method's class in plain values; ``config`` is a dataclass with the fields of its own."""

    name: str
    config: type
    facts: Mapping[str, Any]  # attributes of the class
    own: tuple[str, ...]  # its own ways, which only its code knows: see ``OWN``


def read(told: Mapping[str, Any]) -> Description:
    """The description in the fields of a frame. Raises ``Strange``."""
    config = _config(_list(told.get("config"), "Config"))
    names = {field.name for field in dataclasses.fields(config)}
    facts = {name: _fact(name, told.get(name)) for name in FACTS}
    facts["access"] = _access(told.get("access"))
    facts["variants"] = _named(told.get("variants"), "variants", VARIANT, _overrides)
    facts["space"] = _named(told.get("space"), "space", FORM, _space)
    facts |= {name: _overrides(told.get(name), name) for name in ("tiny", "unrounded")}
    if facts["real_images"] == "other" and "dataset" not in names:
        raise Strange("real_images is 'other', and Config names no dataset")
    own = _list(told.get("own"), "own")
    if not all(type(one) is str and one in OWN for one in own):
        raise Strange("a way of its own that there is not")
    return Description(_identifier(told.get("name"), "the class"), config, facts, tuple(own))


def plain(value: Any, where: str) -> Any:
    """A value that a ``Config`` may have, and that a row can hold."""
    if value is None or type(value) is bool:
        return value
    if type(value) is int and abs(value) < LARGEST:
        return value
    if type(value) is float and math.isfinite(value):
        return value
    if type(value) is str and len(value) <= MOST and not hidden(value):
        return value
    raise Strange(f"a value of {where} that no row can hold")


def _fact(name: str, value: Any) -> Any:
    kind, values = FACTS[name]
    if type(value) is not kind or (values is not None and value not in values):
        raise Strange(f"a {name} that there is not")
    return _text(value, name) if kind is str else value


def _text(value: Any, where: str) -> str:
    if type(value) is not str or len(value) > LETTERS or hidden(value):
        raise Strange(f"{where} is no text of at most {LETTERS} visible letters")
    return value


def _list(value: Any, where: str) -> list[Any]:
    if type(value) is not list or len(value) > MOST:
        raise Strange(f"{where} is no list of at most {MOST}")
    return value


def _identifier(value: Any, where: str) -> str:
    ordinary = type(value) is str and value.isascii() and value.isidentifier()
    if not ordinary or len(value) > LETTERS or keyword.iskeyword(value):
        raise Strange(f"{where} has a name that is none")
    return value


def _access(value: Any) -> tuple[str, ...]:
    found = _list(value, "access")
    if not found or not all(type(one) is str and one in ACCESSES for one in found):
        raise Strange(f"access names other than {', '.join(ACCESSES)}")
    return tuple(found)


def _named(
    value: Any, where: str, names: re.Pattern[str], read: Callable[[Any, str], Any]
) -> dict[str, Any]:
    """A table of a few entries with names of a form, each read by a function."""
    if type(value) is not dict or len(value) > MOST:
        raise Strange(f"{where} is no table of at most {MOST}")
    if not all(names.fullmatch(name) for name in value):
        raise Strange(f"{where} has a name that is none")
    return {name: read(one, where) for name, one in value.items()}


def _overrides(value: Any, where: str) -> dict[str, Any]:
    return _named(value, where, FIELD, plain)


def _space(value: Any, where: str) -> dict[str, Any]:
    """The ranges and the choices of one variant."""
    return _named(value, where, FIELD, _ends)


def _ends(value: Any, where: str) -> Any:
    """A range, which is a tuple, or choices, which are a list."""
    if type(value) is not dict or len(value) != 1 or not value.keys() <= {"range", "choices"}:
        raise Strange(f"{where} has a range that is none")
    ((kind, ends),) = value.items()
    found = [plain(one, where) for one in _list(ends, where)]
    return tuple(found) if kind == "range" else found


def _config(fields: list[Any]) -> type:
    found: dict[str, tuple[str, Any, Any]] = {}
    for told in fields:
        if type(told) is not dict:
            raise Strange("Config has a field that is none")
        name = _identifier(told.get("name"), "a field of Config")
        if name.startswith("__") or name in found:
            raise Strange("Config has a field whose name is none")
        found[name] = (name, _kind(told, name), _field(told, f"Config.{name}"))
    return dataclasses.make_dataclass("Config", list(found.values()), frozen=True)


def _kind(told: Mapping[str, Any], name: str) -> Any:
    if choices := _list(told.get("choices"), f"Config.{name}"):
        return Literal[tuple(plain(one, f"Config.{name}") for one in choices)]
    kind = told.get("kind")
    if type(kind) is not str or kind not in KINDS or (name == "batch" and kind != "int"):
        raise Strange(f"Config.{name} has a type that it cannot have")
    return KINDS[kind]


def _field(told: Mapping[str, Any], where: str) -> Any:
    """The field with its default and its source, as ``param`` makes it."""
    flags = {name: told.get(name) for name in ("needed", "init", "later", "own")}
    if not all(type(flag) is bool for flag in flags.values()) or flags["needed"]:
        raise Strange(f"{where} has no default")
    low, high = told.get("low"), told.get("high")
    if not (_is_limit(low) and _is_limit(high)):
        raise Strange(f"{where} has limits that are none")
    kind, default = told.get("kind"), plain(told.get("default"), where)
    if kind and not told.get("choices") and not _is(default, KINDS[kind]):
        raise Strange(f"{where} has a default of another type")
    source = _text(told.get("source"), where)
    made = param(default, source, low, high, bool(flags["later"]), bool(flags["own"]))
    made.init = flags["init"]
    return made


def _is_limit(value: Any) -> bool:
    return value is None or (type(value) in (int, float) and math.isfinite(value))


def _is(value: Any, kind: type) -> bool:
    """Whether a value is of a type; None stands for none, and an int is a float, too."""
    return value is None or type(value) is kind or (kind is float and type(value) is int)
