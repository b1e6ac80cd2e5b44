"""One process a run, on one machine or many: a lease that its owner renews and others read.

Two things say that a run is taken. The *lease* is a file that a system creates for one process
only, on NFS and Lustre too; it names its owner, who writes a higher number into it every ``BEAT``
seconds. The *lock* of the system is freed by the kernel when its holder dies, however that is; some
network file systems keep it on one machine, or have none, so it never decides alone. Where it is
free and the owner was a process of this very boot of this machine, the owner is dead, and nobody
has to wait; where there is none, the number of the process tells.

A lease of another machine has expired when the clock of the file server says that nobody renewed
it for ``EXPIRY`` seconds, and it does not change for ``CONFIRM`` seconds while this process looks:
some file systems note the time of the machine that writes, which may be an hour off. Whatever the
clock says, one that this process has not seen changing for ``EXPIRY`` seconds has expired.

Who takes an expired lease over moves the file away, which one process alone can do, looks whether
it moved what it had seen, and creates its own. Its former owner may only have slept, or lost its
network: it finds another's lease, and writes neither state nor row any more (``Lease.check``).
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import NamedTuple

from benchmark.errors import BenchError
from benchmark.files import READ, StoreError
from benchmark.reading import read_file
from benchmark.rows import lock, owner
from benchmark.rows.owner import Owner, parsed

BEAT, EXPIRY, CONFIRM = 10.0, 120.0, 25.0  # seconds
LIMIT = 4096  # bytes of a lease
CREATE = READ & ~os.O_RDONLY | os.O_WRONLY | os.O_CREAT | os.O_EXCL


class TakenOver(BenchError):
    """This process no longer holds the lease of a run: another one has taken it over."""


class Seen(NamedTuple):
    """A lease as it lies there, for comparison with a later look."""

    content: bytes
    mtime: int  # ns, by the clock of the file server


@dataclass
class Lease:
    """The answer to asking for a run; while it is ``mine``, a thread renews it."""

    mine: bool
    path: Path  # of the file that stands for it
    note: str = ""  # the system has no locks: why, for a person
    holder: str = ""  # the one who has it, in words
    from_afar: bool = False  # taken over from another machine, whose owner may yet wake up
    lost: bool = False
    _owner: Owner = field(default_factory=dict)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def check(self) -> None:
        """Raise ``TakenOver`` where another process has the lease by now."""
        with contextlib.suppress(OSError, StoreError):  # a folder that is away is no other owner
            self.renew()
        if self.lost:
            raise TakenOver(
                f"another process has taken this run over, since this one did not renew "
                f"{self.path} for {EXPIRY:.0f} s; it writes nothing more of it"
            )

    def renew(self) -> None:
        """Write the next number into the lease. Raises ``OSError`` or ``StoreError``."""
        with self._turn:
            if self.lost:
                return
            self._owner["beat"] += 1
            try:
                self.lost = not _rewritten(self.path, self._owner)
            except FileNotFoundError:  # the folder was away, or somebody tidied up
                self.lost = not _created(self.path, self._owner)

    def give_back(self) -> None:
        """Remove the lease, unless another process has it."""
        with self._turn, contextlib.suppress(OSError, StoreError):
            if parsed(read_file(self.path, LIMIT)).get("token") == self._owner["token"]:
                self.path.unlink()


@contextlib.contextmanager
def hold(path: Path) -> Iterator[Lease]:
    """Hold the lease of a run while the block runs, if nobody else does. Raises ``StoreError``.

    ``path`` is that of its lock; the lease lies beside it.
    """
    with contextlib.ExitStack() as held:
        free, note = lock.taken(held, path)
        if not free:
            yield Lease(False, path, note, _holder(path.with_suffix(".lease")))
            return
        try:
            lease = _claimed(path.with_suffix(".lease"), locked=not note)
        except OSError as problem:
            raise lock.refusal(path.with_suffix(".lease"), problem) from None
        lease.note = note
        if lease.mine:
            held.callback(lease.give_back)
            held.enter_context(_beating(lease))
        yield lease


def _claimed(path: Path, locked: bool) -> Lease:
    """Create the lease, or take over one that is no longer held; ``locked``: the lock is ours."""
    me = owner.new()
    if _created(path, me):
        return Lease(True, path, _owner=me)
    try:
        seen = _look(path)
    except FileNotFoundError:  # given back this moment
        return Lease(_created(path, me), path, _owner=me)
    dead = owner.is_dead(parsed(seen.content), me, locked)
    if (dead or _expired(path, seen)) and _moved_away(path, seen) and _created(path, me):
        return Lease(True, path, from_afar=not dead, _owner=me)
    return Lease(False, path, holder=_holder(path))


def _expired(path: Path, seen: Seen) -> bool:
    """Whether nobody renews a lease any more; looks at it for a while where a clock says so."""
    watched = _watched_for(path, seen)
    if watched >= EXPIRY:
        return True
    if server_time(path.parent) - seen.mtime / 1e9 < EXPIRY:
        return False
    time.sleep(max(CONFIRM - watched, 0.0))
    with contextlib.suppress(FileNotFoundError):
        return _watched_for(path, _look(path)) >= CONFIRM
    return False


_watched: dict[Path, tuple[Seen, float]] = {}


def _watched_for(path: Path, seen: Seen) -> float:
    """Seconds since this process saw a lease for the first time as it is now."""
    now = time.monotonic()
    before, since = _watched.get(path, (None, now))
    if before != seen:
        since = now
    _watched[path] = seen, since
    return now - since


def server_time(folder: Path) -> float:
    """The present time by the clock that dates the files of a folder."""
    probe = folder / f".clock-{secrets.token_hex(6)}"
    handle = os.open(probe, CREATE, 0o644)
    try:
        os.write(handle, b"0")
        os.fsync(handle)
        return os.fstat(handle).st_mtime
    finally:
        os.close(handle)
        probe.unlink(missing_ok=True)


def _moved_away(path: Path, seen: Seen) -> bool:
    """Remove a lease that is as it was seen; one of another owner is put back."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        os.rename(path, aside)
    except FileNotFoundError:
        return False
    same = read_file(aside, LIMIT) == seen.content
    if not same:
        with contextlib.suppress(OSError):  # its owner creates it anew when it renews it
            os.link(aside, path)
    aside.unlink()
    return same


