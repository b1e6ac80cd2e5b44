"""The numbers of the system calls that confinement speaks of, on the two machines it knows.

Source: ``asm/unistd_64.h`` (x86_64) and ``asm-generic/unistd.h`` (aarch64) of Linux. A dash: the
machine never had the call, a younger one does the same there.
"""

from __future__ import annotations

import functools

MACHINES = ("x86_64", "aarch64")
# Calls from this number on are the same on all machines, and younger than what the C library
# rests on: programs expect that a kernel lacks them.
YOUNG = 424

# Those that a confined process may make, whatever the arguments.
FREE = """
read 0 63, write 1 64, readv 19 65, writev 20 66, pread64 17 67, pwrite64 18 68, preadv 295 69,
pwritev 296 70, preadv2 327 286, pwritev2 328 287, close 3 57, close_range 436 436, lseek 8 62,
dup 32 23, dup2 33 -, dup3 292 24, pipe2 293 59, recvfrom 45 207, recvmsg 47 212,
sendmsg 46 211, shutdown 48 210, getsockopt 55 209, getsockname 51 204, getpeername 52 205,
poll 7 -, ppoll 271 73, select 23 -, pselect6 270 72, epoll_create1 291 20, epoll_ctl 233 21,
epoll_wait 232 -, epoll_pwait 281 22, eventfd2 290 19, stat 4 -, fstat 5 80, lstat 6 -,
newfstatat 262 79, statx 332 291, statfs 137 43, fstatfs 138 44, access 21 -, faccessat 269 48,
faccessat2 439 439, readlink 89 -, readlinkat 267 78, getcwd 79 17, getdents 78 -,
getdents64 217 61, mmap 9 222, munmap 11 215, mprotect 10 226, mremap 25 216, madvise 28 233,
msync 26 227, brk 12 214, membarrier 324 283, mbind 237 235, get_mempolicy 239 236,
set_mempolicy 238 237, rt_sigaction 13 134, rt_sigprocmask 14 135, rt_sigreturn 15 139,
rt_sigpending 127 136, rt_sigsuspend 130 133, rt_sigtimedwait 128 137, sigaltstack 131 132,
getitimer 36 102, setitimer 38 103, alarm 37 -, pause 34 -, futex 202 98,
set_robust_list 273 99, set_tid_address 218 96, rseq 334 293, arch_prctl 158 -,
restart_syscall 219 128, exit 60 93, exit_group 231 94, getpid 39 172, getppid 110 173,
gettid 186 178, getpgid 121 155, getpgrp 111 -, getsid 124 156, getuid 102 174, geteuid 107 175,
getgid 104 176, getegid 108 177, getresuid 118 148, getresgid 120 150, getgroups 115 158,
sched_yield 24 124, sched_getaffinity 204 123, sched_getparam 143 121,
sched_getscheduler 145 120, sched_get_priority_max 146 125, sched_get_priority_min 147 126,
getpriority 140 141, getcpu 309 168, getrlimit 97 163, getrusage 98 165, times 100 153,
time 201 -, gettimeofday 96 169, clock_gettime 228 113, clock_getres 229 114, nanosleep 35 101,
clock_nanosleep 230 115, uname 63 160, sysinfo 99 179, getrandom 318 278
"""

# Those whose arguments decide, and those that confinement itself is made with.
OTHERS = """
sendto 44 206, open 2 -, openat 257 56, clone 56 220, tgkill 234 131, prctl 157 167,
prlimit64 302 261, ioctl 16 29, fcntl 72 25, sched_setaffinity 203 122, seccomp 317 277,
capset 126 91, landlock_create_ruleset 444 444, landlock_add_rule 445 445,
landlock_restrict_self 446 446
"""


def _parsed(table: str, machine: str) -> dict[str, int]:
    column = 1 + MACHINES.index(machine)
    entries = (entry.split() for entry in table.replace("\n", " ").split(","))
    return {entry[0]: int(entry[column]) for entry in entries if entry[column] != "-"}


@functools.cache
def free(machine: str) -> dict[str, int]:
    """Name and number of the calls that need no look at their arguments."""
    return _parsed(FREE, machine)


@functools.cache
def numbers(machine: str) -> dict[str, int]:
    """Name and number of every call of this file that the machine has."""
    return free(machine) | _parsed(OTHERS, machine)
