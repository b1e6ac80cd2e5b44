"""Earlier rows in the form of today: the only module that knows how they looked.

Fields were added while the number of the schema stayed, so a file of schema 1 may lack any of
those below. A missing one gets the value by which the suite worked then. Rows of any schema that do
not name their teacher may have one that the suite ships with a name.
"""

from __future__ import annotations

from typing import Any

from benchmark.rows.checksum import OLDER
from benchmark.rows.kinds import BFLOAT16, FLOAT32
from teachers.names import shipped_names

METHOD = "method/"  # before the names of a point's numbers that the method logged
FLOORS = ("noise",)  # the only floor there was while rows did not say so of themselves
MISSING = {
    "notes": [],  # methods could note nothing yet
    "real_images": "",  # no method saw any
    "teacher_images": 0,  # every method asked for labels alone
    "amp": "off",  # there was no engine
    "graphs": False,
}


def upgraded(old: dict[str, Any]) -> dict[str, Any]:
    """The content of a file of schema 1 as a file of schema 2 would hold it; a new object.

    The checksum stays that of the old form. The check refuses values of a wrong kind.
    """
    new = {**MISSING, "floor": old.get("method") in FLOORS, **old}
    new["checksum"] = new.pop(OLDER)
    new["schema"] = 2
    if "arithmetic" not in old:  # it was not in the id either; of the first rows it was this one
        new["arithmetic"] = BFLOAT16 if old.get("amp") == BFLOAT16 else FLOAT32
        new["arithmetic_in_id"] = False
    curve = new.get("curve")
    if isinstance(curve, list):
        new["curve"] = [point(one) for one in curve]
    return new


def named(content: dict[str, Any]) -> dict[str, Any]:
    """The sound content of a row with the name of its teacher, a shipped one's by its card."""
    name = shipped_names().get(content["teacher_sha"])
    return content if name is None else content | {"teacher_name": name}


def point(old: Any) -> Any:
    """A point of a curve, whose logged numbers had a prefix in place of an object of their own."""
    if not isinstance(old, dict) or "logged" in old:
        return old
    own = {name for name in old if name.startswith(METHOD)}
    rest = {name: value for name, value in old.items() if name not in own}
    return rest | {"logged": {name.removeprefix(METHOD): old[name] for name in old if name in own}}
