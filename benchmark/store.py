"""The results store: one sealed JSON file a run, written atomically, and what belongs to it.

``<root>/runs`` holds rows, ``<root>/.state`` unfinished runs and locks. A row carries a seal over
its own content, so that a torn or hand-edited file is found when it is read, named and refused.
``<root>/students`` and ``<root>/samples`` hold final students, and some queries with the numbers
that were logged; the row has the SHA-256 of both. Tables need neither.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load as from_safetensors
from safetensors.torch import save as to_safetensors
from torch import Tensor, nn

from benchmark.files import StoreError, make_folder, strict_json, write_atomically

SCHEMA = 1
Row = dict[str, Any]
# Identity fields that came later, and the value that stands for rows without them.
USUAL = {"access": "hard-label", "scale": 1.0}


class Store:
    """Rows and unfinished states below one folder."""

    def __init__(self, root: Path) -> None:
        self.root, self.runs, self.states = root, root / "runs", root / ".state"
        self.students, self.samples = root / "students", root / "samples"

    def prepare(self) -> None:
        """Make the folders and prove that they can be written, before any hour is spent."""
        for folder in (self.runs, self.states, self.students, self.samples):
            make_folder(folder)

    def write(self, row: Row) -> Path:
        """Seal a row and write it; an older row of the same id is replaced, whatever its name."""
        sealed = {**row, "seal": seal(row)}
        text = json.dumps(sealed, indent=1, allow_nan=False) + "\n"
        path = self.runs / f"{stem(row)}.json"
        write_atomically(path, text.encode())
        for older in self.runs.glob(f"*-{row['id']}.json"):
            if older != path:
                older.unlink()
        return path

    def rows(self) -> list[Row]:
        """All rows, by file name. Raises ``StoreError`` naming the first file that is not sound."""
        found: dict[str, Path] = {}
        rows = []
        for path in sorted(self.runs.glob("*.json")):
            row = read_row(path)
            if row["id"] in found:
                raise StoreError(f"{path} and {found[row['id']]} hold the same run; delete one")
            found[row["id"]] = path
            rows.append(row)
        return rows

    def find(self, run_id: str) -> Row | None:
        """The row with an id, or None."""
        for path in self.runs.glob(f"*-{run_id}.json"):
            return read_row(path)
        return None

    def keep(self, row: Row, student: nn.Module, sample: dict[str, Tensor]) -> dict[str, str]:
        """Write what belongs to a row that is to be written next; returns the row's fields of it.

        ``student`` is written as its ``state_dict``, ``sample`` as it is.
        """
        hashes = {}
        for kind, tensors in (("student", student.state_dict()), ("sample", sample)):
            content = to_safetensors({k: v.cpu().contiguous() for k, v in tensors.items()})
            write_atomically(self._kept(row, kind), content)
            hashes[f"{kind}_sha"] = hashlib.sha256(content).hexdigest()
        return hashes

    def student(self, row: Row) -> dict[str, Tensor]:
        """The final student of a row as a ``state_dict``. Raises ``StoreError``."""
        return self._load_kept(row, "student")

    def sample(self, row: Row) -> dict[str, Tensor]:
        """What ``Sample.kept`` and ``Logged.kept`` gave at the end of a run; ``StoreError``."""
        return self._load_kept(row, "sample")

    def has_student(self, row: Row) -> bool:
        """True where a file lies in the place of the row's student."""
        return self._kept(row, "student").is_file()

    def has_sample(self, row: Row) -> bool:
        """Whether ``sample`` has something to read; the first rows kept none."""
        return "sample_sha" in row and self._kept(row, "sample").exists()

    def _kept(self, row: Row, kind: str) -> Path:
        folder = self.students if kind == "student" else self.samples
        return folder / f"{stem(row)}.safetensors"

    def _load_kept(self, row: Row, kind: str) -> dict[str, Tensor]:
        path = self._kept(row, kind)
        try:
            content = path.read_bytes()
        except OSError as problem:
            reason = "is not here" if isinstance(problem, FileNotFoundError) else problem.strerror
            raise StoreError(
                f"the {kind} {path} {reason}; run the cell again with --force to have it"
            ) from None
        if hashlib.sha256(content).hexdigest() != row.get(f"{kind}_sha"):
            raise StoreError(f"{path} is not the {kind} that its row in {self.runs} names")
        return from_safetensors(content)

    def state_path(self, run_id: str) -> Path:
        """Where the unfinished state of a run lies."""
        return self.states / f"{run_id}.pt"

    def save_state(self, run_id: str, packed: bytes) -> None:
        """Write the state of an unfinished run, as ``pack`` made it."""
        write_atomically(self.state_path(run_id), packed)

    def load_state(self, run_id: str, keys: set[str]) -> dict[str, Any] | None:
        """The saved state of a run, or None. Loading executes no code (``weights_only``)."""
        path = self.state_path(run_id)
        if not path.exists():
            return None
        try:
            state = unpack(path.read_bytes())
            if not isinstance(state, dict) or state.keys() != keys:
                raise ValueError("foreign")
        except Exception as problem:
            raise StoreError(
                f"{path} is no state of this suite or torn ({type(problem).__name__}); delete it "
                "to start that run over, or use --force"
            ) from None
        return state

    def drop_state(self, run_id: str) -> None:
        """Forget an unfinished state."""
        self.state_path(run_id).unlink(missing_ok=True)

    def drop_stale_state(self, run_id: str, keys: set[str]) -> None:
        """Forget a state that cannot be read, or that a row has been written after.

        A state that is newer than the row is of a run that was stopped since; it goes on.
        """
        path = self.state_path(run_id)
        if not path.exists():
            return
        saved = path.stat().st_mtime_ns
        ended = [row.stat().st_mtime_ns for row in self.runs.glob(f"*-{run_id}.json")]
        try:
            self.load_state(run_id, keys)
        except StoreError:
            ended.append(saved)
        if any(when >= saved for when in ended):
            self.drop_state(run_id)

    @contextlib.contextmanager
    def lock(self, run_id: str) -> Iterator[bool]:
        """True for the one process that may work on a run. The kernel frees it on any death."""
        path = self.states / f"{run_id}.lock"
        with open(path, "w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True


def pack(state: dict[str, Any]) -> bytes:
    """A state as bytes that ``unpack`` reads."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


def unpack(content: bytes) -> Any:
    """A packed state, on the CPU; anything that would execute code is refused."""
    return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)


def seal(row: Row) -> str:
    """SHA-256 of a row's canonical JSON, without the seal itself."""
    content = {key: value for key, value in row.items() if key != "seal"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def read_row(path: Path, check_seal: bool = True) -> Row:
    """A row from its file, after checking form, schema and seal."""
    try:
        row = strict_json(path.read_bytes())
    except ValueError:
        raise StoreError(f"{path} is torn or no JSON; delete it and run its cell again") from None
    except OSError as problem:
        raise StoreError(f"cannot read {path}: {problem.strerror}") from None
    if not isinstance(row, dict) or "seal" not in row or not isinstance(row.get("schema"), int):
        raise StoreError(f"{path} is no row of this suite (no seal or no schema)")
    if row["schema"] > SCHEMA:
        raise StoreError(f"{path} has schema {row['schema']}, this suite reads {SCHEMA}; update it")
    if check_seal and row["seal"] != seal(row):
        raise StoreError(f"{path} was changed after it was written (its seal does not fit)")
    return row


def stem(row: Row) -> str:
    """The name of a row's files without folder and ending: what was run, then the id."""
    label = f"{row['method']}.{row['variant']}" if row["variant"] else row["method"]
    parts = [row["dataset"], row["teacher"], row["student"], label, row["budget"], row["seed"]]
    name = "-".join(re.sub(r"[^A-Za-z0-9_.]+", "_", str(part)) for part in parts)
    return f"{name}-{row['id']}"
