"""Which files and folders a confined interpreter needs, and how some below them are left out.

Landlock allows all below a folder and cannot subtract, so a folder that holds something to be left
out is replaced by everything else in it.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.metadata
import os
import re
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmark.errors import BenchError

# Files that the loader, the C library, OpenMP and torch read beside libraries.
SYSTEM_FILES = (
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/timezone",
    "/usr/share/zoneinfo",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/sys/vm/overcommit_memory",
    "/sys/devices/system/cpu",
    "/sys/devices/system/node",
    "/sys/kernel/mm/transparent_hugepage",
    "/dev/null",
    "/dev/zero",
    "/dev/random",
    "/dev/urandom",
)
LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib")
PYTHONS = re.compile(r"python\d|pypy|site-packages|dist-packages")
REQUIREMENT = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(.*)$", re.DOTALL)


def interpreter() -> tuple[Path, ...]:
    """The standard library, the interpreter's own files and shared libraries of the system.

    Packages that are installed are none of these; ``packages`` names those.
    """
    found = [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")]
    found = [child for folder in found for child in _children(folder) if not _packages(child)]
    found += _shared_libraries()
    found = [path for path in found if not _leads_away(path)]
    found += [Path(sys.executable), Path(sys.prefix) / "pyvenv.cfg"]
    return tuple(dict.fromkeys([*found, *map(Path, SYSTEM_FILES)]))


def _leads_away(path: Path) -> bool:
    """True for links but those of libraries: nobody says where they lead."""
    return path.is_symlink() and (".so" not in path.name or path.is_dir())


def places(*distributions: str) -> tuple[str, ...]:
    """The entries of this interpreter's path that hold the standard library, or one of these
    installed distributions or of those that they require.

    The others (the working folder, a user's own folder) are no part of an installation.
    """
    stdlib = [_real(Path(sysconfig.get_path(name))) for name in ("stdlib", "platstdlib")]
    roots = {_real(Path(str(one.locate_file("")))) for one in _closed(distributions)}

    def needed(place: str) -> bool:
        real = _real(Path(place))
        return real in roots or any(real == one or real.parent == one for one in stdlib)

    found = (place for place in sys.path if place and Path(place).is_absolute())
    return tuple(dict.fromkeys(filter(needed, found)))


def listed() -> tuple[Path, ...]:
    """Folders whose names the import system lists: the standard library and those of packages."""
    places = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), *sys.path]
    return tuple(dict.fromkeys(Path(place) for place in places if _imported_from(place)))


def _imported_from(place: str) -> bool:
    """True for folders of an installation; the working folder, say, is none."""
    path = Path(place)
    return path.is_absolute() and (_packages(path) or path.name.startswith("python"))


def _packages(path: Path) -> bool:
    return path.name in ("site-packages", "dist-packages")


def _shared_libraries() -> Iterator[Path]:
    """The loader's folders of libraries, without other Pythons and their packages."""
    more = [place for place in os.environ.get("LD_LIBRARY_PATH", "").split(":") if place]
    folders = dict.fromkeys(
        [*map(Path, LIBRARIES), Path(sys.base_prefix) / "lib", *map(Path, more)]
    )
    for folder in filter(Path.is_absolute, folders):
        yield from (child for child in _children(folder) if not PYTHONS.search(child.name))


def packages(*distributions: str) -> tuple[Path, ...]:
    """The files of these installed distributions and of all that they require.

    ``packages("torch", "numpy")`` has sympy and jinja2 in it, and nothing of scikit-learn. What is
    not installed is left out. Extras are not followed.
    """
    return tuple(dict.fromkeys(top for one in _closed(distributions) for top in _tops(one)))


@functools.cache  # every start of a method's process asks three times, a tenth of a second each
def _closed(names: tuple[str, ...]) -> tuple[importlib.metadata.Distribution, ...]:
    """These installed distributions and all that they require, each once."""
    found, wanted, seen = [], list(names), set()
    while wanted:
        name = re.sub(r"[-_.]+", "-", wanted.pop()).lower()
        if name in seen:
            continue
        seen.add(name)
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found.append(importlib.metadata.distribution(name))
            wanted += _required(found[-1])
    return tuple(found)


def _required(distribution: importlib.metadata.Distribution) -> Iterator[str]:
    for requirement in distribution.requires or ():
        if (match := REQUIREMENT.match(requirement)) and "extra ==" not in match[2]:
            yield match[1]


def _tops(distribution: importlib.metadata.Distribution) -> Iterator[Path]:
    """The top-level files and folders of a distribution, its metadata among them."""
    record = distribution.read_text("RECORD") or ""
    names = {line.split("/", 1)[0].split(",", 1)[0] for line in record.splitlines()}
    names |= set((distribution.read_text("top_level.txt") or "").split())
    root = Path(str(distribution.locate_file("")))
    for name in sorted(names - {"", ".", "..", "__pycache__"}):
        if os.path.lexists(path := root / name):
            yield path


def without(readable: Iterable[Path], excluded: Iterable[Path]) -> list[Path]:
    """Paths that together hold all of ``readable`` and nothing of ``excluded``, links resolved.

    A link inside a folder that is taken apart is left out: it leads where a rule of its own must
    allow. Raises ``BenchError`` where something readable lies in something excluded.
    """
    holes = {_real(path) for path in excluded}
    found: dict[Path, None] = {}
    for path in map(_real, readable):
        if hole := next((hole for hole in holes if path.is_relative_to(hole)), None):
            raise BenchError(
                f"{path} has to be readable for a method, and {hole} must not be: move one of them"
            )
        found |= dict.fromkeys(_parts(path, holes))
    return list(found)


def _parts(path: Path, holes: set[Path]) -> Iterator[Path]:
    if path in holes:
        return
    if not any(hole.is_relative_to(path) for hole in holes):
        yield path
        return
    for child in _children(path):
        if not child.is_symlink():
            yield from _parts(child, holes)


def _real(path: Path) -> Path:
    """The path with all links resolved, the part that is not there as it is."""
    return Path(os.path.realpath(path))


def _children(folder: Path) -> list[Path]:
    with contextlib.suppress(OSError):
        return sorted(folder.iterdir())
    return []
