"""Where the code of a method lies, found without executing any of it."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from importlib.machinery import PathFinder
from importlib.metadata import EntryPoint
from pathlib import Path

from benchmark.errors import BenchError
from benchmark.run import outlines
from benchmark.text import hidden

LONGEST = 80  # letters of a method's name


@dataclass(frozen=True)
class Origin:
    """The file of a method, and the module that it becomes.

    ``foreign``: the code is none of the suite's own. ``distribution``: the one that brought it.
    """

    name: str
    file: Path
    module: str
    foreign: bool
    distribution: str = ""
    point: EntryPoint | None = None  # of a plugin

    @property
    def is_named(self) -> bool:
        """Whether it is a method of the suite's folder, by its name."""
        return self.module.startswith("methods.")


def find(name: str) -> Origin:
    """The origin of a method by its name or by the path of its file."""
    if path := outlines.path_of(name):
        return _at(path)
    if name in outlines.names():
        stem = name.replace("-", "_")
        return Origin(name, outlines.FOLDER / f"{stem}.py", f"methods.{stem}", False)
    return _plugin(name)


def _at(path: Path) -> Origin:
    if not path.is_file():
        raise BenchError(f"there is no method file {str(path)!r}")
    if len(path.stem) > LONGEST or hidden(path.stem):
        raise BenchError(
            f"{path}: tables cannot show this name; rename the file to at most {LONGEST} visible "
            "letters"
        )
    own = outlines.FOLDER / path.name
    is_own = own.is_file() and path.samefile(own)
    if path.stem.replace("_", "-") in outlines.names() and not is_own:
        raise BenchError(f"{path}: the suite has a method called {path.stem}; rename the file")
    return Origin(path.stem, path, f"bench_method_{path.stem}", not is_own)


def _plugin(name: str) -> Origin:
    plugins = outlines.plugins()
    if name not in plugins:
        raise outlines.unknown_method(name)
    point = plugins[name]
    distribution = point.dist.name if point.dist else ""
    return Origin(name, _file_of(point.module), point.module, True, distribution, point)


def _file_of(module: str) -> Path:
    """The file of an installed module. ``importlib.util.find_spec`` would execute its packages."""
    top, *inner = module.split(".")
    spec = importlib.util.find_spec(top)
    for depth in range(len(inner)):
        places = spec.submodule_search_locations if spec else None
        name = ".".join([top, *inner[: depth + 1]])
        spec = PathFinder.find_spec(name, list(places)) if places else None
    if spec is None or not spec.has_location or not str(spec.origin).endswith(".py"):
        raise BenchError(f"the plugin {module} has no file of Python that could be found")
    return Path(str(spec.origin))
