"""A teacher behind an endpoint: measured once, asked through the ledger, never paid for twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmark import datasets
from benchmark.errors import BenchError
from benchmark.oracle.journal import Ledger
from benchmark.rows.store import Store
from support.endpoints import DIGITS_FILE, SECRET, Question, Server, answer, serving
from support.runs import NOISE
from support.suite import bench_command, bench_environment
from teachers import cards, remote, shelf

pytest.importorskip("httpx2")
DIGITS = datasets.load("digits")
TESTS, CANARY = len(DIGITS.test.labels), 16
FILE = f"""{DIGITS_FILE}
price_per_1000 = 1.0
[signer]
kind = "bearer"
env = "DIGITS_KEY"
"""


class Lenet:
    """The shipped teacher of digits behind an address; it counts the images that it worked on."""

    def __init__(self) -> None:
        self.network = cards.load(shelf.find(DIGITS, "lenet")).module
        self.served, self.fails_from, self.status = 0, 10**9, 500
        self.works, self.shift, self.server = True, 0, Server()

    def say(self, question: Question, handler) -> None:
        if question.headers.get("Authorization") != f"Bearer {SECRET}":
            return answer(handler, {"error": "no such key"}, status=401)
        images = np.array(question.json()["data"], np.uint8)
        failing = self.served + len(images) > self.fails_from
        if self.works or not failing:
            self.served += len(images)
        if failing:
            return answer(handler, {"error": "out of order"}, status=self.status)
        with torch.no_grad():
            labels = self.network(torch.from_numpy(images).float() / 255).argmax(dim=1)
        return answer(handler, ((labels + self.shift) % 10).tolist())

    def write(self, folder: Path, **changes: str) -> Path:
        text = FILE.format(url=self.server.url)
        for old, new in changes.items():
            text = text.replace(*{"shape": ("16, 16", new), "more": ("[signer]", new)}[old])
        path = folder / "mine.toml"
        path.write_text(text)
        return path


@pytest.fixture
def behind(tmp_path, monkeypatch) -> Iterator[Lenet]:
    """The classifier, with its file beside the results."""
    monkeypatch.setenv("DIGITS_KEY", SECRET)
    lenet = Lenet()
    with serving(lenet.say) as lenet.server:
        lenet.write(tmp_path)
        yield lenet


ASKS = (*NOISE, "--set", "noise.batch=50", "--no-reference")
PAID = (*ASKS, "--teacher", "endpoint:mine.toml")


def row_in(folder: Path, results: str = "results"):
    (row,) = Store(folder / results).rows()
    return row


def ledger_in(folder: Path) -> Ledger:
    (path,) = (folder / "results" / ".journal").glob("*.queries")
    return Ledger.read(path)


def test_a_run_against_an_endpoint_is_the_run_against_its_network(behind, cli, tmp_path):
    assert cli(*ASKS, "--results", "own")[0] == 0
    code, said, _ = cli(*PAID)
    assert code == 0, said
    assert f"asked for its labels of the {TESTS} test images of digits, once" in said
    own, row = row_in(tmp_path, "own"), row_in(tmp_path)
    for name in ("accuracy", "agreement", "labels_digest", "unique"):
        assert getattr(row, name) == getattr(own, name), name
    assert (row.teacher, row.queries, row.asked_in_all) == ("endpoint:mine", 500, 500)
    assert behind.served == 2 * CANARY + TESTS + 500
    assert cli(*PAID)[1].count("exists") == 1 and behind.served == 2 * CANARY + TESTS + 500
    assert cli("ledger", "verify")[0] == 0
    code, said, _ = cli("audit", row.id)
    assert code == 3 and "an endpoint, and no run is paid for again" in said
    assert "endpoint:mine" in cli("teacher", "list")[1]


def canaries_in(folder: Path) -> Ledger:
    (path,) = (folder / "teachers").glob("*.canary.queries")
    return Ledger.read(path)


def test_canaries_are_paid_for_on_an_account_of_their_own(behind, cli, tmp_path):
    assert cli(*PAID)[0] == 0
    charges = canaries_in(tmp_path).charges
    assert (charges.answered, charges.unknown) == (2 * CANARY, 0)
    code, said, _ = cli("ledger", "show")
    assert code == 0 and f"paid in all: {behind.served:,} images" in said
    for account, count in (("canary", 2 * CANARY), ("evaluator", TESTS)):
        (line,) = [one for one in said.splitlines() if one.startswith(account)]
        assert line.split()[2] == f"{count:,}" and "endpoint-mine" in line and "paid" in line
    assert "canary" not in cli("ledger", "show", row_in(tmp_path).id)[1]
    (path,) = (tmp_path / "teachers").glob("*.canary.queries")
    assert cli("ledger", "verify", path)[0] == 0


def test_a_canary_whose_answer_is_lost_is_charged_and_told(behind, cli, tmp_path):
    behind.fails_from = 8  # the second eight
    assert cli(*PAID)[0] == 2
    charges = canaries_in(tmp_path).charges
    assert (charges.answered, charges.unknown) == (8, 8)
    code, said, _ = cli("ledger", "show")
    assert code == 0 and "paid in all: 16 images" in said
    behind.fails_from = 10**9
    assert cli(*PAID)[0] == 0 and canaries_in(tmp_path).charges.total == 16 + 2 * CANARY


def test_a_canary_whose_key_is_refused_is_not_charged(behind, cli, tmp_path, monkeypatch):
    monkeypatch.setenv("DIGITS_KEY", "another")
    assert cli(*PAID)[0] == 2
    assert canaries_in(tmp_path).charges.total == 0


@pytest.mark.slow
def test_of_two_clients_on_one_ledger_the_second_is_one_line_and_asks_nothing(behind, tmp_path):
    more = {"cwd": tmp_path, "env": bench_environment(tmp_path), "text": True}
    command = bench_command(*PAID)
    waiting = threading.Event()
    plain = behind.server.say

    def slow(question: Question, handler) -> None:
        if behind.served >= 2 * CANARY + TESTS + 100:  # the first one is in its run
            waiting.set()
            assert go.wait(120)
        plain(question, handler)

    go = threading.Event()
    behind.server.say = slow
    with subprocess.Popen(command, stdout=subprocess.PIPE, **more) as first:
        assert waiting.wait(120)
        served = behind.served
        second = subprocess.run(command, capture_output=True, **more)
        assert behind.served == served, "it asks nothing, not even a canary"
        go.set()
        first.communicate()
    assert (first.returncode, second.returncode) == (0, 75)
    lines = [line for line in second.stdout.splitlines() if f"process {first.pid}" in line]
    assert len(lines) == 1 and "Traceback" not in second.stdout + second.stderr
    assert behind.served == 2 * CANARY + TESTS + 500
    assert ledger_in(tmp_path).charges.total == row_in(tmp_path).asked_in_all == 500


def test_a_plan_prices_a_run_and_asks_nothing(behind, cli):
    code, said, _ = cli(*PAID, "--dry-run")
    own = TESTS + CANARY
    words = f"endpoint:mine is asked {500 + own} images at most, {own} of them by the evaluator"
    assert code == 0 and f"{words}: ${(500 + own) / 1000:.2f} at its price" in " ".join(
        said.split()
    )
    assert behind.served == 0


@pytest.mark.parametrize("works", [True, False])
def test_a_run_goes_on_after_its_server_failed(works, behind, cli, tmp_path):
    """The provider bills what it worked on, whether the answer came or not."""
    behind.fails_from, behind.works = 2 * CANARY + TESTS + 250, works
    code, said, trouble = cli(*PAID)
    assert code == 75, said + trouble
    assert 'status 500: {"error": "out of order"}' in said
    assert "50 queries from number 250 on are charged, and their answers are unknown" in " ".join(
        said.split()
    )
    charges = ledger_in(tmp_path).charges
    assert (charges.answered, charges.unknown) == (250, 50)
    assert cli("ledger", "verify")[0] == 3
    behind.fails_from = 10**9
    assert cli(*PAID)[0] == 0
    row, charges = row_in(tmp_path), ledger_in(tmp_path).charges
    own = 3 * CANARY + TESTS
    assert charges.total == charges.answered + charges.unknown == row.asked_in_all <= 500
    assert charges.answered <= behind.served - own <= charges.total
    assert (row.queries, charges.unknown) == (450, 50), "what was lost is not there to be asked"
    assert {"asked-more", "under-used"} <= set(row.flags), (
        "that it was not the whole budget is said"
    )


def test_a_run_whose_key_is_refused_is_saved_and_nothing_is_charged_for_that(behind, cli, tmp_path):
    behind.fails_from, behind.status, behind.works = 2 * CANARY + TESTS + 250, 403, False
    code, said, _ = cli(*PAID)
    assert code == 75 and "refuses the key (status 403)" in said
    assert ledger_in(tmp_path).charges.total == 250
    behind.fails_from = 10**9
    assert cli(*PAID)[0] == 0
    assert row_in(tmp_path).queries == row_in(tmp_path).asked_in_all == 500


@pytest.mark.slow
def test_killed_in_the_middle_it_pays_for_nothing_twice(behind, tmp_path):
    command, environment = bench_command(*PAID), bench_environment(tmp_path)
    environment["BENCH_ISOLATION"] = "auto"
    more = {"cwd": tmp_path, "env": environment, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, start_new_session=True, **more) as run:
        while behind.served < 2 * CANARY + TESTS + 300 and run.poll() is None:
            time.sleep(0.002)
        os.killpg(run.pid, signal.SIGKILL)
    answered = ledger_in(tmp_path).charges.answered
    assert subprocess.run(command, **more).returncode == 0
    row, charges = row_in(tmp_path), ledger_in(tmp_path).charges
    assert 0 < answered <= charges.answered <= row.asked_in_all <= 500
    assert charges.answered <= behind.served - 3 * CANARY - TESTS <= charges.total


def test_a_measurement_that_is_stopped_goes_on_and_pays_once(behind, tmp_path):
    path = tmp_path / "mine.toml"
    behind.fails_from, behind.works = CANARY + 250, False
    said: list[str] = []
    with pytest.raises(BenchError, match="out of order"):
        remote.measure(f"endpoint:{path}", DIGITS, tmp_path, said.append)
    behind.fails_from = 10**9
    file = remote.measure(f"endpoint:{path}", DIGITS, tmp_path, said.append)
    told = cards.read_card(file)["endpoint"]
    assert (told["asked"], told["lost"]) == (TESTS + 100, 100)
    assert behind.served == 2 * CANARY + TESTS


def test_another_model_behind_the_address_is_noticed_before_it_is_paid(behind, cli):
    assert cli(*PAID)[0] == 0
    behind.shift, served = 1, behind.served
    code, _, trouble = cli(*PAID, "--force")
    assert code == 2 and "another model stands there" in trouble
    assert behind.served == served + CANARY


@pytest.mark.parametrize(
    ("changes", "more", "words"),
    [
        ({"shape": "28, 28"}, (), "says 1 x 28 x 28 and 10 classes, but digits has 1 x 16 x 16"),
        ({}, ("--methods", "noise", "--precision", "float32"), "takes 8-bit images"),
        ({}, ("--methods", "dafl", "--access", "white-box"), "is an endpoint and only answers"),
        ({"more": "prise = 1\n[signer]"}, (), "price"),
    ],
)
def test_what_an_endpoint_cannot_serve_is_refused_unasked(
    changes, more, words, behind, cli, tmp_path
):
    behind.write(tmp_path, **changes)
    plain = ("--dataset", "digits", "--budget", "500", "--teacher", "endpoint:mine.toml")
    code, _, trouble = cli("run", *(more or ("--methods", "noise")), *plain)
    assert code == 2 and words in " ".join(trouble.split())
    assert behind.served == 0


def test_scores_of_an_endpoint_that_tells_labels_are_refused(behind, cli):
    code, _, trouble = cli(*PAID, "--access", "score")
    assert code == 2 and "tells labels only" in trouble
    assert behind.served == 2 * CANARY + TESTS


def test_a_wrong_key_ends_the_command_at_once(behind, cli, monkeypatch):
    monkeypatch.setenv("DIGITS_KEY", "another")
    code, _, trouble = cli(*PAID)
    assert code == 2 and "refuses the key (status 401)" in trouble
    assert behind.served == 0


def test_a_host_that_is_dead_ends_the_command_at_once(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("DIGITS_KEY", SECRET)
    (tmp_path / "mine.toml").write_text(FILE.format(url="http://127.0.0.1:9/score"))
    code, _, trouble = cli(*PAID)
    assert code == 2 and "cannot be reached" in trouble


def test_the_key_is_in_no_file(behind, cli, tmp_path):
    behind.fails_from = 2 * CANARY + TESTS + 250
    cli(*PAID)
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or SECRET.encode() not in path.read_bytes(), path


def test_a_card_or_a_file_of_labels_that_was_changed_is_refused(behind, cli, tmp_path):
    assert cli(*PAID)[0] == 0
    (file,) = (tmp_path / "teachers").glob("*.safetensors")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    code, _, trouble = cli(*PAID, "--force")
    assert code == 2 and "its labels are not those of its card" in trouble
    card = json.loads(file.with_suffix(".json").read_text())
    card["endpoint"]["asked"] = "many"
    file.with_suffix(".json").write_text(json.dumps(card))
    code, _, trouble = cli(*PAID, "--force")
    assert code == 2 and "tells the endpoint in another form" in trouble


def test_an_endpoint_of_the_same_name_with_other_settings_is_told(behind, cli, tmp_path):
    assert cli(*PAID)[0] == 0
    behind.write(tmp_path, more='layout = "NHWC"\n[signer]')
    code, _, trouble = cli(*PAID)
    assert code == 2 and "of another endpoint called endpoint:mine" in trouble
