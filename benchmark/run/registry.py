"""Finding methods: the folder ``methods/``, a path to a file, or an installed entry point.

The folder is the registry: a public file there is a method, named after the file. Code of others is
executed in a process of its own, which describes it; here only under the isolation ``thread``.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmark.errors import BenchError
from benchmark.host import described, levels
from benchmark.host.levels import THREAD
from benchmark.host.source import Source, class_in
from benchmark.method import Method
from benchmark.reading import strict_json
from benchmark.run import behind, origins, outlines
from benchmark.run.origins import Origin
from benchmark.run.outlines import names

RENAMED = "data/method_hashes.json"


@dataclass(frozen=True)
class Entry:
    """A method chosen on the command line."""

    name: str
    variant: str  # "" for the default
    method: type[Method]  # or, of code that is not executed here, a class that stands for it
    overrides: dict[str, Any]
    source_sha: str  # of the method's file and the blocks it imports; see ``behind.digest``
    source: Source = field(repr=False, compare=False)  # that of source_sha
    files: tuple[Path, ...] = field(repr=False, compare=False)  # those of source_sha
    # Executes code of others here, as it was when it was found.
    execute: Callable[[], type[Method]] | None = field(default=None, repr=False, compare=False)

    @property
    def label(self) -> str:
        """``name`` or ``name:variant``, as rows and tables show it."""
        return f"{self.name}:{self.variant}" if self.variant else self.name

    def is_of(self, sha: str) -> bool:
        """Whether ``sha`` is that of this code, or of an older text that computes the same."""
        return self.source_sha in (sha, _renamed().get(sha))

    def has(self, name: str) -> bool:
        """Whether its Config has a field of this name."""
        return name in {one.name for one in dataclasses.fields(self.method.Config)}

    def defaults(self, precision: str) -> dict[str, Any]:
        """Config fields whose default depends on the precision of queries, "uint8" or "float32"."""
        return self.method.unrounded if precision == "float32" else {}

    def fresh(self, level: str) -> Entry:
        """This entry for one run at a level of isolation: beside the suite, code of others is
        executed anew.

        So nothing that a run leaves in a class attribute or a global (bought labels, say) reaches
        the next run. Tests hold methods of the folder to leave nothing. At every other level the
        process that described it has nothing left to tell.
        """
        teller = getattr(self.method, "described_by", None)
        if teller:
            teller.close()
        if self.execute is None or level != THREAD:
            return self
        return dataclasses.replace(self, method=self.execute())


def labels() -> list[str]:
    """Every method of the folder and every variant, as ``--methods`` takes them."""
    found = [(name, find(name).method.variants) for name in names()]
    return [label for name, more in found for label in [name, *(f"{name}:{v}" for v in more)]]


def find(text: str, level: str = "") -> Entry:
    """The method behind ``name``, ``name:variant`` or ``path/to/file.py[:variant]``.

    ``level``: the isolation in which code of others is executed; the usual one if none is given.
    """
    name, variant = outlines.split(text)
    origin = origins.find(name)
    behind.check_imports(origin.file)
    contents = behind.read(origin.file)
    source = behind.source(origin.file, origin.module, contents, origin.distribution)
    sha = behind.digest_of(contents.values())
    execute = _execution(origin, source)
    method = _described(origin, source, level) if origin.foreign else None
    method = method or execute()
    outlines.check_variant(origin.name, variant, method.variants)
    overrides, again = dict(method.variants.get(variant, {})), None if origin.is_named else execute
    return Entry(origin.name, variant, method, overrides, sha, source, tuple(contents), again)


def _described(origin: Origin, source: Source, level: str) -> type[Method] | None:
    """A class that stands for a method of others; None where it is to be executed here."""
    level = level or levels.picked(levels.usual())[0]
    if level == THREAD:
        return None
    return described.stand_in(described.Teller(source, str(origin.file), level))


def named(label: str) -> Entry:
    """As ``find``, for the label in a row, which may name a method but never a file to execute."""
    name, _ = outlines.split(label)
    if outlines.path_of(name):
        raise BenchError(f"the row's method {label!r} is a file's name; a row names no file")
    if name not in names() and name not in outlines.plugins():
        raise BenchError(
            f"the row's method {name} is neither in the suite's folder nor a plugin that is "
            "installed; a method that was given by its path needs its file: bench audit --method "
            "FILE"
        )
    return find(label)


def find_all(texts: list[str], level: str = "") -> list[Entry]:
    """As ``find``, for a list, in order and each once; ``all`` is every method of the folder."""
    expanded = [name for text in texts for name in (names() if text == "all" else [text])]
    return [find(text, level) for text in dict.fromkeys(expanded)]


def page(entry: Entry) -> str:
    """The docstring of the method's module, from its file: Python may have dropped it."""
    return outlines.docstring(entry.files[0])


def summary(entry: Entry) -> str:
    """First line of the docstring of the method's module."""
    return page(entry).partition("\n")[0]


@functools.cache
def _renamed() -> dict[str, str]:
    """Hashes of method files before a change that moved no number, and those after it."""
    content = strict_json(files("benchmark").joinpath(RENAMED).read_bytes())
    return content["same"]


def _execution(origin: Origin, source: Source) -> Callable[[], type[Method]]:
    """A function that executes code in this process; that of a path as a new module each time."""
    file = str(origin.file)

    def execute() -> type[Method]:
        with behind.import_errors(f"methods/{origin.file.name}" if origin.is_named else file):
            if origin.point:
                loaded = origin.point.load()
                name = loaded.__name__ if isinstance(loaded, ModuleType) else loaded.__module__
                module = sys.modules[name]
            elif origin.is_named:
                module = importlib.import_module(origin.module)
            else:
                module = _new_module(origin, source)
        return class_in(module, file)

    return execute


def _new_module(origin: Origin, source: Source) -> ModuleType:
    spec = importlib.util.spec_from_file_location(origin.module, origin.file)
    assert spec is not None, "a file that ends in .py has a loader"
    module = importlib.util.module_from_spec(spec)
    sys.modules[origin.module] = module  # dataclasses look their module up there
    text = source.files[origin.module].text
    exec(compile(text, str(origin.file), "exec", dont_inherit=True), vars(module))
    return module
