"""Several workers on one command: what each tells, who goes on, and how it ends for all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from benchmark import datasets
from benchmark.errors import BenchError
from benchmark.files import StoreError
from benchmark.parse import jobs
from benchmark.run import crew as crews
from benchmark.run import opening, preparing, sharing
from benchmark.run import session as sessions
from benchmark.run import team as teams
from benchmark.run.crew import Command, Crew
from benchmark.run.hand import LOST
from benchmark.run.pace import Load, Pace
from benchmark.run.progress import Progress
from benchmark.run.team import Team
from benchmark.run.watch import Seen, Show
from benchmark.run.wire import Wired, parsed
from support.runs import LEARNS, NOISE, numbers, path_run, rows, states
from support.suite import CPU, bench_command, bench_environment
from support.teacher_files import save_teacher

SEEDS = [*(text if text != "0" else "0-2" for text in NOISE), "--no-reference"]


class Told(Show):
    """A show that keeps its lines."""

    def __init__(self):
        self.said, self.warned = [], []

    def say(self, text):
        self.said.append(text)

    def warn(self, text):
        self.warned.append(text)


@dataclass
class Scripted:
    """A worker that tells what a test wrote down, and then ends."""

    name: str
    news: list
    code: int
    pending: bool = False
    stops: int = 0
    killed: bool = False

    def events(self):
        found, self.news = self.news, []
        return found

    def ended(self):
        return 75 if self.killed or self.stops else self.code

    def stop(self):
        self.stops += 1

    def kill(self):
        self.killed = True


@dataclass
class Needed:
    """The part of a session that a command needs."""

    show: Told = field(default_factory=Told)
    rows: list = field(default_factory=list)

    class needs:
        redone = None

        @staticmethod
        def known_id(cell):
            return None


def begins(number):
    return {"begin": f"run {number}", "number": number, "budget": 100}


def ends(number, kind="complete"):
    return {"outcome": kind, "number": number, "text": f"{kind} {number}"}


@pytest.fixture
def crew(monkeypatch):
    """``make(scripts, cells) -> (code, told, crew)`` of workers with these scripts in turn."""
    monkeypatch.setattr(crews, "LOOK_EVERY", 0.001)
    monkeypatch.setattr(crews, "describe", str)

    def make(scripts, cells=2, count=1, stops=0):
        scripts = iter(scripts)
        session = Needed()
        progress = Progress({n: Load("kind", 100) for n in range(cells)})
        made = Crew(lambda name: Scripted(name, *next(scripts)), session.show, progress)
        made.stops = stops
        code = Command(session, [f"cell {n}" for n in range(cells)]).run(made, count)
        assert next(scripts, None) is None, "a worker was not started"
        return code, session.show, made

    return make


def test_every_outcome_is_shown_once_however_many_workers_see_it(crew):
    first = [begins(0), ends(0), ends(1, "exists")]
    second = [ends(0, "exists"), begins(1), ends(1)]
    code, told, _ = crew([(first, 0), (second, 0)], count=2)
    assert (code, told.said, told.warned) == (0, ["complete 0", "exists 1"], [])


def test_a_row_that_others_see_before_its_worker_tells_of_it_is_told_by_its_worker():
    progress = Progress({0: Load("kind", 100), 1: Load("kind", 100)})
    progress.see("a", begins(0))
    assert not progress.see("b", ends(0, "exists"))
    assert progress.see("a", ends(0)) and progress.outcomes == {0: "complete"}
    progress.see("a", begins(1))
    assert not progress.see("b", ends(1, "exists"))
    assert progress.forget("a").number == 1  # it died between its row and its word
    assert progress.see("c", ends(1, "exists")) and progress.outcomes[1] == "exists"


def test_a_failed_run_is_the_exit_code_of_all(crew):
    assert crew([([ends(0), ends(1, "failed")], 1)])[0] == 1
    code, told, _ = crew([([ends(0), ends(1, "unsound")], 1)])
    assert code == 1 and told.warned == ["unsound 1"]


def test_another_worker_goes_on_where_one_has_died(crew):
    code, told, _ = crew([([begins(0)], -9), ([begins(0), ends(0), ends(1)], 0)])
    assert code == 0 and told.warned == [
        "worker 1 has ended by signal 9 in run 0; another one goes on from its last state"
    ]
    code, told, _ = crew([([], LOST), ([ends(0), ends(1)], 0)])
    assert code == 0 and told.warned[0].startswith("worker 1 has ended with its machine; another")


def test_a_run_that_kills_every_worker_is_given_up(crew):
    deadly = ([ends(1), begins(0)], -11)
    code, told, _ = crew([deadly] * crews.DEATHS)
    assert code == 1 and len(told.warned) == crews.DEATHS + 1
    assert told.warned[-2].endswith("in run 0; nobody is started for it")
    assert told.warned[-1] == "not run: cell 0: every worker on it has died"


def test_cells_that_another_command_runs_are_named_and_left(crew):
    code, told, _ = crew([([ends(0), ends(1, "locked")], 75)])
    assert code == 75 and told.said[1:] == [
        "locked 1",
        "another process runs the rest; the same command goes on later",
    ]


def test_a_stop_is_for_all_and_the_second_is_at_once(crew):
    code, told, made = crew([([begins(0)], 75), ([begins(1)], 75)], count=2, stops=1)
    assert code == 75 and told.said == ["stopped; the same command goes on from here"]
    hands = [Scripted(f"worker {n}", [], 75) for n in range(2)]
    made.hands = list(hands)
    made.stop()
    assert [hand.stops for hand in hands] == [1, 1] and made.stops == 2
    assert crew([([begins(0)], 130)], stops=2)[0] == 130


def test_a_worker_that_is_being_started_hears_of_a_stop_too(crew):
    _, _, made = crew([([ends(0), ends(1)], 0)])
    made.start = lambda name: (made.stop(), Scripted(name, [], 75))[1]
    made._start()
    assert [hand.stops for hand in made.hands] == [1]


def test_wrong_input_in_a_worker_is_that_of_the_command(crew):
    code, told, _ = crew([([{"warn": "bench: no room"}], 2)])
    assert code == 2 and told.warned == ["bench: no room"]


def test_nobody_waits_for_a_worker_without_room_longer_than_a_while(crew, monkeypatch):
    monkeypatch.setattr(crews, "ROOM", 0.0)
    assert crew([([], None, True)])[0] == 75


def test_the_time_left_is_that_of_all_runs_shared_by_those_under_way():
    now = [0.0]
    progress = Progress({n: Load("kind", 100) for n in range(6)}, clock=lambda: now[0])
    assert progress.left() is None
    for worker, number in ("a", 0), ("b", 1):
        progress.see(worker, begins(number))
        progress.see(worker, {"seen": Seen(0, 0)._asdict()})
    assert progress.left() is None  # nothing tells a speed yet
    now[0] = 10.0
    for worker in "ab":
        progress.see(worker, {"seen": Seen(50, 1, 40.0, 50)._asdict()})
    assert progress.left() == pytest.approx((2 * 10 + 4 * 20) / 2)
    progress.see("a", {"end": 0})
    progress.see("a", ends(0))
    assert (progress.done, len(progress.waiting)) == (1, 4)
    progress.see("a", begins(2))
    assert progress.left() == pytest.approx((10 + 0 + 3 * 10) / 2)  # by the run that has ended


def test_news_go_through_a_pipe_and_other_output_is_text():
    out, into = os.pipe()
    gone = []
    wired = Wired(lambda: gone.append(1), into)
    wired.say("a\nb")
    wired.outcome(3, "complete", "done")
    with wired.run("title", 100, Pace({})) as watch:
        watch.report()  # nothing to look at yet
        watch.begin(lambda: Seen(5, 1, 50.0, 2))
    lines = os.read(out, 10_000).splitlines()
    assert [parsed(line) for line in lines] == [
        {"say": "a\nb"},
        {"outcome": "complete", "number": 3, "text": "done"},
        {"begin": "title", "number": 0, "budget": 100},
        {"seen": {"queries": 5, "steps": 1, "accuracy": 50.0, "mark": 2}},
        {"end": 0},
    ]
    assert parsed(b"printed by a method\n") is None and parsed(b"[1]") is None
    os.close(out)
    wired.say("nobody reads")
    os.close(into)
    assert gone == [1]


def test_a_machine_is_shared_out(monkeypatch, tmp_path):
    monkeypatch.setattr(sharing, "cores", lambda: 8)
    monkeypatch.setattr(sharing.torch, "get_num_threads", lambda: 8)
    made = {asked: sharing.share(asked, 100, CPU) for asked in (1, 3, 8, 20, "auto")}
    assert {asked: (one.jobs, one.threads) for asked, one in made.items()} == {
        1: (1, 8),
        3: (3, 2),
        8: (8, 1),
        20: (20, 1),
        "auto": (8, 1),
    }
    assert sharing.share("auto", 2, CPU) == sharing.Share(2, 4)  # no more than there are runs
    monkeypatch.setattr(sharing.torch, "get_num_threads", lambda: 1)  # OMP_NUM_THREADS=1
    assert sharing.share(2, 9, CPU).threads == 1
    cuda = sharing.torch.device("cuda")
    monkeypatch.setenv(sharing.GPUS, "4, 6")  # as a scheduler gave them
    monkeypatch.setattr(sharing, "MPS", tmp_path)
    found = sharing.share("auto", 9, cuda)
    assert found.jobs == 2  # one a GPU
    assert [found.variables(number)[sharing.GPUS] for number in (1, 2, 3)] == ["4", "6", "4"]
    (tmp_path / "control").touch()
    assert sharing.share("auto", 9, cuda).jobs == 8  # the service serves several at once
    monkeypatch.setenv(sharing.GPUS, "6")
    assert sharing.GPUS not in sharing.share(2, 9, cuda).variables(1)


def test_a_quota_of_a_container_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(sharing.os, "sched_getaffinity", lambda _: range(16), raising=False)
    monkeypatch.setattr(sharing, "QUOTA", tmp_path / "cpu.max")
    for text, count in ("300000 100000", 3), ("max 100000", 16), ("50000 100000", 1), ("x", 16):
        sharing.QUOTA.write_text(text)
        assert sharing.cores() == count


@pytest.mark.parametrize("text", ["0", "-1", "many", "1.5", ""])
def test_a_number_of_runs_at_once_is_one_or_more(text):
    with pytest.raises(BenchError, match="no number of runs at once"):
        jobs(text)


def test_a_worker_of_another_version_is_refused_in_one_line(cli, monkeypatch):
    terms = json.dumps({"since": 0, "patience": 0, "led": True, "code": "0" * 16})
    for command in ([*NOISE, "--hand", terms], ["worker", *NOISE[1:], "--code", "0" * 16]):
        code, _, errors = cli(*command)
        assert code == 2 and errors.count("\n") == 1
        assert "is not the one that started this worker" in errors and "same version" in errors


FAILS = LEARNS.replace("self.rounds += 1", "1 / 0")


def test_a_failed_run_is_tried_once_by_the_workers_of_one_command(cli, method_file, tmp_path):
    command = ("worker", *path_run(method_file("fails", FAILS))[1:])
    code, output, _ = cli(*command)
    assert code == 1 and output.startswith("failed ")
    (path,) = (tmp_path / "results" / "runs").glob("*.json")
    before = path.stat().st_mtime_ns
    since = str(before / 1e9 - 1)
    code, output, _ = cli(*command, "--since", since)
    assert code == 1 and "failed " in output and path.stat().st_mtime_ns == before
    assert cli(*command)[0] == 1 and path.stat().st_mtime_ns > before  # the next one tries again


def test_a_worker_takes_what_another_gives_back_while_it_waits(cli, tmp_path, monkeypatch):
    assert cli(*NOISE)[0] == 0
    store = sessions.Store(tmp_path / "results")
    (path,) = store.runs.glob("*.json")
    run_id = path.stem.rpartition("-")[2]
    path.unlink()
    held = store.claim(run_id)
    held.__enter__()
    worker = ("worker", *NOISE[1:])
    code, output, _ = cli(*worker)
    assert code == 75 and f"process {os.getpid()} is running it" in output
    waits = iter([lambda: None, lambda: held.__exit__(None, None, None)])
    clock = SimpleNamespace(sleep=lambda _: next(waits)(), monotonic=time.monotonic)
    monkeypatch.setattr(sessions, "time", clock)
    code, output, _ = cli(*worker, "--wait", "1m")
    assert code == 0 and output.count("skipped ") == 1 and output.count("done ") == 1


def test_who_loses_a_run_on_the_way_leaves_it_to_the_other(cli, method_file, tmp_path):
    body = LEARNS.replace(
        "self.rounds += 1",
        "self.rounds += 1\n"
        "        import pathlib\n"
        f"        for one in pathlib.Path({str(tmp_path / 'results/.state')!r}).glob('*.lease'):\n"
        "            one.unlink()\n"
        '            one.write_text(\'{"token": "of another"}\')\n',
    )
    code, output, errors = cli(*path_run(method_file("robbed", body)), "--save-every", "0.0001s")
    assert code == 75 and "Traceback" not in output + errors
    assert "left to another: robbed" in errors and "another process has taken this run" in errors
    assert rows(tmp_path / "results") == [] == states(tmp_path / "results")


def test_a_folder_that_goes_away_is_waited_for_and_the_run_goes_on(
    cli, method_file, tmp_path, monkeypatch
):
    home, away = tmp_path / "results", tmp_path / "away"
    body = LEARNS.replace(
        "self.rounds += 1",
        "self.rounds += 1\n"
        "        import pathlib\n"
        f"        home, away = pathlib.Path({str(home)!r}), pathlib.Path({str(away)!r})\n"
        "        if self.rounds == 4 and not (home / 'was-away').exists():\n"
        "            (home / 'was-away').touch()\n"
        "            home.rename(away)",
    )
    clock = SimpleNamespace(sleep=lambda _: away.rename(home), monotonic=time.monotonic)
    monkeypatch.setattr(teams, "time", clock)
    command = path_run(method_file("moves", body))
    code, output, errors = cli(*command, "--save-every", "0.0001s")
    assert code == 0, output + errors
    assert f"{home} is away: waiting up to 10 min for it" in errors
    assert f"{home} is back: the run goes on from its last state" in output
    (row,) = rows(home)
    assert (row.status, row.queries, row.asked_in_all) == ("complete", 300, 300)


def test_a_folder_that_does_not_come_back_ends_the_command(tmp_path, monkeypatch):
    monkeypatch.setattr(teams, "AWAY", 0.0)
    store, told = sessions.Store(tmp_path), Told()
    problem = StoreError("cannot write")
    assert not teams.comes_back(store, problem, told, lambda: False)
    assert told.warned and not told.said
    store.prepare()
    told = Told()
    assert not teams.comes_back(store, problem, told, lambda: False) and not told.warned


def test_a_teacher_is_trained_by_one_worker_and_the_others_wait(cli, tmp_path, monkeypatch):
    data, folder = datasets.load("digits"), tmp_path / "teachers"
    held = preparing.claim(data, "mlp", folder)
    held.__enter__()
    save_teacher(tmp_path / "elsewhere", 1, "mlp")

    def trained(_):
        (tmp_path / "elsewhere").rename(tmp_path / "done")
        for file in (tmp_path / "done").iterdir():
            file.rename(folder / file.name)
        held.__exit__(None, None, None)

    monkeypatch.setattr(opening, "time", SimpleNamespace(sleep=trained))
    monkeypatch.setattr(preparing, "train", lambda *_: pytest.fail("it is trained twice"))
    code, output, errors = cli("worker", *NOISE[1:], "--teacher", "mlp", "--allow-weak-teacher")
    assert code == 0, output + errors
    assert f"waiting: process {os.getpid()} trains the mlp teacher of digits (it holds " in output
    assert not list(folder.glob(".*.lease"))


def test_a_worker_that_waits_for_a_teacher_can_be_stopped(cli, tmp_path, monkeypatch):
    with preparing.claim(datasets.load("digits"), "mlp", tmp_path / "teachers"):
        monkeypatch.setattr(
            opening, "time", SimpleNamespace(sleep=lambda _: os.kill(os.getpid(), signal.SIGTERM))
        )
        assert cli("worker", *NOISE[1:], "--teacher", "mlp")[0] == 75
    assert rows(tmp_path / "results") == []


def test_a_team_stays_as_long_as_it_was_told():
    session = sessions.Session.__new__(sessions.Session)
    session.team = Team(patience=5.0)
    assert not session._stays(time.monotonic() - 6)


@pytest.mark.slow
def test_rows_of_several_workers_are_those_of_one(cli, bench, tmp_path):
    done = bench(*SEEDS, "--jobs", "2", "--save-every", "0.1s")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("2 runs at once, each on 1 thread\n")
    assert done.stdout.count("done  ") == 3
    assert cli(*SEEDS, "--results", tmp_path / "alone")[0] == 0
    mine, alone = rows(tmp_path / "results"), rows(tmp_path / "alone")
    assert [numbers(row) for row in mine] == [numbers(row) for row in alone]
    assert [row.device for row in mine] == [row.device for row in alone]
    code, output, _ = cli(*SEEDS, "--jobs", "2")
    assert code == 0 and output.count("exists  ") == 3  # nobody is started for that


SLOW = LEARNS.replace("images =", "import time\n        time.sleep(0.3)\n        images =")
SLOW = SLOW.replace("return self.rounds < 6", "return self.rounds < 40")


@pytest.fixture
def started(method_file, tmp_path):
    """A command of two workers that run, and its process."""
    words = [text if text != "0" else "0,1" for text in path_run(method_file("slow", SLOW), 2000)]
    command = bench_command(*words, "--no-reference", "--jobs", "2", "--save-every", "0.1s")
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(
        command, cwd=tmp_path, env=bench_environment(tmp_path), **pipes
    ) as process:
        limit = time.monotonic() + 120
        while len(states(tmp_path / "results")) < 2:
            assert process.poll() is None and time.monotonic() < limit
            time.sleep(0.1)
        yield process
        process.kill()


def workers(folder) -> list[int]:
    found = (folder / "results" / ".state").glob("*.lease")
    return [json.loads(path.read_text())["process"] for path in found]


@pytest.mark.slow
def test_a_killed_worker_is_replaced_and_one_signal_stops_all(started, tmp_path):
    os.kill(workers(tmp_path)[0], signal.SIGKILL)
    line = ""
    while "has ended by signal 9" not in line:
        line = started.stdout.readline()
        assert line
    started.send_signal(signal.SIGINT)
    output, _ = started.communicate(timeout=100)
    assert started.returncode == 75, output
    assert output.count("stopped; the same command goes on from here") == 1
    assert len(states(tmp_path / "results")) == 2 and rows(tmp_path / "results") == []
    assert len(workers(tmp_path)) <= 1  # of the killed one, which nobody may have taken over yet
