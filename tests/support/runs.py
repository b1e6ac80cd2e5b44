"""Helpers of the tests of whole runs: small commands on digits, rows, and their equal parts."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from benchmark.rows.checksum import checksum
from benchmark.rows.file import text_of
from benchmark.rows.row import Row
from benchmark.rows.store import Store

TINY = ("--dataset", "digits", "--device", "cpu", "--seeds", "0", "--budget")
NOISE = ("run", "--methods", "noise", *TINY, "500", "--set", "noise.passes=2")
SMALL = (  # an ideal that takes a second
    "--set",
    "ideal.generator_width=4",
    "--set",
    "ideal.generator_steps=1",
    "--set",
    "ideal.latent_size=8",
    "--set",
    "ideal.final_passes=2",
)
IDEAL = ("run", "--methods", "ideal", *TINY, "1k", *SMALL)
LEARNS = """
    def setup(self):
        self.optimiser = torch.optim.SGD(self.student.parameters(), 0.1)
        self.rounds = 0

    def step(self):
        images = torch.rand(50, *self.spec.shape)
        labels = self.oracle(images)
        loss = torch.nn.functional.cross_entropy(self.student(images), labels)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self.rounds += 1
        return self.rounds < 6
"""
IDLE = "def step(self):\n    return False\n"
ASKS = "self.oracle(torch.rand({}, *self.spec.shape))"  # so many random images
SAME = (
    "id",
    "status",
    "accuracy",
    "agreement",
    "best_accuracy",
    "queries",
    "unique",
    "steps",
    "student_images",
    "labels_digest",
    "labels_per_class",
    "flags",
    "error",
    "student_sha",
    "sample_sha",
    "reference_accuracy",
    "reference_agreement",
    "reference_images",
    "reference_digest",
)


def path_run(path: Path, budget: object = 300, *more: object) -> tuple:
    """The command that runs a method's file with one seed."""
    return ("run", "--methods", path, *TINY, budget, *more)


def rows(folder: Path) -> list[Row]:
    return Store(folder).rows()


def only_row(folder: Path) -> Row:
    found = rows(folder)
    assert len(found) == 1
    return found[0]


def numbers(row: Row) -> dict:
    """All of a row that must not depend on interruptions or on the speed of the machine."""
    curve = [dataclasses.replace(point, seconds=0.0) for point in row.curve]
    return {name: getattr(row, name) for name in SAME} | {"curve": curve}


def official(row: Row) -> dict:
    """The fields that must be equal in two runs, without the numbers that the method logged."""
    found = numbers(row)
    curve = [dataclasses.replace(point, logged={}) for point in found["curve"]]
    return found | {"curve": curve, "sample_sha": None}  # the sample holds the logged numbers


def states(folder: Path) -> list[Path]:
    return list((folder / ".state").glob("*.pt"))


def temporaries(folder: Path) -> list[Path]:
    """The files of a write that did not clean up; locks, leases and journals are meant to stay."""
    kept = (".json", ".pt", ".lock", ".lease", ".safetensors", ".bought", ".reference", ".queries")
    return [p for p in folder.rglob("*") if p.is_file() and p.suffix not in kept]


def edit(path: Path, **changes: object) -> None:
    """Change fields of a row's file by hand, without its checksum."""
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def written(row: Row) -> dict:
    """A row as it stands in its file."""
    return json.loads(text_of(row)[0])


def forge(folder: Path, drop: tuple[str, ...] = (), **changes: object) -> None:
    """Change the only row as somebody would who knows the checksum; points may be ``Point``."""
    path = next((folder / "runs").glob("*.json"))
    plain = json.loads(json.dumps(changes, default=dataclasses.asdict))
    row = json.loads(path.read_text()) | plain
    row = {name: value for name, value in row.items() if name not in drop}
    path.unlink()
    path = path.with_name(f"{path.stem.rpartition('-')[0]}-{row['id']}.json")
    path.write_text(json.dumps(row | {"checksum": checksum(row)}))


def as_schema_1(content: dict) -> dict:
    """The fields in a row's file, in the form of schema 1 and without its checksum."""
    points = []
    for point in content["curve"]:
        own = {f"method/{name}": value for name, value in point["logged"].items()}
        points.append({name: value for name, value in point.items() if name != "logged"} | own)
    kept = {name: value for name, value in content.items() if name != "checksum"}
    return kept | {"schema": 1, "curve": points}


def only_id(folder: Path) -> str:
    """The id in the name of the only row's file."""
    return next((folder / "runs").glob("*.json")).stem.rpartition("-")[2]


def curve_of(row: Row, at: int, **changes) -> dict:
    """A change of one point of the curve."""
    curve = list(row.curve)
    curve[at] = dataclasses.replace(curve[at], **changes)
    return {"curve": tuple(curve)}


def made_in(folder: Path, *command: str) -> Path:
    """A folder of results that a command has filled, its methods beside the suite."""
    from click.testing import CliRunner

    from benchmark.cli.main import cli

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BENCH_ISOLATION", "thread")
        done = CliRunner().invoke(cli, [*command, "--results", str(folder)])
    assert done.exit_code == 0, done.output
    return folder
