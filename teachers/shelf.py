"""The folders of teachers: those trained here, and those shipped with the suite."""

from __future__ import annotations

from pathlib import Path

from benchmark import errors
from benchmark.datasets import Dataset, of_files
from benchmark.errors import BenchError
from benchmark.files import user_folder
from teachers import cards
from teachers.names import MODELS, SHIPPED


def default_teacher_dir() -> Path:
    """The folder of trained teachers: ``BENCH_TEACHERS``, or one in the user's cache folder."""
    return user_folder("teachers", "BENCH_TEACHERS")


def find(dataset: Dataset, architecture: str, teacher_dir: Path | None = None) -> Path | None:
    """The weights file of a teacher of exactly these data, the user's own before a shipped one.

    It is found by its card. An unusable file with a name that only it can have is an error. A
    teacher with a name of its own is never the one: its path names it.
    """
    for folder in _folders(teacher_dir):
        if path := _own(folder, dataset, architecture):
            cards.read_card(path)  # raises for an unusable one
            return path
    return None


def path_for(folder: Path, dataset: Dataset, architecture: str, name: str = "") -> Path:
    """The file of a teacher of these data in a folder, or one to write that replaces no other.

    ``name``: of a teacher beside the usual one. It may be an unusable file with a name that only
    this teacher can have.
    """
    stems = cards.stems(cards.described(dataset, architecture, name))
    paths = [Path(folder) / f"{stem}.safetensors" for stem in stems]
    there = _own(Path(folder), dataset, architecture, name)
    return there or next(path for path in paths if not path.exists())


def namesakes(dataset: Dataset, architecture: str, teacher_dir: Path | None = None) -> list[Path]:
    """Teachers of other data that have the name of these, save those beside the usual ones."""
    like = _like(catalogue(teacher_dir), dataset, architecture)
    usual = [card for card in like if "name" not in card]
    return [Path(card["file"]) for card in usual if not _is_of(card, dataset)]


def catalogue(teacher_dir: Path | None = None) -> list[dict]:
    """One dict per weights file, by name: its card, or ``error`` where the card is unusable.

    ``file`` is the path and ``shipped`` tells the suite's own from the user's. Weights are not
    read here; ``cards.load`` verifies them.
    """
    return [row for folder in _folders(teacher_dir) for row in _rows(folder)]


def named(teacher_dir: Path | None = None) -> dict[str, Path]:
    """The file of each teacher by its names, one's own before a shipped one."""
    known: dict[str, Path] = {}
    for row in reversed(catalogue(teacher_dir)):
        names = [Path(row["file"]).stem, *([row["architecture"]] if "imported" in row else [])]
        known |= dict.fromkeys(names, Path(row["file"]))
    return known


def unknown(name: str, teacher_dir: Path | None = None) -> BenchError:
    """The error for a name that no teacher has."""
    return errors.unknown("teacher", name, named(teacher_dir), "`bench teacher train` makes one.")


def is_shipped(sha256: str) -> bool:
    """True for the weights of a teacher that is shipped with the suite."""
    return any(row.get("sha256") == sha256 for row in _rows(SHIPPED))


def _folders(teacher_dir: Path | None) -> tuple[Path, Path]:
    return Path(teacher_dir or default_teacher_dir()), SHIPPED


def files(folder: Path) -> list[Path]:
    """The files of the teachers in a folder, by name; hidden ones are a desktop's, or half-written.

    A model in a foreign form is a teacher only with its card.
    """
    found = sorted(folder.glob("[!.]*.*"))
    return [
        path
        for path in found
        if path.suffix == ".safetensors" or (path.suffix in MODELS and cards.card_of(path).exists())
    ]


def _rows(folder: Path) -> list[dict]:
    rows = []
    for path in files(folder):
        row = {"file": str(path), "shipped": folder == SHIPPED}
        try:
            row |= cards.read_card(path)
        except BenchError as error:
            row["error"] = str(error)
        rows.append(row)
    return rows


def _own(folder: Path, dataset: Dataset, architecture: str, name: str = "") -> Path | None:
    """The teacher of these data, else an unusable file with a name that only it can have.

    Decodes no image where no card and no unusable file can be of these data.
    """
    rows = _rows(folder)
    like = _like(rows, dataset, architecture)
    found = [card for card in like if card.get("name", "") == name and _is_of(card, dataset)]
    broken = [row for row in rows if "error" in row and not found]
    if broken:
        described, last = cards.described(dataset, architecture), f"-{name}" if name else ""
        plain = [] if of_files(dataset.name) else [cards.plain_stem(dataset.name, architecture)]
        plain, end = [stem + last for stem in plain], f"-{cards.digest_of(described)}{last}"
        stems = [(row, Path(row["file"]).stem) for row in broken]
        found = [row for row, stem in stems if stem in plain or stem.endswith(end)]
    return Path(found[0]["file"]) if found else None


def _like(rows: list[dict], dataset: Dataset, architecture: str) -> list[dict]:
    told = (dataset.name, architecture)
    return [r for r in rows if "error" not in r and (r["dataset"], r["architecture"]) == told]


def _is_of(card: dict, dataset: Dataset) -> bool:
    return cards.digests(card) == (dataset.train_digest, dataset.test_digest)
