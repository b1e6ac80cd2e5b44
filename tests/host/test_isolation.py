"""Methods in a process of their own: the same numbers as beside the suite, and no way to it."""

from __future__ import annotations

import dataclasses
import os

import pytest

from benchmark.confine import strongest
from benchmark.rows.row import Row
from benchmark.rows.store import Store

needs_confinement = pytest.mark.skipif(
    strongest().isolation != "confined", reason="this kernel does not confine a process"
)
LEVELS = ["process", pytest.param("confined", marks=needs_confinement)]
RUN = ("run", "--dataset", "digits", "--budget", "300", "--seeds", "0", "--device", "cpu")
ELSEWHERE = {"isolation", "started", "finished", "checksum", "peak_memory_mb", "dirty", "commit"}
TIMES = {"seconds", "cpu_seconds", "eval_seconds", "reference_seconds", "reference_cpu_seconds"}


def numbers(row: Row) -> dict:
    """All of a row that another level of isolation must not change."""
    found = {name: of for name, of in vars(row).items() if name not in ELSEWHERE | TIMES}
    return found | {"curve": [dataclasses.replace(point, seconds=0) for point in row.curve]}


@pytest.fixture
def at(cli, tmp_path, executed_here):
    def run(level: str, methods: str, *more: str, code: int = 0) -> Row:
        folder = tmp_path / f"results-{level}-{len(list(tmp_path.iterdir()))}"
        given = ("--methods", methods, "--isolation", level, "--results", folder)
        found, output, errors = cli(*RUN, *given, *more)
        assert found == code, (output, errors)
        run.output, run.folder = output, folder
        (row,) = Store(folder).rows()
        return row

    return run


METHODS = {  # under other access than the default; ``test_default_path`` has every method
    "zskt": ("--access", "white-box", "--set", "zskt.batch=50"),
    "dast": ("--access", "score", "--set", "dast.batch=50"),
}


@pytest.mark.slow
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("method", METHODS)
def test_a_run_has_the_same_numbers_at_every_level(method, level, at):
    here, there = at("thread", method, *METHODS[method]), at(level, method, *METHODS[method])
    assert numbers(here) == numbers(there) and here.complete
    assert (here.isolation, there.isolation) == ("thread", level)
    assert there.cpu_seconds > 0


@pytest.mark.slow
def test_a_run_goes_on_at_another_level_and_its_row_has_the_weaker(cli, tmp_path):
    given = ("--methods", "ideal", "--set", "ideal.batch=50", "--set", "ideal.final_passes=1")
    plain = (*RUN, *given, "--results", tmp_path / "a")
    assert cli(*plain)[0] == 0
    parts = (*RUN, *given, "--results", tmp_path / "b")
    assert cli(*parts, "--isolation", "process", "--stop-after", "0.01s")[0] == 75
    assert cli(*parts, "--stop-after", "0.01s")[0] == 75
    assert cli(*parts, "--isolation", "process")[0] == 0
    (whole,), (found,) = (Store(tmp_path / name).rows() for name in ("a", "b"))
    same = numbers(whole) | {"resumes": 2}
    assert numbers(found) == same and found.isolation == "thread"


def hostile(method_file, body: str) -> str:
    return str(method_file("hostile", body))


@pytest.mark.slow
def test_a_process_that_ends_is_a_failed_run(at, method_file):
    path = hostile(method_file, "def step(self):\n    import os\n    os._exit(7)")
    row = at("process", path, code=1)
    assert row.status == "failed" and "the process of the method ended with code 7" in row.error


@pytest.mark.slow
def test_a_step_that_does_not_end_is_a_failed_run(at, method_file):
    path = hostile(method_file, "def step(self):\n    while True:\n        pass")
    row = at("process", path, "--step-limit", "2s", code=1)
    assert "a step took more than the limit of 2 s" in row.error


LIES = {
    "no frame": ('link.sendall(b"x" * 200)', "what came is no frame"),
    "another kind": (
        'frames.send(link, frames.Frame("count", {}))',
        "a frame 'count' came",
    ),
    "room": (
        'frames.send(link, frames.Frame("room"))',
        "room for a file that it has not got",
    ),
    "visits": (
        'frames.send(link, frames.Frame("done", {"going_on": True, "visits": {"student": -1}}))',
        "the counts of images are none",
    ),
    "going on": (
        'frames.send(link, frames.Frame("done", {"going_on": 1}))',
        "without saying whether the method goes on",
    ),
    "numbers": (
        'frames.send(link, frames.Frame("done", {"going_on": True, "new": {"a": "b"}}))',
        "the numbers that the method logs are none",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("lie", LIES)
def test_what_a_method_says_in_the_name_of_its_process_is_not_believed(lie, at, method_file):
    said, message = LIES[lie]
    path = hostile(
        method_file,
        f"""def step(self):
    import sys, time
    frames = sys.modules["benchmark.host.frames"]
    link = self.oracle._connection
    {said}
    time.sleep(60)""",
    )
    row = at("process", path, code=1)
    assert row.status == "failed" and message in row.error


@pytest.mark.slow
def test_labels_beyond_the_budget_are_refused_whoever_asks(at, method_file):
    path = hostile(
        method_file,
        """def step(self):
    import sys, torch
    frames = sys.modules["benchmark.host.frames"]
    link, images = self.oracle._connection, torch.zeros(200, *self.spec.shape, dtype=torch.uint8)
    for _ in range(3):
        frames.send(link, frames.Frame("ask", {}, {"images": images}))
        frames.receive(link, ["answer", "refused", "look"])
    return False""",
    )
    row = at("process", path, code=1)
    assert row.queries <= 300


READS = """def step(self):
    found = []
    for path in %r:
        try:
            open(path, "rb").read(1)
            found.append(path)
        except OSError:
            pass
    try:
        import sklearn.datasets
        found.append("sklearn")
    except ImportError:
        pass
    self.note("read: " + ", ".join(found))
    return False"""


@needs_confinement
@pytest.mark.slow
def test_a_confined_method_finds_neither_data_nor_teachers_nor_rows(at, method_file, tmp_path):
    from support.suite import ROOT

    (tmp_path / "secret").write_text("x")
    shipped = sorted((ROOT / "teachers" / "shipped").glob("*.safetensors"))[0]
    rows = sorted((ROOT / "results" / "runs").glob("*.json"))[0]
    paths = [str(tmp_path / "secret"), str(shipped), str(rows), f"/proc/{os.getpid()}/environ"]
    path = hostile(method_file, READS % (paths,))
    assert at("confined", path).notes == ("read:",)
    assert str(tmp_path / "secret") in at("process", path).notes[0], "they are there"


def test_limits_that_have_no_meaning_are_refused(cli):
    code, _, errors = cli(*RUN, "--methods", "noise", "--step-limit", "9m")
    assert code == 2 and "--step-limit is for a process" in errors
    code, _, errors = cli(
        *RUN, "--methods", "noise", "--isolation", "process", "--memory-limit", "4GB"
    )
    assert code == 2 and "--memory-limit is for --isolation confined" in errors
    code, _, errors = cli(*RUN, "--methods", "noise", "--memory-limit", "4 GB")
    assert code == 2 and "is no size; write 500MB or 4GB" in errors
