"""A program, no test: it tries what a confined process must not, and prints how each try ended.

Its arguments are a JSON object that names the targets, and ``confined``, ``oldest`` (with no more
of Landlock than its first version had) or ``free``. An attempt is *refused* where the kernel says
so; free, each must get further, or it would prove nothing.
"""

from __future__ import annotations

import atexit
import json
import os
import socket
import sys
from pathlib import Path

from . import attempts_at_files, attempts_at_others  # noqa: F401
from .attempting import ATTEMPTS, HERE, tried


def main() -> None:
    HERE.__dict__.update(json.loads(sys.argv[1]))
    os.chdir(HERE.data)
    HERE.opened = os.open(f"{HERE.data}/images.bin", os.O_RDONLY)
    HERE.kept_file = os.open(HERE.kept_path, os.O_RDWR)
    HERE.abstract = "\0" + HERE.abstract_name
    HERE.unconnected = socket.socket(socket.AF_UNIX)
    HERE.datagram = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    atexit.register(Path(HERE.atexit).write_text, "x")
    if sys.argv[2] != "free":
        confine_itself(sys.argv[2])
    print(json.dumps({name: tried(name) for name in ATTEMPTS}), flush=True)


def confine_itself(how: str) -> None:
    sys.path.insert(0, HERE.suite)
    from benchmark.confine import Allowed, confine, interpreter, landlock, listed

    if how == "oldest":
        landlock.version = lambda: (1, "")

    kept = (1, 2, HERE.kept_file, HERE.unconnected.fileno(), HERE.datagram.fileno())
    own = (HERE.allowed, *HERE.packages)
    confine(
        Allowed(
            readable=(*interpreter(), *map(Path, own)),
            excluded=tuple(map(Path, HERE.excluded)),
            listed=listed(),
            kept=kept,
            memory=2**29,
            parent=os.getppid(),
        )
    )


if __name__ == "__main__":
    main()
