"""Attempts to reach the network, other processes, and parts of the kernel."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import mmap
import multiprocessing
import os
import resource
import signal
import socket
import subprocess

from .attempting import HERE, attempt, raw

attempt("a TCP socket")(lambda: socket.create_connection(("127.0.0.1", HERE.port)))
attempt("a listening socket")(lambda: socket.create_server(("127.0.0.1", 0)))
attempt("a UDP socket")(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
attempt("connect a socket made before")(lambda: HERE.unconnected.connect(HERE.unix))
attempt("send from a socket made before")(lambda: HERE.datagram.sendto(b"x", HERE.abstract))
attempt("bind a socket made before")(lambda: HERE.datagram.bind("\0mine"))
attempt("options of a socket")(
    lambda: HERE.datagram.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
)
attempt("a unix socket")(lambda: socket.socket(socket.AF_UNIX).connect(HERE.unix))
attempt("an abstract socket")(
    lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).connect(HERE.abstract)
)
attempt("a pair of sockets")(socket.socketpair)
attempt("a netlink socket")(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0))


@attempt("fork")
def _() -> None:
    if not (child := os.fork()):
        os._exit(0)
    os.waitpid(child, 0)


@attempt("spawn")
def _() -> None:
    os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)


@attempt("a process of multiprocessing")
def _() -> None:
    started = multiprocessing.get_context("fork").Process(target=str)
    started.start()
    started.join()


attempt("a program")(lambda: subprocess.run(["/bin/true"]))
attempt("become a program")(lambda: os.execv("/nowhere/program", ["program"]))
attempt("become an open program")(lambda: raw((322, 281), -1, b"x", None, None, 0))
attempt("clone a process")(lambda: raw((56, 220), 0x800, 0, 0, 0, 0))
attempt("clone by the young call")(lambda: raw((435, 435), None, 0))

attempt("signal 0 to the parent")(lambda: os.kill(os.getppid(), 0))
attempt("signal 0 to all")(lambda: os.kill(-1, 0))
attempt("end another")(lambda: os.kill(HERE.victim, signal.SIGCONT))
attempt("end the group of another")(lambda: os.killpg(HERE.victim, 0))
attempt("end a thread of another")(lambda: raw((234, 131), HERE.victim, HERE.victim, 0))
attempt("end a thread by the old call")(lambda: raw((200, 130), HERE.victim, 0))
attempt("queue a signal")(lambda: raw((129, 138), HERE.victim, 0, (ctypes.c_char * 128)()))
attempt("open another process")(lambda: raw((434, 434), HERE.victim, 0))
attempt("signal an open process")(lambda: raw((424, 424), -1, 0, None, 0))
attempt("take another's open file")(lambda: raw((438, 438), -1, 0, 0))
attempt("trace another")(lambda: raw((101, 117), 16, HERE.victim, 0, 0))
attempt("read another's memory")(lambda: raw((310, 270), HERE.victim, None, 0, None, 0, 0))
attempt("write another's memory")(lambda: raw((311, 271), HERE.victim, None, 0, None, 0, 0))
attempt("compare with another")(lambda: raw((312, 272), os.getpid(), HERE.victim, 2, 0, 0))
attempt("another's limits")(lambda: resource.prlimit(HERE.victim, resource.RLIMIT_NOFILE))
attempt("another's processors")(lambda: os.sched_setaffinity(HERE.victim, {0}))
attempt("another's priority")(lambda: os.setpriority(os.PRIO_PROCESS, HERE.victim, 1))
attempt("another's scheduler")(
    lambda: os.sched_setscheduler(HERE.victim, os.SCHED_BATCH, os.sched_param(0))
)
attempt("another's memory policy")(lambda: raw((256, 238), HERE.victim, 1, None, None))

attempt("io_uring")(lambda: raw((425, 425), 1, None))
attempt("bpf")(lambda: raw((321, 280), 999, None, 0))
attempt("keys")(lambda: raw((250, 219), 0, -3, 0))
attempt("a new key")(lambda: raw((248, 217), None, None, None, 0, 0))
attempt("mount")(lambda: raw((165, 40), None, b"/nowhere", None, 0, None))
attempt("mount by the young call")(lambda: raw((430, 430), None, 0))
attempt("open a tree")(lambda: raw((428, 428), -1, b"nowhere", 0))
attempt("a namespace of its own")(lambda: raw((272, 97), 0))
attempt("another's namespace")(lambda: raw((308, 268), -1, 0))
attempt("shared memory of System V")(lambda: raw((29, 194), 1, 4096, 0))
attempt("a queue of System V")(lambda: raw((68, 186), 1, 0))
attempt("semaphores of System V")(lambda: raw((64, 190), 1, 1, 0))
attempt("a queue of POSIX")(lambda: raw((240, 180), b"nowhere", 0, 0, None))
attempt("a file in memory")(lambda: raw((319, 279), b"note", 0))
attempt("userfaultfd")(lambda: raw((323, 282), 1))
attempt("perf")(lambda: raw((298, 241), None, 0, -1, -1, 0))
attempt("a personality")(lambda: raw((135, 92), 0xFFFFFFFF))
attempt("the kernel's log")(lambda: raw((103, 116), 10, None, 0))
attempt("openat2")(lambda: raw((437, 437), -100, b"/etc/passwd", None, 0))

attempt("outlive the parent")(lambda: raw((157, 167), 1, 0, 0, 0, 0))
attempt("let others trace it")(lambda: raw((157, 167), 0x59616D61, -1, 0, 0, 0))
attempt("raise a limit")(lambda: raw((302, 261), 0, 7, (ctypes.c_long * 2)(64, 64), None))
attempt("be another user")(lambda: os.setuid(os.getuid()))
attempt("new capabilities")(lambda: raw((126, 91), (ctypes.c_uint32 * 2)(0x20080522, 0), None))
attempt("pages of files that are in memory")(lambda: raw((27, 232), 0, 0, None))
attempt("type on a terminal")(lambda: fcntl.ioctl(0, 0x5412, b"x"))
attempt("a signal for another")(lambda: fcntl.fcntl(HERE.kept_file, fcntl.F_SETOWN, HERE.victim))


@attempt("much memory", errno.ENOMEM)
def _() -> None:
    mmap.mmap(-1, 2**30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
