"""``bench run --dry-run``: each cell's next step, and the time, FLOPs and queries of all."""

from __future__ import annotations

from benchmark import datasets, env
from benchmark.cli import screen
from benchmark.cli.console import console
from benchmark.errors import BenchError
from benchmark.files import Unsound
from benchmark.perf import files
from benchmark.run import estimates, flops, sharing
from benchmark.run.cells import Cell
from benchmark.run.lines import describe
from benchmark.run.outlook import DONE, Outlook
from benchmark.run.session import EXIT_FAILED, EXIT_OK, Session
from teachers.names import endpoint_of


def show(session: Session, cells: list[Cell], jobs: int | str = 1) -> int:
    """Print each cell's next step, and a paragraph on all, for so many runs at once.

    Returns the exit code: 1 where a file of a cell is unsound; the file is named.
    Nothing is downloaded: a cell whose data set is not here is listed as ``data``.
    """
    session.needs.load_and_check([cell for cell in cells if _has_data(session, cell)])
    session.needs.begin(cells)
    with session.store.at_a_glance():
        found = [_state(session, cell) for cell in cells]
    for cell, state in zip(cells, found, strict=True):
        console.print(f"{state:8} {describe(cell)}")
    todo = [c for c, state in zip(cells, found, strict=True) if state != DONE]
    rows, profiles = (session.store.rows(), _profiles(session)) if todo else ([], [])
    if todo:
        timed = estimates.lines(todo, rows, env.device_name(session.device))
        for line in [*timed, *flops.lines(todo, profiles)]:
            console.print(line)
    share = sharing.share(jobs, max(len(todo), 1), session.device)
    threads = share.threads if share.jobs > 1 else 0
    outlook = Outlook(cells, found, rows, profiles, _test_images(session, cells, found))
    console.print(outlook.paragraph(share, env.device_name(session.device, threads)))
    return EXIT_FAILED if "unsound" in found else EXIT_OK


def _test_images(session: Session, cells: list[Cell], found: list[str]) -> dict[str, int]:
    """How many test images each endpoint that is not measured yet is asked, by its teacher."""
    asked = {}
    for cell, state in zip(cells, found, strict=True):
        if state == "teacher" and endpoint_of(cell.teacher):
            asked[cell.teacher] = len(session.needs.data(cell).test.labels)
    return asked


def _profiles(session: Session) -> list[dict]:
    try:
        return files.load(session.store.root / "perf")
    except BenchError as problem:
        screen.show(f"bench: FLOPs are left out: {problem}", err=True)
        return []


def _has_data(session: Session, cell: Cell) -> bool:
    """False where a data set of known form is needed whose files are not here."""
    other = [cell.config.dataset] if cell.entry.method.real_images == "other" else []
    return all(
        datasets.outline(name) is None or datasets.is_here(name, session.places.data)
        for name in [cell.dataset, *other]
    )


def _state(session: Session, cell: Cell) -> str:
    if not _has_data(session, cell):
        return "data"  # to be downloaded, or put there
    identity = session.needs.known_id(cell)
    if identity is None:
        return "teacher"  # will be trained first
    try:
        if session.needs.complete(cell, identity):
            return "exists"
    except Unsound as problem:
        return session.unsound(cell, problem)
    return "resumes" if session.store.state_path(identity).exists() else "runs"
