"""The results store: one JSON file a run, written atomically, and the files beside it.

``<root>/runs`` holds rows, ``<root>/.state`` unfinished runs and locks. A row carries a checksum of
its own content, so that a torn or hand-edited file is found when it is read, named and refused.
``<root>/students`` and ``<root>/samples`` hold final students, and some queries with the numbers
that were logged; the row has the SHA-256 of both. Tables need neither.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmark.files import (
    StoreError,
    Unsound,
    drop_leftovers,
    make_folder,
    write_together,
)
from benchmark.rows.file import read_rows, text_of
from benchmark.rows.lease import server_time
from benchmark.rows.row import Identity, Row
from benchmark.rows.unfinished import Unfinished

if TYPE_CHECKING:  # of torch, which tables need not wait for
    from benchmark.rows.kept import Tensors


class Store(Unfinished):
    """Rows and unfinished states below one folder.

    ``strict``: the first unsound row is an error. Otherwise it is left out where rows are read, and
    stands in ``unsound`` with its fault and the remedy.
    """

    def __init__(self, root: Path, strict: bool = True) -> None:
        super().__init__(root / ".state", root / ".journal")
        self.root, self.runs = root, root / "runs"
        self.students, self.samples = root / "students", root / "samples"
        self.strict = strict
        self.unsound: dict[Path, Unsound] = {}
        self._glance: dict[str, list[Path]] | None = None  # the files of each id; None: look anew

    def prepare(self) -> None:
        """Make the folders and prove that they can be written, before any hour is spent."""
        for folder in (self.runs, self.states, self.students, self.samples):
            make_folder(folder)

    def write(self, row: Row, belongings: dict[str, Tensors] | None = None) -> Row:
        """Write a row with its checksum; an older row of the same id is replaced, whatever its
        name. Returns the row as it lies there.

        ``belongings``: the tensors of its "student" and "sample", written with it, all or nothing;
        the row gets their hashes. Raises ``StoreError``, and all is as it was before.
        """
        self.check_lease(row.id)
        files = _packed(belongings) if belongings else {}
        hashes: dict[str, Any] = {
            f"{kind}_sha": hashlib.sha256(of).hexdigest() for kind, of in files.items()
        }
        text, row = text_of(replace(row, **hashes))
        path = self.path(row)
        write_together(
            {self._kept(row, kind): of for kind, of in files.items()} | {path: text.encode()}
        )
        for older in self._named(row.id):
            if older != path:
                with contextlib.suppress(OSError):  # it is named when rows are read
                    older.unlink()
        return row

    def path(self, row: Row) -> Path:
        """The file that a row is written to."""
        return self.runs / f"{row.file_stem}.json"

    def tidy(self, identity: Identity) -> None:
        """Remove the leftovers of writes that were killed, of a run that nobody else works on."""
        run_id = identity.run_id
        stem = identity.stem(run_id)
        for path in (
            self.runs / f"{stem}.json",
            self.state_path(run_id),
            self.progress_path(run_id),
            self._kept_as(stem, run_id, "student"),
            self._kept_as(stem, run_id, "sample"),
        ):
            drop_leftovers(path)

    def rows(self) -> list[Row]:
        """All sound rows, by file name; for the others see the class."""
        rows, unsound = read_rows(sorted(self.runs.glob("*.json")))
        if self.strict and unsound:
            raise next(iter(unsound.values()))
        self.unsound |= unsound
        return rows

    @contextlib.contextmanager
    def at_a_glance(self) -> Iterator[None]:
        """List the folder once for many lookups; of what is written meanwhile, none is seen."""
        self._glance = {}
        for path in self._listed():
            self._glance.setdefault(path.stem.rpartition("-")[2], []).append(path)
        try:
            yield
        finally:
            self._glance = None

    def _listed(self, run_id: str = "") -> list[Path]:
        """The files of rows, or those named as one of an id, in any setting."""
        ending = f"-{run_id}.json" if run_id else ".json"
        names = os.listdir(self.runs) if self.runs.is_dir() else []
        return sorted(self.runs / name for name in names if _is_row(name, ending))

    def find(self, run_id: str) -> Row | None:
        """The row with an id, or None. Raises ``Unsound`` where its files hold no sound one."""
        rows, unsound = read_rows(self._named(run_id))
        if not rows and unsound:
            raise next(iter(unsound.values()))
        return rows[0] if rows else None

    def written(self, row: Row) -> float:
        """The time when a row was written, by the clock that dates the files of this folder."""
        return max((path.stat().st_mtime for path in self._named(row.id)), default=0.0)

    def now(self) -> float:
        """The present time by that clock."""
        return server_time(self.states)

    def _named(self, run_id: str) -> list[Path]:
        """The files named as a row of an id, in any setting."""
        return self._listed(run_id) if self._glance is None else self._glance.get(run_id, [])

    def student(self, row: Row) -> Tensors:
        """The final student of a row as a ``state_dict``. Raises ``StoreError``."""
        return self._load(row, "student")

    def sample(self, row: Row) -> Tensors:
        """The sampled queries and logged numbers of a run. Raises ``StoreError``."""
        return self._load(row, "sample")

    def _load(self, row: Row, kind: str) -> Tensors:
        from benchmark.rows import kept

        return kept.load(self._kept(row, kind), kind, row)

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
        """True where there is a file by the name of the row's student."""
        return self._kept(row, "student").is_file()

    def has_sample(self, row: Row) -> bool:
        """Whether ``sample`` has something to read; the first rows kept none."""
        return row.sample_sha is not None and self._kept(row, "sample").exists()

    def _kept(self, row: Row, kind: str) -> Path:
        return self._kept_as(row.file_stem, row.id, kind)

    def _kept_as(self, stem: str, run_id: str, kind: str) -> Path:
        """The file beside a row, under the name it would get now or one that it got before."""
        folder = self.students if kind == "student" else self.samples
        now = folder / f"{stem}.safetensors"
        older = () if now.exists() else folder.glob(f"[!.]*-{run_id}.safetensors")
        return next(iter(older), now)

    def drop_stale_state(self, run_id: str, problem: Callable[[Any], str]) -> None:
        """Forget a state that cannot be read, or that a row has been written after.

        A state that is newer than the row is of a run that was stopped since; it goes on.
        """
        path = self.state_path(run_id)
        if not path.exists():
            return
        saved = path.stat().st_mtime_ns
        ended = [row.stat().st_mtime_ns for row in self.runs.glob(f"*-{run_id}.json")]
        try:
            self.load_state(run_id, problem)
        except StoreError:
            ended.append(saved)
        if any(when >= saved for when in ended):
            self.drop_state(run_id)


def _is_row(name: str, ending: str) -> bool:
    return name.endswith(ending) and not name.startswith(".")


def _packed(belongings: dict[str, Tensors]) -> dict[str, bytes]:
    from benchmark.rows import kept

    return {kind: kept.packed(tensors) for kind, tensors in belongings.items()}
