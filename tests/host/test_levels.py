"""Which isolation a wish means on a machine, and the line that says so."""

from __future__ import annotations

import pytest
import torch

from benchmark.confine import strongest
from benchmark.confine.probe import Strongest
from benchmark.errors import BenchError
from benchmark.host import levels, process, reach
from support.runs import only_row

NO_LANDLOCK = "this kernel has no Landlock (it came with Linux 5.13)."
NO_FILTER = "seccomp filters are not to be had here: Operation not permitted."
NO_LINUX = "confinement rests on Linux, and this system is darwin."
RUN = ("run", "--methods", "noise", "--dataset", "digits", "--budget", "300", "--seeds", "0")


def machine(monkeypatch, reason: str, system: str = "posix") -> None:
    """A machine that confines nothing for a reason; ``system`` as ``os.name`` has it."""
    found = Strongest("process", reason) if reason else Strongest("confined")
    monkeypatch.setattr(levels, "strongest", lambda: found)
    monkeypatch.setattr(levels.os, "name", system)


@pytest.mark.parametrize("reason", [NO_LANDLOCK, NO_FILTER, NO_LINUX])
def test_auto_falls_back_to_a_process_and_says_why(reason, monkeypatch):
    machine(monkeypatch, reason)
    assert levels.picked("auto") == ("process", reason)
    assert (
        levels.told("process", reason)
        == f"methods run in processes that are not confined: {reason}"
    )
    with pytest.raises(BenchError, match="this machine does not confine a process: "):
        levels.picked("confined")
    assert levels.picked("process") == ("process", "") and levels.picked("thread") == ("thread", "")


def test_auto_is_confined_where_that_is_to_be_had_and_the_gpu_was_reached(monkeypatch):
    machine(monkeypatch, "")
    assert levels.picked("auto") == levels.picked("confined") == ("confined", "")
    assert levels.picked("auto", lambda: "") == ("confined", "")
    assert levels.picked("auto", lambda: "no card.") == ("process", "no card.")
    with pytest.raises(BenchError, match=r"does not confine a process: no card\."):
        levels.picked("confined", lambda: "no card.")


def test_a_gpu_is_tried_where_it_decides_alone(monkeypatch):
    tried = []
    machine(monkeypatch, NO_LANDLOCK)
    assert levels.picked("auto", lambda: tried.append(1) or "") == ("process", NO_LANDLOCK)
    machine(monkeypatch, "")
    for wish in ("process", "thread"):
        assert levels.picked(wish, lambda: tried.append(1) or "") == (wish, "")
    assert tried == []


@pytest.mark.slow
@pytest.mark.skipif(strongest().isolation != "confined", reason="nothing is confined here")
def test_a_confined_process_says_whether_it_reaches_a_device():
    assert reach.trial("cpu") is None
    assert reach.refusal("cpu") == ""
    said = reach.refusal("cuda")
    if not torch.cuda.is_available():
        assert said.startswith("a confined process was tried and did not reach the cuda device: ")
        assert said.endswith(".") and "\n" not in said
    slow = reach.refusal("cpu", 0.0)
    assert "it did not answer within 0 s" in slow


def test_without_the_means_of_unix_auto_is_a_thread(monkeypatch):
    machine(monkeypatch, "", system="nt")
    level, reason = levels.picked("auto")
    assert level == "thread" and "methods run beside the suite: " in levels.told(level, reason)
    for wish in ("process", "confined"):
        with pytest.raises(BenchError, match="this machine"):
            levels.picked(wish)


def test_the_usual_wish_is_auto_or_that_of_the_environment(monkeypatch):
    assert levels.usual() == "thread", "as tests set it"
    monkeypatch.delenv("BENCH_ISOLATION")
    assert levels.usual() == "auto"
    monkeypatch.setenv("BENCH_ISOLATION", "confind")
    with pytest.raises(BenchError, match=r"BENCH_ISOLATION 'confind'\. Did you mean confined\?"):
        levels.usual()


@pytest.mark.slow
@pytest.mark.parametrize("reason", ["", NO_LANDLOCK])
def test_a_command_says_once_where_methods_run(reason, cli, tmp_path, monkeypatch):
    if not reason and strongest().isolation != "confined":
        pytest.skip("this kernel does not confine a process")
    machine(monkeypatch, reason)
    monkeypatch.delenv("BENCH_ISOLATION")
    code, output, errors = cli(*RUN, "--device", "cpu", "--no-reference")
    level = "process" if reason else "confined"
    assert (code, only_row(tmp_path / "results").isolation) == (0, level), output + errors
    assert output.count("methods run ") == 1 and levels.told(level, reason) in output
    assert cli(*RUN, "--device", "cpu", "--isolation", "thread")[1].count("methods run ") == 0


def test_a_plan_starts_no_interpreter(cli, monkeypatch):
    def refused(*given):
        raise AssertionError("an interpreter was started")

    monkeypatch.setattr(process, "_server", refused)
    found = cli(*RUN, "--device", "cpu", "--isolation", "process", "--dry-run")
    assert found[0] == 0, found
