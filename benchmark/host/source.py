"""The code of a method as text: read once, hashed as it was read, and executed as it was hashed."""

from __future__ import annotations

import dataclasses
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from benchmark.errors import BenchError
from benchmark.method.base import Method


@dataclass(frozen=True)
class File:
    """One file of Python: its name as frames of errors show it, and its text."""

    name: str
    text: str
    is_package: bool = False


@dataclass(frozen=True)
class Source:
    """A method's module, and the files of blocks that it imports, by dotted name."""

    module: str
    files: Mapping[str, File]
    distributions: tuple[str, ...] = ()  # installed with it, and needed where it runs

    def fields(self) -> dict[str, Any]:
        """All that another process needs to execute it, as plain values."""
        files = {name: [one.name, one.text, one.is_package] for name, one in self.files.items()}
        return {"module": self.module, "files": files}


class Sent(importlib.abc.MetaPathFinder, importlib.abc.ExecutionLoader):
    """Finds modules among files that were sent, before any folder."""

    def __init__(self, files: Mapping[str, Sequence[Any]]) -> None:
        self.files = {name: File(*values) for name, values in files.items()}

    def find_spec(
        self, fullname: str, path: Any = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The module's spec, or None, as the import system asks for it."""
        if fullname not in self.files:
            return None
        return importlib.util.spec_from_loader(fullname, self, origin=self.files[fullname].name)

    def get_filename(self, fullname: str) -> str:
        return self.files[fullname].name

    def get_source(self, fullname: str) -> str:
        return self.files[fullname].text

    def is_package(self, fullname: str) -> bool:
        return self.files[fullname].is_package


def execute(fields: Mapping[str, Any]) -> type[Method]:
    """Execute a source of ``Source.fields`` in this process; the method's class.

    Raises whatever the code raises, and ``BenchError`` where it defines no such class.
    """
    sys.meta_path.insert(0, Sent(fields["files"]))
    name = fields["module"]
    module = importlib.import_module(name)
    return class_in(module, fields["files"][name][0])


def class_in(module: ModuleType, file: str) -> type[Method]:
    """The one method that a module defines. Raises ``BenchError`` for none, and for several."""
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Method)
        and value.__module__ == module.__name__
    ]
    if len(found) != 1:
        raise BenchError(f"{file} must define one Method subclass, not {len(found)}")
    config: type = found[0].Config  # of a method that comes from elsewhere it may be any class
    if not dataclasses.is_dataclass(config):
        name = f"{found[0].__name__}.Config"
        raise BenchError(f"{name} must be a dataclass: write @dataclass(frozen=True) above it")
    return found[0]
