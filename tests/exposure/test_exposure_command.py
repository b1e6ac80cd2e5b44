"""``bench exposure`` on digits, as a person types it."""

from __future__ import annotations

import json

import pytest

from benchmark import datasets, parse
from benchmark.cli.exposure import as_run, exposure
from benchmark.cli.run import run
from benchmark.errors import BenchError
from support.runs import only_row, rows, states

TINY = ("exposure", "--dataset", "digits", "--methods", "noise:blobs", "--device", "cpu")
SMALL = ("--set", "noise.passes=1", "--no-reference", "--price", "1/1k", "--rate", "100/s")


@pytest.mark.parametrize(
    ("text", "dollars"), [("1.00/1000", 1.0), ("2/1k", 2.0), ("0.5/250", 2.0), ("0.001/1", 1.0)]
)
def test_a_price_is_dollars_for_queries(text, dollars):
    assert parse.price(text) == dollars


@pytest.mark.parametrize("text", ["1", "1/0", "0/1000", "-1/1k", "x/1k", "1/x", "1e999/1", "/1k"])
def test_another_text_is_no_price(text):
    with pytest.raises(BenchError, match="is no price; write dollars/queries"):
        parse.price(text)


@pytest.mark.parametrize(
    ("text", "queries"), [("100/s", 100), ("600/m", 10), ("36k/h", 10), ("864k/d", 10)]
)
def test_a_rate_is_queries_for_a_period(text, queries):
    assert parse.rate(text) == queries


@pytest.mark.parametrize(
    "text",
    ["100", "0/s", "-1/s", "100/y", "x/s", "1.5/s", "/s", "100/", "100/s/s", "9" * 70 + "/s"],
)
def test_another_text_is_no_rate(text):
    with pytest.raises(BenchError, match="is no rate; write queries/period"):
        parse.rate(text)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--price", "1000"), "--price: '1000' is no price"),
        (("--rate", "fast"), "--rate: 'fast' is no rate"),
        (("--student", "lenet,mlp"), "a page is of one student"),
    ],
)
def test_a_wrong_word_is_said_before_anything_runs(cli, tmp_path, words, told):
    code, _, errors = cli(*TINY, "--budgets", "500", "--seeds", "0", *words)
    assert code == 2 and told in errors
    assert not (tmp_path / "results").exists()


def test_without_a_data_set_there_is_nothing_to_copy(cli):
    code, _, errors = cli("exposure")
    assert code == 2 and "give --dataset" in errors


def test_runs_become_a_page_which_a_second_command_writes_again_without_a_run(cli, tmp_path):
    command = (*TINY, *SMALL, "--budgets", "300,600", "--seeds", "0", "-o", "page")
    code, output, errors = cli(*command)
    assert code == 0, output + errors
    pages = sorted((tmp_path / "page").iterdir())
    assert [path.name for path in pages] == ["exposure.html", "exposure.json", "exposure.md"]
    found = json.loads(pages[1].read_text())
    (one,) = found["extractions"]
    here = {row.id: row for row in rows(tmp_path / "results")}
    assert {run["id"]: run["agreement"] for run in one["runs"]} == {
        of: row.agreement for of, row in here.items()
    }
    (student,) = one["students"]
    largest = here[student["run"]]
    assert largest.budget == 600
    counts = datasets.load("digits").test.labels.bincount().tolist()
    right = sum(count * value for count, value in zip(counts, student["by_class"], strict=True))
    assert right / sum(counts) == pytest.approx(largest.accuracy), "the kept student is the row's"
    assert found["transfer"]["images"] == round(sum(counts) * largest.teacher_accuracy / 100)
    assert student["transfer"]["images"] == found["transfer"]["images"]
    before = [path.read_bytes() for path in pages]
    code, output, _ = cli(*command)
    assert code == 0 and output.count("exists ") == 2
    assert [path.read_bytes() for path in pages] == before


def test_a_stopped_command_goes_on_and_writes_its_page_only_then(cli, tmp_path):
    command = (*TINY, *SMALL, "--budgets", "300,600", "--seeds", "0", "-o", "page")
    code, _, _ = cli(*command, "--stop-after", "0.001s")
    assert code == 75 and not (tmp_path / "page").exists()
    assert len(states(tmp_path / "results")) + len(rows(tmp_path / "results")) == 1
    code, output, errors = cli(*command)
    assert code == 0, output + errors
    assert (tmp_path / "page" / "exposure.html").exists()
    assert len(rows(tmp_path / "results")) == 2 and states(tmp_path / "results") == []


def test_a_worker_gets_the_cells_of_the_page_in_the_words_of_bench_run():
    typed = ["--dataset=digits", "--price", "1/1k", "-o", "page", "--no-reference", "--seeds", "3"]
    typed += ["--set", "noise.passes=1", "--set", "noise.batch=50", "--budgets", "300", "--jobs=2"]
    words = as_run(exposure.make_context("exposure", typed))
    found = run.make_context("run", words).params
    assert (found["dataset"], found["seeds"], found["budget"]) == ("digits", [3], [300])
    assert found["methods"] == ["drawn", "noise:blobs"]
    assert found["sets"] == (("noise", "passes", "1"), ("noise", "batch", "50"))
    assert not found["reference"] and found["keep_bought"] and found["jobs"] == 2


def test_a_plan_runs_nothing(cli, tmp_path):
    code, output, _ = cli(*TINY, "--budgets", "300", "--seeds", "0", "--dry-run")
    assert code == 0 and "runs     noise:blobs" in output
    assert not (tmp_path / "results" / "runs").exists() and not (tmp_path / "page").exists()


def test_a_failed_run_is_told_on_the_page_and_by_the_exit_code(cli, method_file, tmp_path):
    path = method_file("breaks", "def step(self):\n    raise ValueError('broken')")
    command = ("exposure", "--dataset", "digits", "--methods", path, "--budgets", "300")
    code, output, errors = cli(*command, "--seeds", "0", "--device", "cpu", "-o", "page")
    assert code == 1, output + errors
    assert only_row(tmp_path / "results").status == "failed"
    assert "nothing is known" in (tmp_path / "page" / "exposure.md").read_text()
