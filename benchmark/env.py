"""The surrounding of a run: seeds, device, versions, memory. No host or user names leave here."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import platform
import random
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmark.errors import BenchError
from benchmark.version import __version__

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
ROOT = Path(__file__).resolve().parent.parent


def seed_all(*parts: object) -> None:
    """Seed torch, numpy and random from the SHA-256 of ``parts``, so that streams never overlap."""
    digest = hashlib.sha256(repr(parts).encode()).digest()
    seed = int.from_bytes(digest[:8], "little") >> 1
    torch.manual_seed(seed)
    np.random.seed(seed % 2**32)
    random.seed(seed)


def pick_device(name: str) -> torch.device:
    """``auto`` is CUDA, then Apple's MPS, then the CPU; a device that is not there is an error."""
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
    keep_freed_memory()
    return torch.device(name)


def keep_freed_memory() -> None:
    """Let glibc keep freed tensors of up to 32 MB for the next ones; elsewhere it does nothing.

    By default it hands them back to the kernel and takes them again a step later, page by page: a
    sixth of a LeNet's training step. Larger tensors still go back, as they would add up.
    """
    with contextlib.suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_MMAP_THRESHOLD, 32 * 2**20)
        mallopt(M_TRIM_THRESHOLD, 512 * 2**20)


def device_name(device: torch.device) -> str:
    """The GPU's product name, or the CPU's model and the threads in use."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    threads = torch.get_num_threads()
    return f"{_cpu_model()}, {threads} thread{'s' * (threads > 1)}"


def synchronise(device: torch.device) -> None:
    """Wait for the device, so that a clock read next is true."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def forget_peak_memory(device: torch.device) -> None:
    """Let ``peak_memory_mb`` start from what is in use now (on a CPU: where Linux allows it)."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_memory_mb(device: torch.device) -> float:
    """Peak MB: of the GPU's allocator, or resident memory of this whole process."""
    if device.type == "cuda":
        return round(torch.cuda.max_memory_allocated(device) / 2**20, 1)
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes there, KiB elsewhere
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20, 1)


def provenance(device: torch.device) -> dict[str, Any]:
    """Versions, commit and device as they stand in a row."""
    commit, dirty = _commit()
    return {
        "suite": __version__,
        "commit": commit,
        "dirty": dirty,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "device": device_name(device),
        "deterministic": device.type == "cpu",
    }


def _commit() -> tuple[str, bool]:
    """Commit of the checkout the code runs from and whether its code differs; "" for a wheel."""
    if not (ROOT / ".git").exists():
        return "", False
    ask = ["git", "-C", str(ROOT)]
    try:
        head = subprocess.run([*ask, "rev-parse", "HEAD"], capture_output=True, text=True)
        code = ["--", "benchmark", "methods", "teachers"]
        status = subprocess.run([*ask, "status", "--porcelain", *code], capture_output=True)
    except OSError:  # no git on this machine
        return "", False
    return head.stdout.strip()[:12], bool(status.stdout.strip())


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    found = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return found[0] if found else platform.machine()
