"""The program that methods' processes are copies of: it finds the suite, imports torch, and serves.

It is started by its path in an interpreter that knows nothing of the suite. The suite sends first
where packages lie and which files may be read, in plain JSON, which needs no package. Nothing of a
run, a teacher or data is ever in it, so no copy of it has any.
"""

import contextlib
import json
import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # of packages, which this finds later
    from benchmark.host.forks import Copy

READ = ("readable", "excluded")


def main() -> None:
    """Serve until the suite ends; or, in a copy, obey the suite."""
    number, length = map(int, sys.argv[1:])
    with socket.socket(fileno=number) as desk:
        content = b""
        while len(content) < length and (part := desk.recv(length - len(content))):
            content += part
        given = json.loads(content)
        sys.path[:] = given["path"]
        _go_first(given["parent"])
        _import(given["allowed"])
        from benchmark.host import forks

        copy = forks.serve(desk)
    if copy is not None:
        _obey(copy, given["allowed"])


def _go_first(parent: int) -> None:
    """End with the suite, and be the first to go where memory runs out."""
    from benchmark.confine import limits

    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    limits.die_with(parent)


def _import(allowed: dict | None) -> None:
    """Import what each copy needs; what a confined one could not import is not there.

    What fails here fails in each copy again, where the suite hears of it. Off Linux, libraries of
    the system do not bear to go on in a copy, so each copy imports for itself.
    """
    from benchmark.confine import folders, imports

    if allowed is not None:
        imports.adapt(folders.without(*(map(Path, allowed[one]) for one in READ)))
    if sys.platform == "linux":
        with contextlib.suppress(Exception):
            from benchmark.host import child  # noqa: F401
            from benchmark.method import engine

            engine.warm()


def _obey(copy: "Copy", allowed: dict | None) -> None:
    """Confine this process, and answer commands."""
    from benchmark import confine
    from benchmark.confine import limits

    if allowed is None:
        limits.die_with(copy.server)
    else:
        paths = {name: tuple(map(Path, allowed[name])) for name in (*READ, "listed")}
        kept = (0, 1, 2, copy.connection.fileno(), *copy.files)
        how = confine.Allowed(**paths, kept=kept, memory=copy.memory, parent=copy.server)
        confine.confine(how)
    from benchmark.host import child
    from benchmark.host.frames import Ended

    with copy.connection, contextlib.suppress(Ended):  # the suite has ended, and so does this
        child.main(copy.connection, copy.files)
    os._exit(0)  # to free the memory of an interpreter takes a third of a second; threads may go on


if __name__ == "__main__":
    main()
