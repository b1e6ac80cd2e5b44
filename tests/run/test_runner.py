"""One run in detail: its marks, its clock, its id and its row."""

from __future__ import annotations

import dataclasses
import json
from types import SimpleNamespace

import pytest
import torch

from benchmark.run import cells, clock, points, registry, runner
from benchmark.run.setting import Judge
from support.runs import IDEAL, LEARNS, NOISE, numbers, only_row, path_run, rows, written
from support.suite import ROOT


def test_marks_are_a_series_below_the_budget():
    expected = [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000]
    assert points.marks(25_000) == expected
    assert points.marks(25_001) == [*expected, 25_000]
    assert points.marks(100) == []
    assert points.marks(250_000) == [*expected, 25_000, 50_000, 100_000, 200_000]
    assert 250_000 in points.marks(2_000_000) and 2_500_000 in points.marks(5_000_000)


def test_the_curve_has_each_passed_mark_once_and_ends_at_the_budget(cli, method_file, tmp_path):
    assert cli(*path_run(method_file("learns", LEARNS)))[0] == 0
    row = only_row(tmp_path / "results")
    assert [(p.mark, p.queries, p.step) for p in row.curve] == [
        (100, 100, 2),
        (200, 200, 4),
        (300, 300, 5),
    ]
    assert [p.student_images for p in row.curve] == [100, 200, 300]  # evaluation not counted
    assert row.accuracy == row.curve[-1].accuracy
    assert row.best_accuracy == max(p.accuracy for p in row.curve)


def test_the_clock_runs_for_the_method_and_not_for_evaluation(
    cli, method_file, tmp_path, monkeypatch
):
    now, score = [0.0], Judge.score

    def wait(seconds):
        now[0] += seconds

    def slow_score(judge, student):
        wait(1000)
        return score(judge, student)

    fake = SimpleNamespace(
        perf_counter=lambda: now[0], process_time=lambda: 2 * now[0], wait=wait
    )  # two busy threads
    monkeypatch.setattr(clock, "time", fake)
    monkeypatch.setattr(Judge, "score", slow_score)
    waits = "        import sys\n        sys.modules['benchmark.run.clock'].time.wait({})\n"
    body = LEARNS.replace("        images =", waits.format(2) + "        images =", 1)
    body = body.replace("        self.rounds = 0", waits.format(5) + "        self.rounds = 0")
    assert cli(*path_run(method_file("waits", body)))[0] == 0
    row = only_row(tmp_path / "results")
    assert row.seconds == 5 + 6 * 2
    assert row.cpu_seconds == 2 * row.seconds
    assert row.eval_seconds == 3 * 1000
    assert [p.seconds for p in row.curve] == [11, 15, 17]


@pytest.mark.parametrize("command", [NOISE, IDEAL], ids=["noise", "ideal"])
def test_evaluation_does_not_disturb_the_method(command, cli, tmp_path, monkeypatch):
    weights, score = [], Judge.score

    def keep(judge, student):
        weights.append({k: v.clone() for k, v in student.state_dict().items()})
        return score(judge, student)

    monkeypatch.setattr(Judge, "score", keep)
    command = (*command, "--no-reference")  # which is judged by the same score
    assert cli(*command)[0] == 0
    watched, points = only_row(tmp_path / "results"), len(weights)
    monkeypatch.setattr(runner, "marks", lambda budget: [])
    assert cli(*command, "--results", tmp_path / "unwatched")[0] == 0
    unwatched = only_row(tmp_path / "unwatched")
    assert points > 1 and len(weights) == points + 1
    for name, tensor in weights[points - 1].items():
        assert torch.equal(tensor, weights[points][name]), name
    for name in ("labels_digest", "accuracy", "agreement", "student_images", "steps"):
        assert getattr(watched, name) == getattr(unwatched, name)


CARD = {"architecture": "lenet", "sha256": "5" * 64}


def an_id(card: dict = CARD, methods: tuple = ("ideal",), **changes: object) -> str:
    overrides = changes.pop("overrides", {})
    entries = [registry.find(name) for name in methods]
    request = cells.Request(entries, ["digits"], [0], [500], [], [], overrides)
    (cell,) = cells.expand(dataclasses.replace(request, **changes))
    return cell.identity("digits", card).run_id


def test_the_id_changes_with_everything_that_changes_numbers():
    ids = [
        an_id(),
        an_id(seeds=[1]),
        an_id(budgets=[501]),
        an_id(precision="float32"),
        an_id(CARD | {"sha256": "6" * 64}),
        an_id(students=["resnet18"]),
        an_id(methods=("noise",)),
        an_id(methods=("ideal:alg1",)),
        an_id(overrides={"ideal": {"student_lr": "0.02"}}),
    ]
    assert len(set(ids)) == len(ids)
    assert all(len(name) == 12 and int(name, 16) >= 0 for name in ids)


def test_the_id_changes_with_the_methods_version(monkeypatch):
    before = an_id()
    monkeypatch.setattr(registry.find("ideal").method, "version", 99)
    assert an_id() != before


def test_the_id_does_not_depend_on_how_a_run_was_asked_for():
    as_set = {"replay_steps": 1, "final_passes": 0, "latent": "fresh", "keep": "last"}
    assert an_id(methods=("ideal:alg1",)) == an_id(overrides={"ideal": as_set})
    assert an_id(overrides={"ideal": {"replay": "steps"}}) == an_id()
    assert an_id(overrides={"ideal": {"student_lr": "1e-2"}}) == an_id()


def test_a_row_has_every_field_complete_or_failed(cli, method_file, tmp_path):
    broken = method_file("breaks", "def step(self):\n    raise ValueError('no')")
    assert cli(*path_run(f"{broken},noise"))[0] == 1
    found = rows(tmp_path / "results")
    assert {row.status for row in found} == {"complete", "failed"}
    for row in found:
        assert row.deterministic is True
        assert len(row.teacher_sha) == len(row.method_sha) == 64
        assert sum(row.labels_per_class) == row.queries
        assert row.started <= row.finished and row.started.endswith("+00:00")


def test_a_row_names_no_folder_no_host_and_no_user(cli, method_file, tmp_path, monkeypatch):
    for name in ("platform.node", "socket.gethostname", "getpass.getuser", "os.getlogin"):
        monkeypatch.setattr(name, lambda: "secret-name")
    for name in ("USER", "LOGNAME", "HOSTNAME"):
        monkeypatch.setenv(name, "secret-name")
    broken = method_file("breaks", "def step(self):\n    raise ValueError('no')")
    teacher = next((ROOT / "teachers" / "shipped").glob("digits-lenet*.safetensors"))
    assert cli(*path_run(f"{broken},noise", 300, "--teacher", teacher))[0] == 1
    assert len(rows(tmp_path / "results")) == 2
    for row in rows(tmp_path / "results"):
        text = json.dumps(written(row))
        for secret in ("secret-name", str(tmp_path), str(ROOT), '"/', "\\\\"):
            assert secret not in text


def test_one_seed_gives_one_row_and_another_seed_another(cli, tmp_path):
    assert cli(*NOISE)[0] == 0
    assert cli(*NOISE, "--results", tmp_path / "again")[0] == 0
    assert numbers(only_row(tmp_path / "results")) == numbers(only_row(tmp_path / "again"))
    other = [text if text != "0" else "1" for text in NOISE]
    assert cli(*other, "--results", tmp_path / "other")[0] == 0
    digests = [only_row(tmp_path / f).labels_digest for f in ("again", "other")]
    assert digests[0] != digests[1]
