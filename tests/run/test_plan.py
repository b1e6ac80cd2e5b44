"""The plan of a command before it runs: its cells, their FLOPs and their time."""

from __future__ import annotations

import dataclasses

import pytest

from benchmark import datasets, parse
from benchmark.datasets import vision
from benchmark.method import config
from benchmark.papers import presets
from benchmark.run import estimates, flops, preset_cells
from benchmark.run.outlook import Outlook
from benchmark.run.sharing import Share
from support.made_rows import make_row


def test_forms_of_data_sets_are_known_without_their_files(tmp_path):
    for name in ("digits", "photos"):
        found = datasets.load(name)
        assert datasets.outline(name) == (found.shape, len(found.classes))
        assert datasets.is_here(name, tmp_path)
    assert datasets.outline("mnist") == (vision._SOURCES["mnist"].shape, 10)
    assert datasets.outline("cifar100") == ((3, 32, 32), 100)
    assert datasets.outline("tiny-imagenet") == ((3, 64, 64), 200)
    assert datasets.outline("folder:x") is None
    for name, folder in (("mnist", "MNIST/raw"), ("imagenet12", "imagenet12")):
        assert not datasets.is_here(name, tmp_path)
        (tmp_path / folder).mkdir(parents=True)
    assert datasets.is_here("imagenet12", tmp_path) and not datasets.is_here("mnist", tmp_path)
    for file in vision._SOURCES["mnist"].files:
        (tmp_path / "MNIST/raw" / file).touch()
    assert datasets.is_here("mnist", tmp_path)


def test_a_plan_lists_cells_without_their_data_and_downloads_nothing(cli, tmp_path, monkeypatch):
    monkeypatch.setattr(vision, "_download", lambda *_: pytest.fail("a plan downloads"))
    code, output, errors = cli(
        "run",
        "--preset",
        "table2",
        "--datasets",
        "mnist",
        "--teacher",
        "lenet",
        "--seeds",
        "0",
        "--methods",
        "ideal,dfme",
        "--dry-run",
        "--scale",
        "0.1",
    )
    assert (code, errors) == (0, "")
    assert output.splitlines() == [
        "data     dfme  mnist  lenet->lenet  2.5k  rehearsal 0.1  seed 0",
        "data     ideal  mnist  lenet->lenet  2.5k  rehearsal 0.1  seed 0",
        "time: unknown for 2 runs, as no row has their method, networks and image shape on this "
        "device (dfme 1, ideal 1)",
        "FLOPs: 28.4 GFLOP of teachers for 2 of 2 runs",
        "FLOPs of training: unknown without a profile (dfme 1, ideal 1)",
        "2 runs, at most 5,000 queries to be spent: 2 are to be made. How long they take is "
        "unknown: no row or profile is like them. Needed: the data set mnist.",
    ]
    assert list(tmp_path.iterdir()) == []
    foreign = ("--methods", "out-of-domain", "--set", "out-of-domain.dataset=cifar10")
    code, output, _ = cli("run", "--dataset", "digits", *foreign, "--seeds", "0", "--dry-run")
    assert code == 0 and output.startswith("data     out-of-domain(dataset=cifar10)  digits")


def test_flops_are_counted_for_the_teacher_and_taken_from_profiles_for_training():
    part = presets.narrow(presets.find("table2"), ["mnist"], ["ideal", "dfme"], ["lenet"])
    found = preset_cells.cells_of(part, [0])
    like = {
        "dataset": "mnist",
        "student": "lenet",
        "method": "ideal",
        "variant": "",
        "overrides": {},
        "label": "",
        "budget": 2000,
        "queries": 2000,
        "parts": {"generator": {"flops": 1.5e12}, "student": {"flops": 0.5e12}},
    }
    teacher = "FLOPs: 284 GFLOP of teachers for 2"  # 2 x 25,000 x 5,676,160
    unknown = "FLOPs of training: unknown without a profile"
    assert flops.lines(found, [like]) == [
        f"{teacher}, 25 TFLOP of training for 1 of 2 runs",
        f"{unknown} (dfme 1)",
    ]
    assert len(flops.lines(found[1:], [like])) == 1
    near = like | {"budget": 20_000, "queries": 20_000}  # a tenth a query
    labelled = like | {"label": "K = 10", "budget": 25_000, "queries": 1}
    assert ", 50 PFLOP of training for 1" in flops.lines(found, [labelled])[0]
    for profiles in ([like, near, labelled], [labelled, near, like]):
        assert ", 2.5 TFLOP of training for 1" in flops.lines(found, profiles)[0]
    for change in (
        {"dataset": "digits"},
        {"variant": "all"},
        {"overrides": {"batch": 5}},
    ):
        assert flops.lines(found, [like | change]) == [
            f"{teacher} of 2 runs",
            f"{unknown} (dfme 1, ideal 1)",
        ]
    assert flops.forward("mlp", (1, 2, 2), 3) == 2 * (4 * 512 + 512 * 128 + 128 * 3)
    foreign = [dataclasses.replace(found[0], dataset="folder:x")]
    assert flops.lines(foreign, [])[0] == "FLOPs: unknown of 1 run"


