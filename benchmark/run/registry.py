"""Finding methods: the folder ``methods/``, a path to a file, or an installed entry point.

The folder is the registry: a public file there is a method, named after the file.
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
from benchmark.method import Method
from benchmark.reading import read_source, strict_json
from benchmark.run import behind, outlines
from benchmark.run.outlines import names
from benchmark.text import hidden

RENAMED = "data/method_hashes.json"
LONGEST = 80  # letters of a method's name


@dataclass(frozen=True)
class Entry:
    """A method chosen on the command line."""

    name: str
    variant: str  # "" for the default
    method: type[Method]
    overrides: dict[str, Any]
    source_sha: str  # of the method's file and the blocks it imports; see ``behind.digest``
    # Runs the code of a file that was given by its path, as it was when it was found.
    execute: Callable[[], ModuleType] | None = field(default=None, repr=False, compare=False)
    files: tuple[Path, ...] = field(default=(), repr=False, compare=False)  # those of source_sha

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

    def fresh(self) -> Entry:
        """This entry for one run: a file that was given by its path is executed anew.

        So nothing that a run leaves in a class attribute or a global (bought labels, say) reaches
        the next run. Tests hold methods of the folder to leave nothing.
        """
        if self.execute is None:
            return self
        return dataclasses.replace(self, method=_the_class(self.execute()))


def labels() -> list[str]:
    """Every method of the folder and every variant, as ``--methods`` takes them."""
    found = [(name, find(name).method.variants) for name in names()]
    return [label for name, more in found for label in [name, *(f"{name}:{v}" for v in more)]]


def find(text: str) -> Entry:
    """The method behind ``name``, ``name:variant`` or ``path/to/file.py[:variant]``."""
    name, variant = outlines.split(text)
    path = outlines.path_of(name)
    execute = _execution(path) if path else None
    module = execute() if execute else _from_name(name)
    method = _the_class(module)
    name = path.stem if path else name
    outlines.check_variant(name, variant, method.variants)
    overrides = dict(method.variants.get(variant, {}))
    files = behind.files_behind(Path(str(module.__file__)))
    return Entry(name, variant, method, overrides, behind.digest(files), execute, files)


def named(label: str) -> Entry:
    """As ``find``, for the label in a row, which may name a method but never a file to execute."""
    name, _ = outlines.split(label)
    if outlines.path_of(name):
        raise BenchError(f"the row's method {label!r} is a file's name; a row names no file")
    if name not in {*names(), *outlines.plugins()}:
        raise BenchError(
            f"the row's method {name} is neither in the suite's folder nor a plugin that is "
            "installed; a method that was given by its path needs its file: bench audit --method "
            "FILE"
        )
    return find(label)


def find_all(texts: list[str]) -> list[Entry]:
    """The methods of a list, in order and each once; ``all`` is every method of the folder."""
    expanded = [name for text in texts for name in (names() if text == "all" else [text])]
    return [find(text) for text in dict.fromkeys(expanded)]


def page(method: type[Method]) -> str:
    """The docstring of the method's module, from its file: Python may have dropped it."""
    return outlines.docstring(Path(str(sys.modules[method.__module__].__file__)))


def summary(method: type[Method]) -> str:
    """First line of the docstring of the method's module."""
    return page(method).partition("\n")[0]


def _from_name(name: str) -> ModuleType:
    if name in names():
        file = name.replace("-", "_")
        with behind.import_errors(f"methods/{file}.py"):
            module = importlib.import_module(f"methods.{file}")
    else:
        module = _plugin(name)
    behind.check_imports(Path(str(module.__file__)))
    return module


def _plugin(name: str) -> ModuleType:
    plugins = outlines.plugins()
    if name not in plugins:
        raise outlines.unknown_method(name)
    loaded = plugins[name].load()
    return loaded if isinstance(loaded, ModuleType) else sys.modules[loaded.__module__]


@functools.cache
def _renamed() -> dict[str, str]:
    """Hashes of method files before a change that moved no number, and those after it."""
    content = strict_json(files("benchmark").joinpath(RENAMED).read_bytes())
    return content["same"]


def _execution(path: Path) -> Callable[[], ModuleType]:
    """A function that executes the code that a file holds now as a new module, at each call."""
    if not path.is_file():
        raise BenchError(f"there is no method file {str(path)!r}")
    if len(path.stem) > LONGEST or hidden(path.stem):
        raise BenchError(
            f"{path}: tables cannot show this name; rename the file to at most {LONGEST} visible "
            "letters"
        )
    if path.stem.replace("_", "-") in names() and not path.samefile(outlines.FOLDER / path.name):
        raise BenchError(f"{path}: the suite has a method called {path.stem}; rename the file")
    behind.check_imports(path)
    with behind.import_errors(str(path)):
        code = compile(read_source(path), str(path), "exec", dont_inherit=True)
    name = f"bench_method_{path.stem}"

    def execute() -> ModuleType:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None, "a file that ends in .py has a loader"
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # dataclasses look their module up there
        with behind.import_errors(str(path)):
            exec(code, vars(module))
        return module

    return execute


def _the_class(module: ModuleType) -> type[Method]:
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Method)
        and value.__module__ == module.__name__
    ]
    if len(found) != 1:
        raise BenchError(f"{module.__file__} must define one Method subclass, not {len(found)}")
    config: type = found[0].Config  # of a method that comes from elsewhere it may be any class
    if not dataclasses.is_dataclass(config):
        name = f"{found[0].__name__}.Config"
        raise BenchError(f"{name} must be a dataclass: write @dataclass(frozen=True) above it")
    return found[0]
