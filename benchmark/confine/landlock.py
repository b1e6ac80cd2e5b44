"""Which files a confined process may read: Landlock, the access control that needs no root.

Every right that this kernel knows is handled, so that all is refused that no rule gives: writing,
making, removing, executing, devices, TCP; where the kernel has scopes, signals and abstract
sockets lead to no process outside. Source: ``Documentation/userspace-api/landlock.rst``.

No version handles: looking up whether a file is there, and its size and times. Changing them
is refused by ``seccomp``.

The package ``landlock`` on PyPI (1.0.0.dev5) knows neither network nor scopes, and takes an error
number that an earlier call left for a failure.
"""

from __future__ import annotations

import errno
import os
import stat
import struct
from collections.abc import Iterable
from pathlib import Path

from benchmark.confine import kernel

VERSION = 1  # flag: answer with the version instead of a ruleset
PATH_BENEATH = 1  # kind of rule

WRITE_FILE, READ_FILE, READ_DIR = 1 << 1, 1 << 2, 1 << 3
IOCTL_DEV, DEVICES_FROM = 1 << 15, 5
FIRST_FILES = (1 << 13) - 1  # EXECUTE to MAKE_SYM
LATER_FILES = {
    2: 1 << 13,
    3: 1 << 14,
    DEVICES_FROM: IOCTL_DEV,
}  # REFER, TRUNCATE, IOCTL_DEV by version
NETWORK_FROM, NETWORK = 4, 0b11  # bind and connect of TCP
SCOPES_FROM, SCOPES = 6, 0b11  # abstract sockets, signals

REASONS = {
    errno.ENOSYS: "this kernel has no Landlock (it came with Linux 5.13).",
    errno.EOPNOTSUPP: "Landlock is built into this kernel, and was not enabled when it started.",
    errno.EPERM: "something around this process, a container perhaps, forbids Landlock.",
}
# Rights that only a younger kernel refuses a second time; seccomp refuses all of it.
SECOND_LINES = {
    3: "cutting files short is refused by seccomp alone (Landlock 3 would, too).",
    NETWORK_FROM: "TCP is refused by seccomp alone (Landlock 4 would, too).",
    DEVICES_FROM: "commands to devices are refused by seccomp alone (Landlock 5 would, too).",
    SCOPES_FROM: "signals and named sockets are refused by seccomp alone (Landlock 6 would, too).",
}


def version(call: kernel.Call = kernel.call) -> tuple[int, str]:
    """The version of Landlock's interface, and why it is 0 where it is, in one sentence."""
    try:
        return call(kernel.number("landlock_create_ruleset"), None, 0, VERSION), ""
    except OSError as problem:
        known = REASONS.get(problem.errno or 0)
        return 0, known or f"Landlock does not answer: {problem.strerror}."


def uncovered(found: int) -> tuple[str, ...]:
    """The parts that this version leaves to seccomp alone, a sentence each."""
    return tuple(sentence for since, sentence in SECOND_LINES.items() if found < since)


def ruleset(found: int) -> bytes:
    """``struct landlock_ruleset_attr`` with all rights of this version, as long as it knows it."""
    files = FIRST_FILES
    for since, right in LATER_FILES.items():
        files |= right if found >= since else 0
    words = [files]
    if found >= NETWORK_FROM:
        words.append(NETWORK)
    if found >= SCOPES_FROM:
        words.append(SCOPES)
    return struct.pack(f"={len(words)}Q", *words)


def restrict(
    found: int,
    readable: Iterable[Path],
    listed: Iterable[Path] = (),
    devices: Iterable[Path] = (),
) -> int:
    """Let the calling thread, and those it starts, read the files below ``readable`` and no others.

    ``found``: the version. ``listed``: folders whose names may be listed, those below them too.
    ``devices``: nodes that may be read, written and given commands. A path that is not there gives
    no rule. Returns the number of rules. The thread must have no_new_privs. Raises ``OSError``.
    """
    attributes = ruleset(found)
    driven = READ_FILE | WRITE_FILE | (IOCTL_DEV if found >= DEVICES_FROM else 0)
    handle = kernel.call(kernel.number("landlock_create_ruleset"), attributes, len(attributes), 0)
    try:
        rules = sum(_allow(handle, path, READ_FILE | READ_DIR) for path in readable)
        rules += sum(_allow(handle, path, READ_DIR) for path in listed)
        rules += sum(_allow(handle, path, driven) for path in devices)
        kernel.call(kernel.number("landlock_restrict_self"), handle, 0)
    finally:
        os.close(handle)
    return rules


def _allow(handle: int, path: Path, rights: int) -> int:
    """Add one rule; 1, or 0 where nothing is there."""
    try:
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        if not stat.S_ISDIR(os.fstat(beneath).st_mode):
            rights &= ~READ_DIR
        if not rights:
            return 0
        kernel.call(
            kernel.number("landlock_add_rule"),
            handle,
            PATH_BENEATH,
            struct.pack("=Qi", rights, beneath),
            0,
        )
    finally:
        os.close(beneath)
    return 1
