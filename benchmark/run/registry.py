"""Finding methods: the folder ``methods/``, a path to a file, or an installed entry point.

The folder is the registry: a public file there is a method, named after the file.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import functools
import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmark.errors import BenchError
from benchmark.files import strict_json
from benchmark.method import Method
from benchmark.run import outlines
from benchmark.run.outlines import names
from benchmark.run.sources import executed, parsed
from benchmark.text import hidden

RENAMED = "data/method_hashes.json"
BLOCKS, NETS = "methods._blocks.", "benchmark.nets."
SUITE = ("benchmark", "methods", "teachers")
ALLOWED = ("benchmark.method", "methods._blocks")  # what a method may import of these
LONGEST = 80  # letters of a method's name
ROOT = outlines.FOLDER.parent


@dataclass(frozen=True)
class Entry:
    """A method chosen on the command line."""

    name: str
    variant: str  # "" for the default
    method: type[Method]
    overrides: dict[str, Any]
    source_sha: str  # of what a run executes of the method's file and the blocks it imports
    # Runs the code of a file that was given by its path, as it was when it was found.
    execute: Callable[[], ModuleType] | None = field(default=None, repr=False, compare=False)
    files: tuple[Path, ...] = field(default=(), repr=False, compare=False)  # those of source_sha

    @property
    def label(self) -> str:
        """``name`` or ``name:variant``, as rows and tables show it."""
        return f"{self.name}:{self.variant}" if self.variant else self.name

    def is_of(self, sha: str) -> bool:
        """Whether ``sha`` is of this code, or of an older text of it that computes the same."""
        return self.source_sha in (sha, _renamed().get(sha))

    def has(self, name: str) -> bool:
        """Whether its Config has a field of this name."""
        return name in {one.name for one in dataclasses.fields(self.method.Config)}

    def defaults(self, precision: str) -> dict[str, Any]:
        """Config fields whose default depends on the precision of queries, "uint8" or "float32"."""
        return self.method.unrounded if precision == "float32" else {}

    def fresh(self) -> Entry:
        """This entry for one run: a file that was given by its path is executed anew.

        What a run leaves in a class attribute or a global (labels that it paid for, say) is thereby
        its own. Methods of the folder are held to leave nothing by ``tests/test_leftovers.py``.
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
    files = _files_behind(Path(str(module.__file__)))
    return Entry(name, variant, method, overrides, _digest(files), execute, files)


def named(label: str) -> Entry:
    """As ``find``, for what a row says: a row names methods, and no file is executed for it."""
    name, _ = outlines.split(label)
    if outlines.path_of(name):
        raise BenchError(f"the row's method {label!r} is a file's name; a row names no file")
    if name not in {*names(), *outlines.plugins()}:
        raise BenchError(
            f"the row's method {name} is neither in the suite's folder nor a plugin that is "
            "installed; rows of a file given by path cannot be held against its code"
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
        with _import_errors(f"methods/{file}.py"):
            module = importlib.import_module(f"methods.{file}")
    else:
        module = _plugin(name)
    _check_imports(Path(str(module.__file__)))
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


def _files_behind(file: Path) -> tuple[Path, ...]:
    """A method's file and those of the blocks that it imports, and of what these share."""
    return (file, *sorted(_blocks_of(file)))


def _digest(files: tuple[Path, ...]) -> str:
    return hashlib.sha256(b"".join(map(executed, files))).hexdigest()


def _blocks_of(file: Path, known: frozenset[Path] = frozenset()) -> frozenset[Path]:
    """The files of ``methods/_blocks`` that a file imports, directly or by another block."""
    for name in _imports(file):
        for block in _files_of(name):
            if block not in known:
                known = _blocks_of(block, known | {block})
    return known


def _files_of(name: str) -> Iterator[Path]:
    """What an import of a dotted name runs of the blocks, and of the networks that blocks share
    with teachers: modules, and packages on the way.
    """
    parts = name.split(".") if name.startswith((BLOCKS, NETS)) else []
    for end in range(3, len(parts) + 1):
        place = ROOT.joinpath(*parts[:end])
        yield from filter(Path.is_file, (place / "__init__.py", place.with_suffix(".py")))


def _imports(file: Path) -> Iterator[str]:
    """Dotted names of what a file may import: modules, and names that may be modules."""
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = _absolute(node, file)
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _absolute(node: ast.ImportFrom, file: Path) -> str:
    """The module that a ``from`` names; leading dots count from the folder of the file.

    They stay where that folder is not the suite's: what they lead to is none of its modules.
    """
    if not node.level:
        return node.module or ""  # never empty without a dot
    package = file.absolute().parents[node.level - 1]
    inside = package.relative_to(ROOT).parts if package.is_relative_to(ROOT) else ("",)
    return ".".join([*inside, *filter(None, [node.module])])


def _check_imports(file: Path) -> None:
    """Refuse a method that imports more of the suite than a method may.

    The teacher and the test set lie there. This finds slips and short cuts, not who hides one.
    """
    with _import_errors(str(file)):
        imported = list(_imports(file))
    for name in imported:
        of_suite = name.partition(".")[0] in SUITE
        if of_suite and not any(f"{name}.".startswith(f"{allowed}.") for allowed in ALLOWED):
            raise BenchError(
                f"{file} imports {name}; of the suite, a method may import {' and '.join(ALLOWED)} "
                "only: take what it needs from there or from self (see CONTRIBUTING.md)"
            )


def _execution(path: Path) -> Callable[[], ModuleType]:
    """What executes a file as a new module, each time the code that it holds now."""
    if not path.is_file():
        raise BenchError(f"there is no method file {str(path)!r}")
    if len(path.stem) > LONGEST or hidden(path.stem):
        raise BenchError(
            f"{path} is named as no table can show it: rename the file to at most {LONGEST} "
            "visible letters"
        )
    if path.stem.replace("_", "-") in names() and not path.samefile(outlines.FOLDER / path.name):
        raise BenchError(f"{path}: the suite has a method called {path.stem}; rename the file")
    _check_imports(path)
    with _import_errors(str(path)):
        code = compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    name = f"bench_method_{path.stem}"

    def execute() -> ModuleType:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None, "a file that ends in .py has a loader"
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # dataclasses look their module up there
        with _import_errors(str(path)):
            exec(code, vars(module))
        return module

    return execute


@contextlib.contextmanager
def _import_errors(file: str) -> Iterator[None]:
    try:
        yield
    except Exception as problem:
        text = f"{file} cannot be imported: {type(problem).__name__}: {problem}"
        raise BenchError(text) from None


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
