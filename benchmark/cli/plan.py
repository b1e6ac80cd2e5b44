"""``bench run --dry-run``: each cell's next step, and the time, FLOPs and queries of all."""

from __future__ import annotations

from benchmark import datasets, env
from benchmark.cli import screen
from benchmark.cli.console import console
from benchmark.errors import BenchError
from benchmark.files import Unsound
from benchmark.perf import files as profiles
from benchmark.run import estimates, flops
from benchmark.run.cells import Cell
from benchmark.run.lines import describe
from benchmark.run.session import EXIT_FAILED, EXIT_OK, Session


def show(session: Session, cells: list[Cell]) -> int:
    """Print each cell's next step, and the time, the FLOPs and the queries of all.

    Returns the exit code: 1 where a file of a cell is unsound; the file is named.
    Nothing is downloaded: a cell whose data set is not here is listed as ``data``.
    """
    session.needs.load_and_check([cell for cell in cells if _has_data(session, cell)])
    session.needs.begin(cells)
    found = [_state(session, cell) for cell in cells]
    for cell, state in zip(cells, found, strict=True):
        console.print(f"{state:8} {describe(cell)}")
    todo = [c for c, state in zip(cells, found, strict=True) if state != "exists"]
    if todo:
        timed = estimates.lines(todo, session.store.rows(), env.device_name(session.device))
        for line in [*timed, *flops.lines(todo, _profiles(session))]:
            console.print(line)
    runs = f"{len(cells)} run{'s' * (len(cells) != 1)}"
    spent = sum(cell.budget for cell in todo)
    console.print(f"{runs}, at most {spent:,} queries to be spent")
    return EXIT_FAILED if "unsound" in found else EXIT_OK


def _profiles(session: Session) -> list[dict]:
    try:
        return profiles.load(session.store.root / "perf")
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
