"""The means of this machine to confine a process without root, and a trial of them.

Versions are asked for; that confinement holds is tried in a process of its own, which ends.
"""

from __future__ import annotations

import functools
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmark.confine import kernel, landlock, seccomp
from benchmark.confine.environment import environment

CONFINED, PROCESS = "confined", "process"
ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS = 30
# Isolated: no variable and no working folder leads the trial to another package.
TRIAL = (
    "import sys; sys.path.insert(0, sys.argv[1]); from benchmark.confine import trial; trial.main()"
)


@dataclass(frozen=True)
class Offer:
    """The means of the kernel: version of Landlock (0: none), seccomp filters, and the trial's end.

    ``missing``: a sentence for each part that is not to be had; ``uncovered``: what an older
    Landlock leaves to seccomp alone.
    """

    landlock: int
    seccomp: bool
    holds: bool
    missing: tuple[str, ...] = ()
    uncovered: tuple[str, ...] = ()


@dataclass(frozen=True)
class Strongest:
    """The strongest isolation to be had, ``confined`` or ``process``, and why it is no stronger."""

    isolation: str
    reason: str = ""


@functools.cache
def probe() -> Offer:
    """The means of this machine; looked at once a process, in about a tenth of a second."""
    return look()


def look(
    call: kernel.Call = kernel.call,
    unfit: Callable[[], str] = kernel.unfit,
    attempt: Callable[[], str] | None = None,
) -> Offer:
    """As ``probe``, by any way to make system calls and to try; a missing part raises nothing."""
    if problem := unfit():
        return Offer(0, False, False, (problem,))
    found, no_landlock = landlock.version(call)
    no_filter = seccomp.available(call)
    missing = [sentence for sentence in (no_landlock, no_filter) if sentence]
    if not missing and (broken := (attempt or tried)()):
        missing.append(broken)
    return Offer(
        found,
        not no_filter,
        not missing,
        tuple(missing),
        landlock.uncovered(found) if found else (),
    )


def tried() -> str:
    """Confine a process that then makes forbidden attempts; the fault, "" if there is none."""
    command = [sys.executable, "-I", "-S", "-B", "-c", TRIAL, str(ROOT)]
    try:
        done = subprocess.run(
            command,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            start_new_session=True,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        return f"a process to try confinement in did not run: {problem}."
    if done.returncode or done.stdout.strip() != "held":
        said = (done.stdout.strip() or done.stderr.strip() or "nothing").splitlines()[-1]
        return f"confinement was tried and did not hold; the trial said: {said}"
    return ""


def strongest(offer: Offer | None = None) -> Strongest:
    """``confined`` where all parts are there and held, else ``process`` with the reasons."""
    offer = probe() if offer is None else offer
    if offer.holds:
        return Strongest(CONFINED)
    return Strongest(PROCESS, " ".join(offer.missing))
