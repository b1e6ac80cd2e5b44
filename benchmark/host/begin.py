"""The program of a method's process: it finds the suite, confines itself, and answers commands.

It is started by its path in an interpreter that knows nothing of the suite. The suite sends first
where packages lie and which files may be read, in plain JSON, which needs no package.
"""

import contextlib
import json
import socket
import sys
from pathlib import Path


def main() -> None:
    """Answer commands until the suite ends it."""
    number, length = map(int, sys.argv[1:])
    with socket.socket(fileno=number) as connection:
        content = b""
        while len(content) < length and (part := connection.recv(length - len(content))):
            content += part
        given = json.loads(content)
        sys.path[:] = given["path"]
        _confine(given["allowed"], given["parent"], number)
        from benchmark.host import child
        from benchmark.host.frames import Ended

        with contextlib.suppress(Ended):  # the suite has ended, and so does this
            child.main(connection, given["runs"])


def _confine(allowed: dict | None, parent: int, number: int) -> None:
    """Confine this process before it imports libraries that start threads."""
    from benchmark import confine
    from benchmark.confine import limits

    with contextlib.suppress(OSError):  # where memory runs out, this process goes first
        Path("/proc/self/oom_score_adj").write_text("1000")
    if allowed is None:
        limits.die_with(parent)
        return
    paths = {name: tuple(map(Path, allowed[name])) for name in ("readable", "excluded", "listed")}
    kept = (0, 1, 2, number)
    confine.confine(confine.Allowed(**paths, kept=kept, memory=allowed["memory"], parent=parent))


if __name__ == "__main__":
    main()
