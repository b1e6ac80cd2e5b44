"""``bench audit --draw``: chance picks the rows, and what it passes over is counted."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from benchmark.checks import replay
from benchmark.checks.draw import Pot
from benchmark.env import device_name
from benchmark.errors import BenchError
from benchmark.method import config as configs
from benchmark.rows.row import Row
from benchmark.run import registry
from benchmark.run.setting import Places
from support.made_rows import FAILED, make_row
from teachers import shelf

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def teacher() -> str:
    """The SHA-256 of a teacher that comes with the suite."""
    return next(card["sha256"] for card in shelf.catalogue(shelf.default_teacher_dir()))


@pytest.fixture
def pot(tmp_path, teacher):
    """A pot over rows, here, of at most 100 s each."""

    def make(rows: list[Row], longest: float = 100.0, lost: tuple[int, ...] = ()) -> Pot:
        places = Places(tmp_path, shelf.default_teacher_dir())
        return Pot(rows, places, CPU, longest, lambda row: row.seed not in lost)

    return make


def here(sha: str, **fields) -> Row:
    """A row of this device and code that an audit can make again bit for bit."""
    method = registry.named("noise")
    usual = {
        "method_version": method.method.version,
        "method_sha": method.source_sha,
        "teacher_sha": sha,
        "config": configs.identity(method.method.Config()),
        "device": device_name(CPU, 1),
        "torch": torch.__version__,
        "deterministic": True,
        "seconds": 10.0,
    }
    made = make_row(**usual | fields)
    return replace(made, id=made.run_id)


def test_a_seed_draws_the_same_rows_whatever_their_order(pot, teacher):
    rows = [here(teacher, seed=seed) for seed in range(12)]
    first = [row.id for row in pot(rows).draw(4, 0).rows]
    assert first == [row.id for row in pot(rows[::-1]).draw(4, 0).rows]
    assert first == [row.id for row in pot(rows).draw(8, 0).rows][:4]
    assert first != [row.id for row in pot(rows).draw(4, 1).rows]


def test_rows_that_cannot_be_judged_are_passed_over_and_counted(pot, teacher):
    gpu = {"device": "a GPU", "deterministic": False}
    rows = [
        here(teacher),
        here(teacher, seed=1, **FAILED),
        here(teacher, seed=2, method_sha="0" * 64),
        here(teacher, seed=3, method_version=99),
        here("0" * 64, seed=4),
        here(teacher, seed=5, dataset="folder:nowhere"),
        here(teacher, seed=6, seconds=1000.0),
        here(teacher, seed=7, budget=2000, **gpu),
        here(teacher, seed=8, teacher="endpoint:a.toml"),
        here(teacher, seed=9, **gpu),
    ]
    few = pot(rows, lost=(0, 9))
    with pytest.raises(BenchError, match=r"^--draw 9: of 10 rows 1 can be judged here") as caught:
        few.draw(9, 0)
    assert "\n" not in str(caught.value) and str(caught.value).count(" 1 ") == 10
    found = few.draw(1, 0)
    assert found.rows == [rows[0]] and "failed" not in (row.status for row in found.rows)


def test_the_seconds_of_a_gpu_say_nothing_of_this_cpu(pot, teacher):
    gpu = here(teacher, seed=7, device="a GPU", deterministic=False, seconds=1.0)
    cell = replay.cell_of(gpu)
    assert pot([gpu]).seconds(gpu, cell) is None
    other = [here(teacher, seed=seed, seconds=50.0) for seed in (1, 2)]
    assert pot([gpu, *other]).seconds(gpu, cell) == pytest.approx(50, abs=5)
    assert pot([gpu, *other]).reason(gpu) == ""
    assert pot([gpu, *other], longest=30.0).reason(gpu) == "longer than 30 s"


def test_the_command_takes_runs_or_a_draw(cli):
    for words in ((), ("abc", "--draw", 2), ("abc", "--seed", 1), ("abc", "--longest", "9m")):
        code, _, errors = cli("audit", *words)
        assert code == 2 and "--draw" in errors
    code, _, errors = cli("audit", "--draw", 3, "--full", "--device", "cpu")
    assert code == 2 and "--draw 3: of 0 rows" in errors and errors.count("\n") == 1
