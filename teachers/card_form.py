"""The form of a teacher's card: its keys, their types, and the fault in a card of another form."""

from __future__ import annotations

import re

from benchmark import datasets
from benchmark.text import LONGEST, hidden

FIELDS, PLAIN = 50, (str, int, float, bool, type(None))  # of a recipe
KEYS: dict[str, type | tuple[type, ...]] = {
    "dataset": str,
    "train_digest": str,
    "test_digest": str,
    "shape": list,  # channels, height, width
    "classes": int,
    "architecture": str,
    "recipe": dict,  # the fields of teachers.recipe.Recipe
    "seed": int,
    "accuracy": (int, float),  # test accuracy in per cent
    "sha256": str,  # of the weights file
    "probe": str,  # see teachers.probe
    "created": str,  # UTC, ISO 8601
    "torch": str,
    "suite": str,
}
# An endpoint has no weights: its file holds labels, and its SHA-256 is that of its canary.
ENDPOINT_KEYS = {k: v for k, v in KEYS.items() if k not in ("recipe", "seed", "probe")} | {
    "endpoint": dict,  # see teachers.remote
}
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")  # of a teacher beside the usual one
# A model that somebody else trained has no recipe and no seed, and its file may be any.
IMPORTED = {k: v for k, v in KEYS.items() if k not in ("recipe", "seed", "probe")} | {
    "imported": dict,  # the fields of teachers.imported.Given
}


def fault(content: object) -> str:
    """The fault in the content of a card, or ""."""
    card = content if isinstance(content, dict) else {}
    kinds = {"imported": IMPORTED, "endpoint": ENDPOINT_KEYS}
    usual = KEYS | ({"name": str} if "name" in card else {})
    keys = set(card)
    wanted = next((of for kind, of in kinds.items() if kind in card), usual)
    if keys != set(wanted):
        return f"has missing or unknown keys: {', '.join(sorted(map(repr, keys ^ set(wanted))))}"
    for key, kind in wanted.items():
        if not isinstance(card[key], kind) or isinstance(card[key], bool):
            return f"has a value of the wrong type for {key!r}"
        if kind is str and (len(card[key]) > LONGEST or hidden(card[key])):
            return f"has a value for {key!r} that is too long or cannot be shown"
    if "name" in card and not NAME.fullmatch(card["name"]):
        return "has a name that no teacher can have"
    if "recipe" in card and not _is_plain(card["recipe"]):
        return "has a recipe of another form"
    sizes = [*card["shape"], card["classes"]]
    whole = len(sizes) == 4 and all(type(size) is int and size > 0 for size in sizes)
    if not whole or max(card["shape"]) > datasets.MAX_SIDE or card["classes"] > 2**16:
        return "has an impossible shape or number of classes"
    return "" if 0 <= card["accuracy"] <= 100 else "has an accuracy outside 0 to 100"


def _is_plain(recipe: dict) -> bool:
    """Whether a recipe is a few short texts and numbers by name, all of which can be shown."""
    texts = [*recipe, *(value for value in recipe.values() if isinstance(value, str))]
    few = len(recipe) <= FIELDS and all(len(of) <= LONGEST and not hidden(of) for of in texts)
    return few and all(type(value) in PLAIN for value in recipe.values())