def test_time_is_estimated_from_like_rows_on_the_device_alone():
    part = presets.narrow(presets.find("table2"), ["mnist", "fmnist"], ["ideal"], ["lenet"])
    found = preset_cells.cells_of(part, [0, 1])
    like = {
        "dataset": "mnist",
        "method": "ideal",
        "method_version": found[0].entry.method.version,
        "config": config.identity(found[0].config),
        "device": "this",
        "unique": 1,
    }
    rows = [
        make_row(**like, budget=5000, seconds=100.0),
        make_row(**like, budget=1000, seconds=90.0),
    ]
    assert estimates.lines(found, rows, "this") == [
        "time: about 83 min for 4 runs without evaluation, by rows on this device at 5,000 queries"
    ]  # (2 x 25,000 + 2 x 100,000) x 0.02 s; Fashion-MNIST has MNIST's shape
    for change in (
        {"device": "other"},
        {"method_version": 1},
        {"teacher": "mlp"},
        {"student": "mlp"},
        {"config": {}},
        {"dataset": "digits"},
        {"access": "score"},
        {"queries": 0},
        {"status": "failed"},
    ):
        (line,) = estimates.lines(found, [make_row(**like | change)], "this")
        assert line.startswith("time: unknown for 4 runs") and line.endswith("(ideal 4)")


def test_a_plan_ends_in_one_paragraph_that_marks_a_guess():
    part = presets.narrow(presets.find("table2"), ["mnist"], ["ideal", "dfme"], ["lenet"])
    dfme, ideal = preset_cells.cells_of(part, [0])
    like = {
        "dataset": "mnist",
        "method": "ideal",
        "method_version": ideal.entry.method.version,
        "config": config.identity(ideal.config),
        "unique": 1,
        "budget": 5000,
    }
    rows = [make_row(**like, device="other, 2 threads", seconds=100.0)]
    profile = {
        "dataset": "mnist",
        "student": "lenet",
        "method": "dfme",
        "variant": "",
        "overrides": {},
        "label": "",
        "budget": 2000,
        "seconds_per_1k_queries": 4.0,
        "device": "third",
    }
    cells, steps = [ideal, ideal, dfme, dfme], ["exists", "resumes", "teacher", "unsound"]

    def told(jobs: int, *more) -> str:
        one = Outlook(cells, steps, [*rows, *more], [profile])
        return one.paragraph(Share(jobs, 1), "this")

    runs = (
        "4 runs, at most 75,000 queries to be spent: 1 exists, 1 goes on from a saved state, 1 is "
        "to be made, 1 has an unsound file."
    )
    needed = "Needed: a lenet teacher of mnist, trained first."
    guess = "(a guess, by runs on other, 2 threads; third)"
    assert told(1) == f"{runs} They take about 12 min on this machine {guess}. {needed}"
    assert "about 8.3 min on this machine, 2 at once (a guess" in told(2)  # one of them alone
    here = make_row(**like, device="this", seconds=200.0)
    assert "about 20 min on this machine (a guess, by runs on third)." in told(1, here)
    alone = Outlook([ideal, dfme], ["runs", "runs"], rows, []).paragraph(Share(1, 1), "other")
    assert "1 of them take about 8.3 min" in alone.replace("takes", "take")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0.4 s"),
        (45, "45 s"),
        (119, "119 s"),
        (150, "2.5 min"),
        (7300, "2.0 h"),
        (2e6, "23 days"),
    ],
)
def test_durations_are_in_the_largest_unit_of_two(seconds, words):
    assert parse.spoken(seconds) == words
