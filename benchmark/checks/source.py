"""The files that a person names for a row, which names no path: its method, its student."""

from __future__ import annotations

from pathlib import Path

from benchmark import trust
from benchmark.checks import replay
from benchmark.errors import BenchError
from benchmark.nets import own_network
from benchmark.nets.names import own_parts
from benchmark.nets.own_network import Network
from benchmark.rows.row import Row
from benchmark.run import behind, registry
from benchmark.run.registry import Entry


def given(row: Row, path: Path) -> Entry:
    """The method in a file, if it is that of the row; nothing is executed before that is known.

    Raises ``BenchError`` for a file of another name or another content.
    """
    if path.suffix != ".py" or not path.is_file():
        raise BenchError(f"--method {path}: there is no such file of a method; it ends in .py")
    if path.stem != row.method:
        raise BenchError(
            f"--method {path}: the row {row.id} is of a method called {row.method}, whose file is "
            f"{row.method}.py"
        )
    with behind.import_errors(str(path)):
        here = behind.digest(behind.files_behind(path))
    if here != row.method_sha:
        raise BenchError(
            f"--method {path} is not the method of the row {row.id}: with the blocks that it "
            f"imports it has SHA-256 {here[:12]}…, the row's {row.method_sha[:12]}…; give the file "
            f"as it was, beside the suite at commit {row.commit or '?'}"
        )
    variant = f":{row.variant}" if row.variant else ""
    return registry.find(f"{path}{variant}")


def student(row: Row, text: str) -> Network | None:
    """The network of a student of a person's own file, if it is that of the row; nothing is run.

    ``text``: ``FILE.py:Class``, "" where nobody has named one. None for a student of the suite.
    Raises ``BenchError`` for a file that is missing, or another one.
    """
    if not row.student_source:
        if text:
            raise BenchError(
                f"--student {text}: the student of the row {row.id} is {row.student}, a network of "
                "the suite; leave the option out"
            )
        return None
    if not text:
        raise BenchError(replay.needed(row))
    if own_parts(text) is None:
        raise BenchError(f"--student {text}: it is written FILE.py:Class")
    found = own_network.read(text)
    if (found.label, found.sha256) != (row.student, row.student_source):
        raise BenchError(
            f"--student {text} is {found.label}, SHA-256 {found.sha256[:12]}…; {replay.needed(row)}"
        )
    trust.demand(f"the student {text}")
    return found
