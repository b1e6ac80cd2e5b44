"""The surrounding of a run: seeds, device, versions, memory. No host or user names leave here."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import platform
import random
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

from benchmark import compiler
from benchmark.errors import BenchError
from benchmark.version import __version__

resource: ModuleType | None
try:
    import resource
except ImportError:  # Windows
    resource = None

GIT_SECONDS = 10  # a network drive may let git hang
# Set in a hook, say, these would lead git to another repository than the code's.
GIT_ELSEWHERE = {
    f"GIT_{name}"
    for name in ("DIR", "WORK_TREE", "INDEX_FILE", "COMMON_DIR", "OBJECT_DIRECTORY", "PREFIX")
}
CODE = ("benchmark", "methods", "teachers")
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
ROOT = Path(__file__).resolve().parent.parent


def seed_all(*parts: object) -> None:
    """Seed torch, numpy and random from the SHA-256 of ``parts``, so that streams never overlap."""
    seed = seed_of(*parts)
    if torch.accelerator.is_available():
        torch.manual_seed(seed)
    else:  # the same numbers; the other call looks for devices, a tenth of a small network's step
        torch.default_generator.manual_seed(seed)
    np.random.seed(seed % 2**32)
    random.seed(seed)


def seed_of(*parts: object) -> int:
    """A seed below 2**63 from the SHA-256 of ``parts``."""
    digest = hashlib.sha256(repr(parts).encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


@contextlib.contextmanager
def randomness_kept(device: torch.device) -> Iterator[None]:
    """Restore the random states of torch, numpy and random afterwards."""
    others = np.random.get_state(), random.getstate()
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        try:
            yield
        finally:
            np.random.set_state(others[0])
            random.setstate(others[1])


def pick_device(name: str) -> torch.device:
    """``auto`` is CUDA, then Apple's MPS, then the CPU. Raises ``BenchError`` for a missing one."""
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        name = next(device for device, found in there.items() if found)
    if not there[name]:
        raise BenchError(f"there is no {name} device here; use --device cpu or auto")
    torch.set_flush_denormal(True)  # a nearly fitted net is full of them, and they are slow
    compiler.on_demand()
    keep_freed_memory()
    return torch.device(name)


def keep_freed_memory() -> None:
    """Let glibc keep freed tensors of up to 32 MB for the next ones; elsewhere it does nothing.

    By default it hands them back to the kernel and takes them again a step later, page by page,
    which is a sixth of a LeNet's training step. Larger tensors still go back: they would add up.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):  # TypeError: Windows
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_MMAP_THRESHOLD, 32 * 2**20)
        mallopt(M_TRIM_THRESHOLD, 512 * 2**20)


def device_name(device: torch.device, threads: int = 0) -> str:
    """The GPU's product name, or the CPU's model and the threads, by default those in use."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    threads = threads or torch.get_num_threads()
    return f"{_cpu_model()}, {threads} thread{'s' * (threads > 1)}"


def synchronise(device: torch.device) -> None:
    """Wait for the device, so that a clock read next is true."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def forget_peak_memory(device: torch.device) -> None:
    """Let ``peak_memory_mb`` start from the present use (on a CPU: where Linux allows it)."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_memory_mb(device: torch.device) -> float | None:
    """Peak MB: of the GPU's allocator, or resident memory of this whole process.

    None where the system does not tell it.
    """
    if device.type == "cuda":
        return round(torch.cuda.max_memory_allocated(device) / 2**20, 1)
    if resource is None:
        return None
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes there, KiB elsewhere
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20, 1)


def missing() -> list[str]:
    """Lines on features that this system lacks, and the consequences for rows."""
    return [] if resource else ["no `resource` module here: rows do not say the peak memory"]


def provenance(device: torch.device, files: Iterable[Path] = ()) -> dict[str, Any]:
    """Versions, commit and device for a row. ``files``: those of the method."""
    commit, dirty = _commit(files)
    return {
        "suite": __version__,
        "commit": commit,
        "dirty": dirty,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "device": device_name(device),
        "deterministic": device.type == "cpu",
    }


def _commit(files: Iterable[Path] = ()) -> tuple[str, bool | None]:
    """Commit of the checkout the code runs from, and whether the code that ran differs from it.

    ("", False) for a wheel, which is no checkout; "" and None where git does not tell. A file that
    git does not know counts only where it is among ``files``.
    """
    if not (ROOT / ".git").exists():
        return "", False
    head = _git("rev-parse", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", *CODE)
    own = [str(path) for path in map(Path.resolve, files) if path.is_relative_to(ROOT)]
    unknown = _git("ls-files", "--others", "--", *own) if own else ""
    if head is None or changed is None or unknown is None:
        return (head or "")[:12], None
    return head[:12], bool(changed or unknown)


def _git(*command: str) -> str | None:
    """Git's answer about the checkout; None where git is missing, refuses or hangs."""
    kept = {name: value for name, value in os.environ.items() if name not in GIT_ELSEWHERE}
    try:
        done = subprocess.run(
            ["git", "-C", str(ROOT), *command],
            env=kept | {"GIT_OPTIONAL_LOCKS": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=GIT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return None if done.returncode else done.stdout.decode(errors="replace").strip()


def _cpu_model() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text("utf-8", errors="replace")
    except OSError:
        return platform.processor() or platform.machine()
    lines = text.splitlines()
    found = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return found[0] if found else platform.machine()
