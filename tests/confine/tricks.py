"""A program, no test: what ends a confined process, and how it is confined, one trick a start."""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import socket
import sys
import threading
import time
from pathlib import Path

SUITE = Path(__file__).parents[2]
sys.path.insert(0, str(SUITE))

from benchmark.confine import Allowed, confine, interpreter, kernel, seccomp  # noqa: E402
from benchmark.errors import BenchError  # noqa: E402

X32_GETPID = 0x40000000 | 39
INT_80 = b"\xb8\x14\x00\x00\x00\xcd\x80\xc3"  # mov eax, 20 (getpid); int 0x80; ret


def confined(**more: object) -> None:
    confine(Allowed(readable=interpreter(), kept=(1, 2), **more))


def x32() -> None:
    confined()
    kernel.call(X32_GETPID)


def int80() -> None:
    confined()
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(INT_80)
    ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()


def earlier_thread() -> None:
    """Landlock would not hold for a thread that is there already."""
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    try:
        confined()
    except BenchError as problem:
        print(json.dumps(str(problem)), flush=True)
        os._exit(0)


def filter_on_all() -> None:
    """The filter alone, with a thread that is there already: what it may do before and after."""
    steps = threading.Barrier(2)
    answers = []

    def tries() -> None:
        for _ in range(2):
            answers.append(_socket())
            steps.wait()
            steps.wait()

    thread = threading.Thread(target=tries)
    thread.start()
    steps.wait()
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    seccomp.install(os.getpid())
    steps.wait()
    steps.wait()
    steps.wait()
    thread.join()
    print(json.dumps(answers), flush=True)


def _socket() -> str:
    try:
        socket.socket().close()
    except PermissionError:
        return "refused"
    return "went through"


def wrong_parent() -> None:
    try:
        confined(parent=1)
    except BenchError as problem:
        print(json.dumps(str(problem)), flush=True)


def orphan() -> None:
    """A child that is confined and waits; this process ends as soon as it says so."""
    told, tells = os.pipe()
    parent = os.getpid()
    if not (child := os.fork()):
        confine(Allowed(readable=interpreter(), kept=(tells,), parent=parent))
        os.write(tells, b"ready")
        time.sleep(60)
    os.read(told, 5)
    print(json.dumps(child), flush=True)


def surrounding() -> None:
    """What is open, who leads, what is kept, after confinement with a file left open before."""
    left = os.open("/etc/passwd", os.O_RDONLY)
    kept = os.open("/etc/passwd", os.O_RDONLY)
    confine(Allowed(readable=interpreter(), kept=(1, 2, kept), memory=2**28))
    found = {
        "open": [number for number in range(64) if _is_open(number)],
        "kept": [0, 1, 2, kept],
        "left": left,
        "leads": [os.getsid(0), os.getpgid(0), os.getpid()],
        "memory": _memory(),
        "writes compiled modules": not sys.dont_write_bytecode,
    }
    print(json.dumps(found), flush=True)


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _memory() -> str:
    try:
        bytearray(2**29)
    except MemoryError:
        return "refused"
    return "taken"


def waits() -> None:
    confine(Allowed(readable=interpreter(), kept=(0, 1, 2)))
    print("ready", flush=True)
    sys.stdin.read()


def excluded_over_readable() -> None:
    try:
        confine(Allowed(readable=(SUITE / "methods",), excluded=(SUITE,), kept=(1, 2)))
    except BenchError as problem:
        print(json.dumps(str(problem)), flush=True)


if __name__ == "__main__":
    globals()[sys.argv[1]]()
