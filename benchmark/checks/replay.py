"""From a row back to its cell, so that the run can be repeated."""

from __future__ import annotations

import re
from dataclasses import replace

import torch

from benchmark.datasets import Dataset
from benchmark.env import device_name
from benchmark.errors import BenchError
from benchmark.method import config as configs
from benchmark.nets.own_network import Network
from benchmark.rows.row import Row
from benchmark.run import registry
from benchmark.run.buying import Wish
from benchmark.run.cells import NO_GENERATOR, Cell, Foreign
from benchmark.run.registry import Entry
from benchmark.run.setting import Places, foreign
from teachers import shelf
from teachers.resolving import TeacherRef, resolve


def cell_of(
    row: Row,
    dataset: str | None = None,
    size: int | None = None,
    entry: Entry | None = None,
    own: Network | None = None,
) -> Cell:
    """The cell of a row, of the method that is here now; ``BenchError`` if that is another version.

    ``dataset`` says where a folder of images lies now, ``entry`` is a method that was given by its
    path, ``own`` the network of a student of a person's own file; a row names no path.
    """
    if row.student_source and own is None:
        raise BenchError(needed(row))
    label = row.plain_label
    entry = entry or registry.named(label)
    if entry.method.version != row.method_version:
        raise BenchError(
            f"the row is of version {row.method_version} of {row.method}, here is "
            f"{entry.method.version}; check out commit {row.commit or '?'} for it"
        )
    return Cell(
        dataset or row.dataset,
        size,
        row.teacher,
        row.student,
        entry,
        configs.resolve(entry.method, label, row.config),
        row.overrides,
        row.budget,
        row.seed,
        row.precision,
        row.access,
        row.scale,
        row.arithmetic,
        row.defence,
        tuple(note for note in row.notes if note == NO_GENERATOR),
        own,
    )


def needed(row: Row) -> str:
    """The file that a row with a student of a person's own needs, and how it is given."""
    return (
        f"the student of the row {row.id} is {row.student}, a network of a person's own file, "
        f"which has SHA-256 {row.student_source[:12]}…; give it as it was: bench audit --student "
        "FILE.py:Class --trust-code"
    )


def with_teacher(cell: Cell, row: Row, places: Places) -> Cell:
    """The cell with the very file of the row's teacher, where a folder of teachers has it."""
    for card in shelf.catalogue(places.teachers):
        if card.get("sha256") == row.teacher_sha:
            return replace(cell, teacher=card["file"])
    return cell


def check_same(row: Row, cell: Cell, data: Dataset, places: Places) -> TeacherRef:
    """The row's teacher. Refuses another one or another test set: the row's numbers could not come
    out again.
    """
    if data.test.digest != row.data_digest:
        raise BenchError(f"{data.name} here has other test images than those of the row")
    if row.train_digest not in ("", data.train_digest):
        raise BenchError(f"{data.name} here has other training images than those of the row")
    teacher = resolve(cell.teacher, data, places.teachers)
    if teacher is None:
        raise BenchError(
            f"the {cell.teacher} teacher of {data.name} is not here; the row's has SHA-256 "
            f"{row.teacher_sha[:12]}…, put it into {places.teachers}"
        )
    if teacher.sha != row.teacher_sha:
        raise BenchError(
            f"{teacher.path} is another teacher (SHA-256 {teacher.sha[:12]}…) than the row's "
            f"({row.teacher_sha[:12]}…); put that one into {places.teachers}"
        )
    if row.images_digest and row.images_digest != foreign(cell, places).id:
        raise BenchError(f"{cell.config.dataset} here has other images than those the method had")
    if run_id_here(row, cell, teacher.card) != row.run_id or row.own_id != row.id:
        raise BenchError(f"the settings of {row.method} here cannot make the row {row.id}")
    return teacher


def run_id_here(row: Row, cell: Cell, card: dict) -> str:
    """The id of the run that the row's cell makes here; ``card`` is that of the row's teacher."""
    name = row.config["dataset"] if cell.entry.method.real_images == "other" else ""
    other = Foreign(name, row.images_digest)
    return cell.identity(row.dataset, card, row.train_digest, other).run_id


def wish_of(row: Row) -> Wish:
    """With a reference student where the row has one."""
    return Wish(reference=row.reference_accuracy is not None)


def threads_of(row: Row) -> int | None:
    """The CPU threads of a row; None where it is of another device."""
    found = re.search(r", (\d+) threads?$", row.device)
    return int(found[1]) if found else None


def use_threads_of(row: Row) -> None:
    """As many CPU threads as the row had: sums of another number of them differ in the last bits.

    Where the row is of a GPU nothing is changed.
    """
    if threads := threads_of(row):
        torch.set_num_threads(threads)


def repeats(row: Row, device: torch.device) -> bool:
    """True where every bit of the run has to come out again: this CPU, these threads and torch."""
    threads = threads_of(row) or 0
    here = (device_name(device, threads), torch.__version__, True)
    return here == (row.device, row.torch, row.deterministic)
