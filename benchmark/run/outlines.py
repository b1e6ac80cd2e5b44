"""The methods there are, and outlines of them, read from their files without running these.

So a slip of the pen in a name or a value is refused at once, before torch is imported, and there
are descriptions where Python has dropped its docstrings. Where the text alone does not tell,
``registry`` imports the file.
"""

from __future__ import annotations

import ast
import os
import pkgutil
import re
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

import methods
from benchmark.errors import BenchError, unknown
from benchmark.run.sources import Field, NotInText, Scope, parsed

GROUP = "bench.methods"
FOLDER = Path(methods.__path__[0])


@dataclass(frozen=True)
class Outline:
    """A method's page, its variants with their values, ``Config``'s fields, search spaces."""

    docstring: str
    variants: dict[str, dict[str, Any]]
    fields: dict[str, Field]
    space: dict[str, dict[str, Any]]
    version: int
    not_validated: str
    designed: str

    @property
    def summary(self) -> str:
        """The first line of the docstring; empty without one."""
        return self.docstring.partition("\n")[0]


def names() -> list[str]:
    """Methods of the folder, in alphabetical order; ``a_b.py`` is called ``a-b``."""
    found = (m.name for m in pkgutil.iter_modules([str(FOLDER)]) if m.name[0] != "_")
    return sorted(name.replace("_", "-") for name in found)


def plugins() -> dict[str, EntryPoint]:
    """Methods that other packages have installed, by name; none of them is loaded."""
    return {point.name: point for point in entry_points(group=GROUP)}


def split(text: str) -> tuple[str, str]:
    """``name``, ``name:variant`` or ``path/to/file.py:variant`` in two; "" for no variant."""
    found = re.fullmatch(r"(.*?\.py(?=:|$)|[^:]*)(:?)(.*)", text, re.DOTALL)
    assert found is not None, "each of the three parts may be empty"
    name, colon, variant = found.groups()
    if colon and not variant:
        raise BenchError(f"{text!r} names no variant; write {name} or {name}:VARIANT")
    return name, variant


def path_of(name: str) -> Path | None:
    """The file of a method that is given by its path; None for a name."""
    return Path(os.path.expanduser(name)) if name.endswith(".py") else None


def find(text: str) -> Outline | None:
    """The outline of ``name``, ``name:variant`` or a file; None where the text does not tell it.

    Raises ``BenchError`` for a method or a variant that there is not.
    """
    name, variant = split(text)
    path = path_of(name)
    if path is None and name not in names():
        if name not in plugins():
            raise unknown_method(name)
        return None
    if path and not path.is_file():
        raise BenchError(f"there is no method file {str(path)!r}")
    found = outline(path or FOLDER / f"{name.replace('-', '_')}.py")
    if found:
        check_variant(Path(name).stem if path else name, variant, found.variants)
    return found


def unknown_method(name: str) -> BenchError:
    """The error for a name that no method has."""
    return unknown("method", name, [*names(), *plugins()], "A path to a .py file works too.")


def check_variant(name: str, variant: str, variants: dict[str, Any]) -> None:
    """Refuse a variant that a method does not have."""
    if variant and not variants:
        raise BenchError(f"{name} has no variants, so '{name}:{variant}' names nothing")
    if variant and variant not in variants:
        raise unknown(f"variant of {name}", variant, variants)


def outline(file: Path) -> Outline | None:
    """The outline of a method's file; None where the text alone does not tell it."""
    try:
        (method,) = Scope(file, FOLDER.parent).methods()
        variants, space = method.table("variants"), method.table("space")
        words = (method.fact(name, "") for name in ("not_validated", "designed"))
        number = method.fact("version", 1)
        return Outline(docstring(file), variants, method.fields(), space, number, *words)
    except (NotInText, OSError, SyntaxError, TypeError, ValueError, RecursionError):
        return None


def docstring(file: Path) -> str:
    """The docstring of a file, as its text has it, without blanks around it."""
    return (ast.get_docstring(parsed(file), clean=False) or "").strip()
