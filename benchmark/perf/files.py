"""Profiles on disk: one JSON file each under ``results/perf``, and the table made of them."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from benchmark import filenames
from benchmark.errors import BenchError
from benchmark.files import MB, why, write_atomically
from benchmark.parse import short
from benchmark.reading import read_file, strict_json
from benchmark.rows.kinds import AMOUNT, Amount, Amounts, Positive, Settings, Tables, Word, Words
from benchmark.rows.schema import fault, form
from benchmark.tables.table import Sheet, Table, heads, line
from benchmark.tables.values import Number, Value, count

LIMIT = 8 * MB  # bytes of a profile
CPU_TIME, WALL_TIME = "CPU", "wall"  # a profile from before there was a choice says neither
ORDER = ("device", "dataset", "method", "variant", "budget", "label")
FORM = form(
    {
        "device": Word,
        "dataset": Word,
        "method": Word,
        "variant": Words,
        "student": Word,
        "overrides": Settings,
        "queries": Positive,
        "budget": Positive,
        "label": Words,
        "torch": Word,
        "finished": Word,
        "wall": Amount,
        "seconds": Amounts,
        "seconds_per_1k_queries": Amount,
        "overhead_share": Amount,
        "kernel_share": Amount,
        "parts": Tables,
        "machine": Amounts,
        "peak_memory_mb": Amount | None,
    }
)
NOTE = (
    "Seconds of a whole run, evaluation included; clock: wall time, or the CPU time of one thread, "
    "which other processes do not lengthen. Generator and student are their training "
    "steps, other is all the rest. Overhead: oracle and runner without the teacher's arithmetic. "
    "Kernels: share of the time in matrix products and convolutions. Rate: FLOP/s of the "
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
    except OSError as problem:
        raise BenchError(f"cannot read {path}: {why(problem)}") from None
    except ValueError:
        raise BenchError(f"{path} is no profile of this suite; delete it") from None
    if wrong := fault(profile, FORM) or _lacks(profile):
        raise BenchError(f"{path} is no profile of this suite ({wrong}); delete it")
    return profile


def _lacks(profile: dict[str, Any]) -> str:
    """The number that a table needs and a profile lacks, or nothing."""
    if {"generator", "student"} - profile["seconds"].keys():
        return "its seconds lack a part"
    if not all(AMOUNT.fits(part.get("flops")) for part in profile["parts"].values()):
        return "its parts lack their flops"
    fastest = profile["machine"].get("matmul_flops")
    return "" if fastest else "its machine lacks matmul_flops"


def _of(profile: dict[str, Any]) -> list[Any]:
    """The subject of a profile; they are shown in this order."""
    return [profile[name] for name in ORDER]


def sheet(profiles: list[dict[str, Any]]) -> Sheet:
    """A table for each device, with its date and versions."""
    if not profiles:
        nothing = "There are no profiles yet; `bench profile METHOD --dataset NAME` makes one."
        return Sheet([], [nothing])
    tables = []
    for device in dict.fromkeys(profile["device"] for profile in profiles):
        group = [profile for profile in profiles if profile["device"] == device]
        versions = ", ".join(sorted({profile["torch"] for profile in group}))
        days = sorted({profile["finished"][:10] for profile in group})
        dates = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
        facts = (f"{device}, torch {versions}, {dates}.",)
        lines = [line(*_values(profile).values()) for profile in group]
        run, form, *numbers = _values(group[0])
        tables.append(Table("", facts, heads([run, form], numbers), lines))
    return Sheet(tables, [NOTE])


def _values(profile: dict[str, Any]) -> dict[str, Value]:
    """Head to value."""
    seconds, taken = profile["seconds"], profile.get("taken", profile["wall"])
    hot = seconds["generator"] + seconds["student"]
    flops = sum(part["flops"] for part in profile["parts"].values())
    rate = flops / hot / profile["machine"]["matmul_flops"] if hot else 0.0
    method = ":".join(filter(None, (profile["method"], profile["variant"])))
    peak = profile["peak_memory_mb"]
    return {
        "run": f"{method}, {profile['dataset']}, {short(profile['budget'])}",
        "form": profile["label"] or "default",
        "clock": profile.get("clock", WALL_TIME),
        "seconds": count(taken),
        "per 1k queries": Number(profile["seconds_per_1k_queries"]),
        "generator": count(seconds["generator"]),
        "student": count(seconds["student"]),
        "other": count(taken - hot),
        "overhead": _share(profile["overhead_share"], 1),
        "kernels": _share(profile["kernel_share"]),
        "rate": _share(rate),
        "peak MB": count(peak) if peak else "",
    }


def _share(value: float, decimals: int = 0) -> Number:
    return Number(100 * value, decimals=decimals, after=" %")
