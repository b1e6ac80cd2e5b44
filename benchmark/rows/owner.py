"""The owner of a lease: a process, on this machine or another."""

from __future__ import annotations

import contextlib
import os
import platform
import secrets
import uuid
from functools import cache
from pathlib import Path
from typing import Any

from benchmark.reading import strict_json
from benchmark.version import __version__

BOOT = Path("/proc/sys/kernel/random/boot_id")
Owner = dict[str, Any]


def new() -> Owner:
    """This process as the owner of one lease."""
    return {
        "token": secrets.token_hex(12),
        "host": platform.node(),
        "boot": boot(),
        "space": space(),
        "process": os.getpid(),
        "suite": __version__,
        "beat": 0,
    }


def parsed(content: bytes) -> Owner:
    """The owner of a lease; empty where it is torn: its owner is writing it, or died doing so."""
    with contextlib.suppress(ValueError):
        found = strict_json(content)
        if isinstance(found, dict):
            return found
    return {}


def is_dead(other: Owner, owner: Owner, locked: bool) -> bool:
    """Whether the owner of a lease was a process of this machine that is no more."""
    if other.get("boot") != owner["boot"]:
        return False
    if locked:  # else it would have the lock
        return True
    if not owner["space"] or other.get("space") != owner["space"]:
        return False  # another container's process: its number says nothing here
    try:
        os.kill(int(other["process"]), 0)
    except ProcessLookupError:
        return True
    except (OSError, KeyError, TypeError, ValueError):
        return False
    return False


@cache
def boot() -> str:
    """A name of this boot of this machine; where no system tells it, of the machine."""
    with contextlib.suppress(OSError):
        return BOOT.read_text("ascii").strip()
    return f"{uuid.getnode():x}"


def space() -> str:
    """The space in which the numbers of processes are those of this one; "" where none tells."""
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def words(owner: Owner) -> str:
    """An owner for a person."""
    if not owner:
        return "another process"
    where = "" if owner.get("boot") == boot() else f" on {owner.get('host')}"
    return f"process {owner.get('process')}{where}"
