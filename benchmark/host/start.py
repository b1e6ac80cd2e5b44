"""The first lines of a method's process: it confines itself before it imports what is not small."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path
from typing import Any


def main(given: dict[str, Any]) -> None:
    """Confine this process, if that was asked for, and answer commands until the suite ends it."""
    from benchmark import confine
    from benchmark.confine import limits

    number = given["fd"]
    if (allowed := given["allowed"]) is None:
        limits.die_with(given["parent"])
    else:
        confine.confine(
            confine.Allowed(
                readable=tuple(map(Path, allowed["readable"])),
                excluded=tuple(map(Path, allowed["excluded"])),
                listed=tuple(map(Path, allowed["listed"])),
                kept=(0, 1, 2, number),
                memory=allowed["memory"],
                parent=given["parent"],
            )
        )
    from benchmark.host import child
    from benchmark.host.frames import Ended

    # ``Ended``: the suite has ended, and so does this.
    with socket.socket(fileno=number) as connection, contextlib.suppress(Ended):
        child.main(connection)
