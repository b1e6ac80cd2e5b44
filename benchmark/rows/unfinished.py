"""Unfinished runs in a store: their states, bought images, a reference student in training."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmark.files import StoreError, Unsound, write_atomically
from benchmark.reading import read_file
from benchmark.rows.lease import Lease, hold

STATE_LIMIT = 2**40  # of an unfinished run; with all that it paid for it can be large


class Unfinished:
    """The part of a store that is empty once all runs have ended: the folder ``states``."""

    def __init__(self, states: Path, journals: Path) -> None:
        self.states, self.journals = states, journals
        self._leases: dict[str, Lease] = {}  # those that this process holds

    def state_path(self, run_id: str) -> Path:
        """Where the unfinished state of a run lies."""
        return self.states / f"{run_id}.pt"

    def bought_path(self, run_id: str) -> Path:
        """Where the images of an unfinished run lie; see ``benchmark.oracle.journal``."""
        return self.states / f"{run_id}.bought"

    def backing_path(self, run_id: str) -> Path:
        """Where the images that an unfinished run's method keeps lie, where they are many."""
        return self.states / f"{run_id}.backing"

    def journal_path(self, run_id: str, source_sha: str) -> Path:
        """Where the journal of a run of this code of its method lies; it stays for good."""
        return self.journals / f"{run_id}-{source_sha[:12]}.queries"

    def journal_paths(self, run_id: str) -> list[Path]:
        """The journals of a run, one for each code of its method."""
        return sorted(self.journals.glob(f"{run_id}-*.queries"))

    def progress_path(self, run_id: str) -> Path:
        """Where the saved training of a reference student lies."""
        return self.states / f"{run_id}.reference"

    def save_progress(self, run_id: str, packed: bytes) -> None:
        """Write the training of a reference student, as ``pack`` made it."""
        self.check_lease(run_id)
        write_atomically(self.progress_path(run_id), packed)

    def load_progress(self, run_id: str) -> bytes:
        """The saved training of a reference student, for ``unpack``."""
        return read_file(self.progress_path(run_id), STATE_LIMIT)

    def save_state(self, run_id: str, packed: bytes) -> None:
        """Write the state of an unfinished run, as ``pack`` made it."""
        self.check_lease(run_id)
        write_atomically(self.state_path(run_id), packed)

    def load_state(self, run_id: str, problem: Callable[[Any], str]) -> dict[str, Any] | None:
        """The saved state of a run, or None. Raises ``Unsound``; executes no code.

        ``problem``: the fault in the form of a state, or nothing.
        """
        from benchmark.rows.packed import unpack  # of torch, which tables need not wait for

        path = self.state_path(run_id)
        cure = "delete it to start that run over"
        try:
            content = read_file(path, STATE_LIMIT)
        except FileNotFoundError:
            return None
        except StoreError as fault:
            raise Unsound(f"the state {fault}; {cure}") from None
        try:
            state = unpack(content)
        except Exception as fault:  # whatever a parser of torn bytes raises
            raise Unsound(
                f"{path} is no state of this suite or torn ({type(fault).__name__}); {cure}"
            ) from None
        if wrong := problem(state):
            raise Unsound(f"{path} is no sound state: {wrong}; {cure}")
        return state

    def drop_state(self, run_id: str, keep_bought: bool = False) -> None:
        """Forget an unfinished state, and the bought images unless these are to be kept."""
        self.state_path(run_id).unlink(missing_ok=True)
        self.drop_backing(run_id)
        if not keep_bought:
            self.drop_bought(run_id)
        self.progress_path(run_id).unlink(missing_ok=True)

    def drop_bought(self, run_id: str) -> None:
        """Forget the bought images of a run and the student that learns from them."""
        for path in (self.bought_path(run_id), self.progress_path(run_id)):
            with contextlib.suppress(OSError):  # the next run finds a file that cannot be removed
                path.unlink()

    def drop_backing(self, run_id: str) -> None:
        """Forget the images that the method of a run keeps."""
        with contextlib.suppress(OSError):  # likewise
            self.backing_path(run_id).unlink()

    @contextlib.contextmanager
    def claim(self, run_id: str) -> Iterator[Lease]:
        """Hold the lease that one process alone may have on a run; see ``Lease.mine``.

        While it is held, nothing of the run is written once another process has taken it over.
        """
        with hold(self.states / f"{run_id}.lock") as lease:
            if not lease.mine:
                yield lease
                return
            if lease.from_afar:
                self._part_from_former_owner(run_id)
            self._leases[run_id] = lease
            try:
                yield lease
            finally:
                del self._leases[run_id]

    def check_lease(self, run_id: str) -> None:
        """Raise ``TakenOver`` where this process held the lease of a run, and another has it."""
        if run_id in self._leases:
            self._leases[run_id].check()

    def _part_from_former_owner(self, run_id: str) -> None:
        """Give the files that are written in place to this process alone: who had them open, and
        may wake up, keeps the old ones.
        """
        own = self.bought_path(run_id), self.backing_path(run_id)
        for path in (*own, *self.journal_paths(run_id)):
            with contextlib.suppress(FileNotFoundError):
                copy = path.with_name(f".{path.name}.own")
                shutil.copyfile(path, copy, follow_symlinks=False)
                os.replace(copy, path)
