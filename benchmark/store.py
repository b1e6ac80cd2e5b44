"""The results store: one sealed JSON file a run, written atomically, and what belongs to it.

``<root>/runs`` holds rows, ``<root>/.state`` unfinished runs and locks. A row carries a seal over
its own content, so that a torn or hand-edited file is found when it is read, named and refused.
``<root>/students`` and ``<root>/samples`` hold final students, and some queries with the numbers
that were logged; the row has the SHA-256 of both. Tables need neither.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch

from benchmark import filenames, kept, row_schema
from benchmark.files import (
    MB,
    StoreError,
    Unsound,
    make_folder,
    read_file,
    strict_json,
    write_atomically,
    write_together,
)
from benchmark.lock import Lock, lock

SCHEMA = 1
ROW_LIMIT = 8 * MB  # bytes; the rows of the largest runs are a thousandth of it
STATE_LIMIT = 2**40  # of an unfinished run; with all that it paid for it can be large
APPLE = "._"  # what macOS puts before the name of what it writes beside a file
Row = dict[str, Any]
# Identity fields that came later, and the value that stands for rows without them. Rows of a set of
# files without ``train_digest`` are older: which training images it had, they do not say.
USUAL = {"access": "hard-label", "scale": 1.0, "train_digest": "", "images_digest": ""}


class Store:
    """Rows and unfinished states below one folder.

    ``strict``: the first unsound row is an error. Otherwise it is left out where rows are read, and
    stands in ``unsound`` with what is wrong and what to do.
    """

    def __init__(self, root: Path, strict: bool = True) -> None:
        self.root, self.runs, self.states = root, root / "runs", root / ".state"
        self.students, self.samples = root / "students", root / "samples"
        self.strict = strict
        self.unsound: dict[Path, Unsound] = {}

    def prepare(self) -> None:
        """Make the folders and prove that they can be written, before any hour is spent."""
        for folder in (self.runs, self.states, self.students, self.samples):
            make_folder(folder)

    def write(self, row: Row, belongings: dict[str, kept.Tensors] | None = None) -> Path:
        """Seal a row and write it; an older row of the same id is replaced, whatever its name.

        ``belongings``: the tensors of its "student" and "sample", written with it, all or nothing;
        the row gets their hashes. Raises ``StoreError``, and all is as it was before.
        """
        files = {kind: kept.packed(tensors) for kind, tensors in (belongings or {}).items()}
        row |= {f"{kind}_sha": hashlib.sha256(of).hexdigest() for kind, of in files.items()}
        text = json.dumps({**row, "seal": seal(row)}, indent=1, allow_nan=False) + "\n"
        if problem := row_schema.problem(json.loads(text)):  # as it will be read
            raise StoreError(f"the row of run {row.get('id')} is not written: {problem}")
        path = self.runs / f"{stem(row)}.json"
        write_together(
            {self._kept(row, kind): of for kind, of in files.items()} | {path: text.encode()}
        )
        for older in self._named(row["id"]):
            if older != path:
                with contextlib.suppress(OSError):  # it is named when rows are read
                    older.unlink()
        return path

    def rows(self) -> list[Row]:
        """All sound rows, by file name; for the others see the class."""
        rows, unsound = _read(sorted(self.runs.glob("*.json")))
        if self.strict and unsound:
            raise next(iter(unsound.values()))
        self.unsound |= unsound
        return rows

    def find(self, run_id: str) -> Row | None:
        """The row with an id, or None. Raises ``Unsound`` where its files hold no sound one."""
        rows, unsound = _read(self._named(run_id))
        if not rows and unsound:
            raise next(iter(unsound.values()))
        return rows[0] if rows else None

    def _named(self, run_id: str) -> list[Path]:
        """What is named as a row of an id is, in whatever setting."""
        found = sorted(self.runs.glob(f"*-{run_id}.json"))
        return [path for path in found if not path.name.startswith(".")]

    def student(self, row: Row) -> kept.Tensors:
        """The final student of a row as a ``state_dict``. Raises ``StoreError``."""
        return kept.load(self._kept(row, "student"), "student", row.get("student_sha"))

    def sample(self, row: Row) -> kept.Tensors:
        """What ``Sample.kept`` and ``Logged.kept`` gave at the end of a run; ``StoreError``."""
        return kept.load(self._kept(row, "sample"), "sample", row.get("sample_sha"))

    def holds(self, row: Row, *kinds: str) -> bool:
        """Whether the "student" and "sample" of a row are sound; ``unsound`` rows are like it."""
        for kind in kinds:
            try:
                self.student(row) if kind == "student" else self.sample(row)
            except Unsound as problem:
                if self.strict:
                    raise
                self.unsound[self._kept(row, kind)] = problem
                return False
        return True

    def has_student(self, row: Row) -> bool:
        """True where a file lies in the place of the row's student."""
        return self._kept(row, "student").is_file()

    def has_sample(self, row: Row) -> bool:
        """Whether ``sample`` has something to read; the first rows kept none."""
        return "sample_sha" in row and self._kept(row, "sample").exists()

    def _kept(self, row: Row, kind: str) -> Path:
        """The file of a row, under the name it would get now or one that it got before."""
        folder = self.students if kind == "student" else self.samples
        now = folder / f"{stem(row)}.safetensors"
        older = () if now.exists() else folder.glob(f"[!.]*-{row['id']}.safetensors")
        return next(iter(older), now)

    def state_path(self, run_id: str) -> Path:
        """Where the unfinished state of a run lies."""
        return self.states / f"{run_id}.pt"

    def save_state(self, run_id: str, packed: bytes) -> None:
        """Write the state of an unfinished run, as ``pack`` made it."""
        write_atomically(self.state_path(run_id), packed)

    def load_state(self, run_id: str, keys: set[str]) -> dict[str, Any] | None:
        """The saved state of a run, or None. Loading executes no code (``weights_only``)."""
        path = self.state_path(run_id)
        cure = "delete it to start that run over, or use --force"
        try:
            content = read_file(path, STATE_LIMIT)
        except FileNotFoundError:
            return None
        except StoreError as problem:
            raise Unsound(f"the state {problem}; {cure}") from None
        try:
            state = unpack(content)
            if not isinstance(state, dict) or not keys <= state.keys():
                raise ValueError("foreign")
        except Exception as problem:
            raise Unsound(
                f"{path} is no state of this suite or torn ({type(problem).__name__}); {cure}"
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

    def lock(self, run_id: str) -> AbstractContextManager[Lock]:
        """Hold what only one process may have that works on a run; see ``Lock.mine``."""
        return lock(self.states / f"{run_id}.lock")


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
    """A row from its file, after checking form, schema and seal. Raises ``Unsound``."""
    if path.name.startswith(APPLE):
        raise Unsound(f"{path} is what macOS writes beside a file it copies; delete it")
    again = "delete it and run its cell again"
    try:
        row = strict_json(read_file(path, ROW_LIMIT))
    except FileNotFoundError:
        raise Unsound(f"{path} is not here") from None
    except StoreError as problem:
        raise Unsound(f"{problem}; take it out of the folder, or {again}") from None
    except ValueError as problem:
        reason = f" ({problem})" if type(problem) is ValueError else ""
        raise Unsound(f"{path} is torn or no JSON{reason}; {again}") from None
    of_suite = isinstance(row, dict) and "seal" in row
    if not (of_suite and row_schema.WHOLE.fits(row.get("schema"))):
        raise Unsound(
            f"{path} is no row of this suite (no seal or no schema); take it out of the folder"
        )
    if row["schema"] > SCHEMA:
        raise Unsound(f"{path} has schema {row['schema']}, this suite reads {SCHEMA}; update it")
    if problem := row_schema.problem(row):
        raise Unsound(f"{path} is no sound row: {problem}; {again}")
    if check_seal and row["seal"] != seal(row):
        raise Unsound(
            f"{path} was changed after it was written (its seal does not fit); restore it, or "
            f"{again}"
        )
    if path.stem.rpartition("-")[2] != row["id"]:
        raise Unsound(f"{path} holds the run {row['id']}, not the one of its name; delete it")
    return row


def _read(paths: Iterable[Path]) -> tuple[list[Row], dict[Path, Unsound]]:
    """The sound rows of files, each run once, and what is wrong with the other files.

    Of two files with the same run that counts which has the name that such a row is given.
    """
    unsound: dict[Path, Unsound] = {}
    found: dict[str, list[tuple[Path, Row]]] = {}
    for path in paths:
        try:
            row = read_row(path)
        except Unsound as problem:
            unsound[path] = problem
        else:
            found.setdefault(row["id"], []).append((path, row))
    rows = []
    for of in found.values():
        counts = [path for path, row in of if len(of) == 1 or path.stem == stem(row)]
        for path, row in of:
            if path in counts:
                rows.append(row)
            else:
                other = next(one for one in [*counts, *(path for path, _ in of)] if one != path)
                unsound[path] = Unsound(f"{path} and {other} hold the same run; delete one")
    return rows, unsound


def stem(row: Row) -> str:
    """The name of a row's files without folder and ending: what was run, then the id.

    It is the id that makes it unique, so whatever else is long may be cut.
    """
    label = f"{row['method']}.{row['variant']}" if row["variant"] else row["method"]
    parts = [row["dataset"], row["teacher"], row["student"], label, row["budget"], row["seed"]]
    return f"{filenames.joined([filenames.folded(str(part), '_') for part in parts])}-{row['id']}"
