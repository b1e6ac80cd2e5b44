"""Attempts to read, list, write or change files."""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from collections.abc import Callable
from pathlib import Path

from .attempting import HERE, attempt, look_into, raw


def reads(name: str, path: Callable[[], str], *also: int) -> None:
    attempt(f"read {name}", *also)(lambda: look_into(path()))


reads("an image of the data", lambda: f"{HERE.data}/images.bin")
reads("a row of the results", lambda: f"{HERE.results}/row.json")
reads("an excluded file in an allowed folder", lambda: f"{HERE.allowed}/shipped/teacher.bin")
reads("a shipped teacher", lambda: HERE.teacher)
reads("a data set of scikit-learn", lambda: HERE.digits)
reads("the list of users", lambda: "/etc/passwd")
reads("the memory of another", lambda: f"/proc/{HERE.victim}/mem", errno.EIO)
reads("the environment of another", lambda: f"/proc/{HERE.victim}/environ")
reads("the map of another", lambda: f"/proc/{HERE.victim}/maps")
reads("the command of another", lambda: f"/proc/{HERE.victim}/cmdline")
reads("the parent's environment", lambda: f"/proc/{os.getppid()}/environ")
reads("by the root of another", lambda: f"/proc/{HERE.victim}/root{HERE.data}/images.bin")
reads("shared memory", lambda: HERE.shared)
reads("what a link in an allowed folder leads to", lambda: f"{HERE.allowed}/link")
reads("beside an allowed folder", lambda: f"{HERE.allowed}/../data/images.bin")
reads("by its own root", lambda: f"/proc/self/root{HERE.data}/images.bin")
reads("by its working folder", lambda: "/proc/self/cwd/images.bin")
reads("relative to its working folder", lambda: "images.bin")
reads("a file opened before", lambda: f"/proc/self/fd/{HERE.opened}", errno.ENOENT)
attempt("read on from a file opened before", errno.EBADF)(lambda: os.read(HERE.opened, 1))
attempt("list the data")(lambda: os.listdir(HERE.data))
attempt("list an excluded folder")(lambda: os.listdir(f"{HERE.allowed}/shipped"))
attempt("list a folder that holds an excluded one")(lambda: os.listdir(HERE.allowed))
attempt("list the home folder")(lambda: os.listdir(Path.home()))
attempt("list processes")(lambda: os.listdir("/proc"))


@attempt("open again what was opened without rights")
def _() -> None:
    without_rights = os.open(f"{HERE.data}/images.bin", os.O_PATH)
    look_into(f"/proc/self/fd/{without_rights}")


@attempt("step up from an open folder")
def _() -> None:
    folder = os.open(f"{HERE.allowed}/sub", os.O_RDONLY)
    os.open("../../data/images.bin", os.O_RDONLY, dir_fd=folder)


attempt("write a file")(lambda: Path(HERE.scratch, "written").write_text("x"))
attempt("write into the working folder")(lambda: Path("written").write_text("x"))
attempt("write beside the code")(lambda: Path(HERE.allowed, "sub/new.py").write_text("x"))
attempt("write a file without a name")(lambda: os.open(HERE.scratch, os.O_TMPFILE | os.O_RDWR))
attempt("write to a kept file", errno.EFBIG)(lambda: os.write(HERE.kept_file, b"more"))
attempt("open a kept file again, to write")(
    lambda: os.open(f"/proc/self/fd/{HERE.kept_file}", os.O_RDWR)
)
attempt("cut a readable file")(lambda: os.open(HERE.readable, os.O_RDONLY | os.O_TRUNC))
attempt("cut by name")(lambda: os.truncate(HERE.readable, 1))
attempt("add to a readable file")(lambda: os.open(HERE.readable, os.O_WRONLY | os.O_APPEND))
attempt("remove a file")(lambda: os.unlink(HERE.spare))
attempt("rename a file")(lambda: os.rename(HERE.spare2, HERE.spare2 + "-"))
attempt("make a folder")(lambda: os.mkdir(f"{HERE.scratch}/folder"))
attempt("make a link")(lambda: os.symlink(f"{HERE.data}/images.bin", f"{HERE.scratch}/link"))
attempt("make a second name")(lambda: os.link(f"{HERE.data}/images.bin", f"{HERE.allowed}/name"))
attempt("make a FIFO")(lambda: os.mkfifo(f"{HERE.scratch}/fifo"))
attempt("change rights")(lambda: os.chmod(HERE.readable, 0o644))
attempt("change the owner")(lambda: os.chown(HERE.readable, os.getuid(), os.getgid()))
attempt("change times")(lambda: os.utime(HERE.readable))
attempt("write an attribute", errno.EOPNOTSUPP)(
    lambda: os.setxattr(HERE.readable, "user.note", b"x")
)
attempt("lock a file")(lambda: fcntl.flock(HERE.kept_file, fcntl.LOCK_EX | fcntl.LOCK_NB))
attempt("lease a file")(lambda: fcntl.fcntl(HERE.kept_file, fcntl.F_GETLEASE))
attempt("change the working folder")(lambda: os.chdir(HERE.allowed))
attempt("change the root")(lambda: os.chroot("/"))
attempt("watch a folder")(lambda: raw((294, 26), 0))  # inotify_init1
attempt("take a handle of a file")(lambda: raw((303, 264), -1, b"x", None, None, 0))
attempt("open by a handle")(lambda: raw((304, 265), -1, None, 0))


@attempt("read the data from a new thread")
def _() -> None:
    ended: list[OSError] = []
    thread = threading.Thread(target=_read_into, args=(ended,))
    thread.start()
    thread.join()
    if ended:
        raise ended[0]


def _read_into(ended: list[OSError]) -> None:
    try:
        look_into(f"{HERE.data}/images.bin")
    except OSError as problem:
        ended.append(problem)
