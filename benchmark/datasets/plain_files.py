"""Opening plain files of a set, and nothing else that has a file's name."""

from __future__ import annotations

import os
from typing import IO

from benchmark.errors import BenchError
from benchmark.files import StoreError, why
from benchmark.reading import open_file


def open_regular(path: str) -> IO[bytes]:
    """Open a plain file, or a link to one. Raises ``BenchError`` for anything else."""
    try:
        return open_file(path, links=True)
    except StoreError as problem:
        raise BenchError(f"{problem}: take it out") from None
    except (OSError, ValueError) as error:
        dangling = os.path.islink(path) and not os.path.exists(path)
        detail = "a link that leads nowhere" if dangling else why(error)
        raise BenchError(f"cannot read {path}: {detail}") from error
