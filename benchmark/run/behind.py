"""The files behind a method (its own and the blocks that it imports), and its allowed imports."""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import decode_source
from pathlib import Path

from benchmark.errors import BenchError
from benchmark.files import StoreError
from benchmark.host.source import File, Source
from benchmark.reading import read_source
from benchmark.run import outlines
from benchmark.run.sources import parsed_bytes, targets

BLOCKS, NETS = "methods._blocks.", "benchmark.nets."
SUITE = ("benchmark", "methods", "teachers")
ALLOWED = ("benchmark.method", "methods._blocks")  # a method imports no more of these
SPACE = "space"  # only a search for hyper-parameters reads it
ROOT = outlines.FOLDER.parent


def files_behind(file: Path) -> tuple[Path, ...]:
    """A method's file, those of the blocks that it imports, and of networks that these share."""
    return (file, *sorted(blocks_of(file)))


def digest(files: tuple[Path, ...]) -> str:
    """SHA-256, in hex, of the parts of these files that a run executes."""
    return digest_of([read_source(file) for file in files])


def digest_of(contents: Iterable[bytes]) -> str:
    """As ``digest``, of files that were read already."""
    return hashlib.sha256(b"".join(map(_executed, contents))).hexdigest()


def read(file: Path) -> dict[Path, bytes]:
    """The files behind a method, read once: what runs is what is hashed.

    Blocks are read once a process, which imports them once.
    """
    own, *blocks = files_behind(file)
    return {own: read_source(own), **{block: _once(block) for block in blocks}}


@functools.cache
def _once(file: Path) -> bytes:
    return read_source(file)


def source(file: Path, module: str, contents: Mapping[Path, bytes], needed: str = "") -> Source:
    """The code of a method as another process gets it; ``needed``: a distribution, if any.

    Networks that blocks share with teachers are the suite's own there, too.
    """
    files = {module: File(file.name, decode_source(contents[file]))}
    for path in contents:
        if path != file and path.is_relative_to(ROOT / "methods"):
            inside = path.relative_to(ROOT)
            is_package = inside.name == "__init__.py"
            parts = inside.parent.parts if is_package else inside.with_suffix("").parts
            text = decode_source(contents[path])
            files[".".join(parts)] = File(inside.as_posix(), text, is_package)
    return Source(module, files, (needed,) if needed else ())


def blocks_of(file: Path) -> set[Path]:
    """The files of ``methods/_blocks`` that a file imports, directly or by another block."""
    found: set[Path] = set()
    waiting = _blocks_in(file)
    while waiting:
        found |= waiting
        waiting = set().union(*map(_blocks_in_block, waiting)) - found
    return found


def _blocks_in(file: Path) -> set[Path]:
    """The blocks that a file itself imports."""
    return {block for name in _imports(file) for block in _files_of(name)}


@functools.cache
def _blocks_in_block(block: Path) -> set[Path]:
    """As ``_blocks_in``; of a block, which a process imports once, it is found once."""
    return _blocks_in(block)


def _files_of(name: str) -> Iterator[Path]:
    """The modules and packages that an import of a dotted name runs, among the blocks and the
    networks that blocks share with teachers.
    """
    parts = name.split(".") if name.startswith((BLOCKS, NETS)) else []
    for end in range(3, len(parts) + 1):
        path = ROOT.joinpath(*parts[:end])
        yield from filter(Path.is_file, (path / "__init__.py", path.with_suffix(".py")))


def _imports(file: Path) -> Iterator[str]:
    """Dotted names that a file imports: modules, and names that may be modules."""
    for node in _import_nodes(read_source(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        else:
            module = _absolute(node, file)
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


@functools.cache
def _import_nodes(content: bytes) -> tuple[ast.Import | ast.ImportFrom, ...]:
    nodes = ast.walk(parsed_bytes(content))
    return tuple(node for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom)))


@functools.cache
def _executed(content: bytes) -> bytes:
    """A file without the ``space`` of its classes, which decides no run.

    The whole file where anything in it could read a ``space``.
    """
    tree = parsed_bytes(content)
    inside = [n for one in ast.walk(tree) if isinstance(one, ast.ClassDef) for n in one.body]
    spaces = [n for n in inside if isinstance(n, ast.Assign) and targets(n) == [SPACE]]
    lines = content.splitlines(keepends=True)
    read = sum(_says_space(node) for node in ast.walk(tree)) > len(spaces)
    if read or not all(_alone(node, lines) for node in spaces):
        return content
    for node in spaces:
        first, last = node.lineno - 1, _last_line(node)
        lines[first:last] = [b""] * (last - first)
    return b"".join(lines)


def _alone(node: ast.stmt, lines: list[bytes]) -> bool:
    """Whether a statement shares its lines with nothing but a comment."""
    before = lines[node.lineno - 1][: node.col_offset].strip()
    after = lines[_last_line(node) - 1][node.end_col_offset :].strip()
    return not before and after[:1] in (b"", b"#")


def _last_line(node: ast.stmt) -> int:
    assert node.end_lineno is not None, "a parser tells where each statement ends"
    return node.end_lineno


def _says_space(node: ast.AST) -> bool:
    names = (getattr(node, part, None) for part in ("id", "attr", "name", "arg", "value"))
    return any(isinstance(name, str) and name == SPACE for name in names)


def _absolute(node: ast.ImportFrom, file: Path) -> str:
    """The module that a ``from`` names; leading dots count from the folder of the file.

    They stay where that folder is not the suite's: the module is none of the suite then.
    """
    if not node.level:
        return node.module or ""  # never empty without a dot
    package = file.absolute().parents[node.level - 1]
    inside = package.relative_to(ROOT).parts if package.is_relative_to(ROOT) else ("",)
    return ".".join([*inside, *filter(None, [node.module])])


def check_imports(file: Path) -> None:
    """Refuse a method that imports more of the suite than a method may.

    The teacher and the test set lie there. This finds slips and short cuts, not hidden imports.
    """
    with import_errors(str(file)):
        imported = list(_imports(file))
    for name in imported:
        of_suite = name.partition(".")[0] in SUITE
        if of_suite and not any(f"{name}.".startswith(f"{allowed}.") for allowed in ALLOWED):
            raise BenchError(
                f"{file} imports {name}; of the suite, a method may import {' and '.join(ALLOWED)} "
                "only: take everything from there or from self (see CONTRIBUTING.md)"
            )


@contextlib.contextmanager
def import_errors(file: str) -> Iterator[None]:
    """Name the file in any error while it is read or executed."""
    try:
        yield
    except StoreError:  # it names the file
        raise
    except Exception as problem:
        text = f"{file} cannot be imported: {type(problem).__name__}: {problem}"
        raise BenchError(text) from None