def _look(path: Path) -> Seen:
    return Seen(read_file(path, LIMIT), os.lstat(path).st_mtime_ns)


def _created(path: Path, by: Owner) -> bool:
    """Create a lease, unless there is one."""
    try:
        handle = os.open(path, CREATE, 0o644)
    except FileExistsError:
        return False
    try:
        with open(handle, "wb", buffering=0) as file:
            _write(file, by)
    except OSError:  # a full disk; an empty lease would keep everybody from the run for a while
        path.unlink(missing_ok=True)
        raise
    return True


def _rewritten(path: Path, by: Owner) -> bool:
    """Write a lease anew, unless it is another owner's."""
    with open(os.open(path, READ & ~os.O_RDONLY | os.O_RDWR), "r+b", buffering=0) as file:
        if parsed(file.read(LIMIT)).get("token") != by["token"]:
            return False
        file.seek(0)
        _write(file, by)  # if it is moved away right now, into the file that was moved
    return True


def _write(file: FileIO, by: Owner) -> None:
    """Write the owner in one piece that always has the same length."""
    file.write(json.dumps(by | {"beat": f"{by['beat']:012}"}).encode())
    os.fsync(file.fileno())  # else a network file system may keep it for a while


def _holder(path: Path) -> str:
    """The holder of a lease for a person."""
    try:
        return owner.words(parsed(read_file(path, LIMIT)))
    except (OSError, StoreError):
        return owner.words({})


@contextlib.contextmanager
def _beating(lease: Lease) -> Iterator[None]:
    """Renew a lease while the block runs."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(BEAT) and not lease.lost:
            with contextlib.suppress(OSError, StoreError):  # away for a while; the next may work
                lease.renew()

    thread = threading.Thread(target=beat, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(BEAT)  # a server that does not answer must not keep a process that is to end
