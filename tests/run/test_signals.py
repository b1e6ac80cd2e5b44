"""Signals that ask for a stop: saved by any of them, ignored where that was said, handed back."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from benchmark.cli.signals import NAMES, Signals
from support.runs import only_row, path_run, rows, states

HERE = [name for name in NAMES if hasattr(signal, name)]


@pytest.fixture(autouse=True)
def usual():
    """The handlers of before, whatever a test does."""
    numbers = [getattr(signal, name) for name in HERE]  # a test may take a name away
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("name", HERE)
def test_every_signal_asks_for_a_stop_and_its_handler_comes_back(name):
    number, asked = getattr(signal, name), []
    signal.signal(number, lambda *_: asked.append("mine"))
    before = signal.getsignal(number)
    with Signals(lambda: asked.append("stop")):
        os.kill(os.getpid(), number)
        assert asked == ["stop"]
    assert signal.getsignal(number) is before


@pytest.mark.skipif("SIGHUP" not in HERE, reason="there is no SIGHUP here")
def test_nohup_is_respected():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    asked = []
    with Signals(lambda: asked.append("stop")):
        os.kill(os.getpid(), signal.SIGHUP)
    assert asked == [] and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_a_system_without_a_signal_has_the_others(monkeypatch):
    monkeypatch.delattr(signal, "SIGHUP", raising=False)
    asked = []
    with Signals(lambda: asked.append("stop")):
        os.kill(os.getpid(), signal.SIGTERM)
    assert asked == ["stop"]


def test_another_thread_takes_no_handlers_and_runs_all_the_same():
    before, ran = signal.getsignal(signal.SIGTERM), []

    def work():
        with Signals(lambda: None):
            ran.append(signal.getsignal(signal.SIGTERM) is before)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert ran == [True]


STOPPED = """
    def setup(self):
        self.rounds = 0

    def step(self):
        import os, signal
        if self.rounds == 2:
            os.kill(os.getpid(), signal.{})
        self.oracle(torch.rand(50, *self.spec.shape))
        self.rounds += 1
        return self.oracle.remaining > 0
"""


@pytest.fixture
def usual_signals():
    """None is ignored, as SIGHUP is in a process that nohup has started."""
    before = {number: signal.getsignal(number) for number in (getattr(signal, n) for n in HERE)}
    for number in before:
        if before[number] == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("name", [name for name in HERE if name != "SIGINT"])
def test_a_run_that_is_told_to_stop_is_saved_and_goes_on(
    name, cli, method_file, tmp_path, usual_signals
):
    path = method_file("stopped", STOPPED.format(name))
    command = path_run(path)
    code, output, _ = cli(*command)
    assert code == 75 and "stopping after this step" in output
    assert len(states(tmp_path / "results")) == 1 and rows(tmp_path / "results") == []
    assert cli(*command)[0] == 0 and only_row(tmp_path / "results").resumes == 1
