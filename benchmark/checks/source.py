"""The method of a row that was given by its path, from the file that a person names for it."""

from __future__ import annotations

from pathlib import Path

from benchmark.errors import BenchError
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
