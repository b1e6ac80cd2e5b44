"""Profiles on disk: one JSON file each under ``results/perf``, and the table made of them."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from benchmark import filenames
from benchmark.errors import BenchError
from benchmark.files import MB, read_file, strict_json, why, write_atomically
from benchmark.parse import short
from benchmark.tables.markdown import escape, pipes, prose

LIMIT = 8 * MB  # bytes of a profile
ORDER = ("device", "dataset", "method", "variant", "budget", "label")
NOTE = (
    "Wall seconds of a whole run, evaluation included. Generator and student are their training "
    "steps, other is all the rest. Overhead: oracle and runner without the teacher's arithmetic. "
    "Kernels: share of the wall time in matrix products and convolutions. Rate: FLOP/s of the "
    "training steps over those of a large matrix product here. Peak MB: resident, of the process."
)


def save(profile: dict[str, Any], folder: Path) -> Path:
    """Write a profile into a folder that exists; one of the same run and label is replaced."""
    method = ".".join(filter(None, (profile["method"], profile["variant"])))
    words = (profile["dataset"], method, short(profile["budget"]), profile["label"])
    path = folder / f"{filenames.unique(words)}.json"
    write_atomically(path, (json.dumps(profile, indent=1, allow_nan=False) + "\n").encode())
    for older in _files(folder):
        with contextlib.suppress(BenchError):  # no profile: ``load`` says so
            if older != path and _of(_read(older))[1:] == _of(profile)[1:]:  # under another name
                older.unlink()
    return path


def load(folder: Path) -> list[dict[str, Any]]:
    """All profiles of a folder, by device, method and budget, the default form first."""
    return sorted(map(_read, _files(folder)), key=_of)


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"))


def _read(path: Path) -> dict[str, Any]:
    try:
        profile = strict_json(read_file(path, LIMIT))
        _of(profile)
        return profile
    except OSError as problem:
        raise BenchError(f"cannot read {path}: {why(problem)}") from None
    except (ValueError, KeyError, TypeError):
        raise BenchError(f"{path} is no profile of this suite; delete it") from None


def _of(profile: dict[str, Any]) -> list[Any]:
    """What a profile is of; in this order they are shown."""
    return [profile[name] for name in ORDER]


def markdown(profiles: list[dict[str, Any]]) -> str:
    """A table for each device, with its date and versions."""
    if not profiles:
        return "There are no profiles yet; `bench profile METHOD --dataset NAME` makes one.\n"
    blocks = []
    for device in dict.fromkeys(profile["device"] for profile in profiles):
        group = [profile for profile in profiles if profile["device"] == device]
        versions = ", ".join(sorted({profile["torch"] for profile in group}))
        days = sorted({profile["finished"][:10] for profile in group})
        dates = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
        lines = [_line(profile) for profile in group]
        text = pipes(list(lines[0]), [[*map(escape, line.values())] for line in lines], left=2)
        blocks.append(f"{prose(f'{device}, torch {versions}, {dates}.')}\n\n{text}\n")
    return "\n".join([*blocks, NOTE, ""])


def _line(profile: dict[str, Any]) -> dict[str, str]:
    seconds, wall = profile["seconds"], profile["wall"]
    hot = seconds["generator"] + seconds["student"]
    flops = sum(part["flops"] for part in profile["parts"].values())
    rate = flops / hot / profile["machine"]["matmul_flops"] if hot else 0.0
    method = ":".join(filter(None, (profile["method"], profile["variant"])))
    return {
        "run": f"{method}, {profile['dataset']}, {short(profile['budget'])}",
        "form": profile["label"] or "default",
        "seconds": f"{wall:,.0f}",
        "per 1k queries": f"{profile['seconds_per_1k_queries']:.2f}",
        "generator": f"{seconds['generator']:,.0f}",
        "student": f"{seconds['student']:,.0f}",
        "other": f"{wall - hot:,.0f}",
        "overhead": f"{100 * profile['overhead_share']:.1f} %",
        "kernels": f"{100 * profile['kernel_share']:.0f} %",
        "rate": f"{100 * rate:.0f} %",
        "peak MB": f"{profile['peak_memory_mb']:,.0f}" if profile["peak_memory_mb"] else "",
    }
