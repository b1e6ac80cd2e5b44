"""Hostile method files: none gets a label, a logit, a weight or a test image beyond its row.

Each attempt is made twice: confined, where it must get nothing, and where less is promised, where
it must get further, so that none of them is an attempt in name only.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from benchmark.confine import strongest
from benchmark.host import remote
from benchmark.oracle.serving import Serving
from benchmark.rows.row import Row
from support.runs import only_row, path_run, states
from support.suite import ROOT

needs_confinement = pytest.mark.skipif(
    strongest().isolation != "confined", reason="this kernel does not confine a process"
)
pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="Linux alone")]
FOLDER = Path(__file__).parent / "hostile"
# Attempts that get further in a process that is not confined, for any user of the machine.
BY_A_PROCESS = """
images_of_scikit_learn images_beside_scikit_learn the_suites_data_sets the_suites_teachers
a_shipped_teacher a_folder_of_data a_link_to_the_folder_of_data a_folder_of_teachers
published_numbers a_row names_of_results its_own_journal images_bought_before
variables_of_the_parent open_files_of_the_parent shared_memory_of_others names_of_shared_memory
labels_kept_in_a_file a_file_without_a_name labels_kept_in_a_socket labels_kept_in_its_own_file
labels_kept_as_a_time labels_kept_as_a_mode labels_kept_as_a_name another_row another_row_by_a_link
a_row_by_a_link_of_its_own another_row_by_mapping_it a_row_less a_row_cut_short a_pipe_with_a_name
a_run_of_its_own a_shell a_program_in_its_place a_library_of_its_own
clone3 pidfd_open memfd_create shmget unshare process_vm_readv inotify_init splice socketpair
a_signal_to_the_parent a_server_on_the_network the_network a_file_that_grows
"""
BESIDE_THE_SUITE = """
a_network_among_all_objects an_object_of_the_suite frames_of_other_threads frames_above_its_own
a_traceback_of_its_own modules_of_the_suite logits_by_a_replaced_argmax
logits_by_a_replaced_layer an_account_that_counts_nothing a_fork_that_keeps_the_teacher
"""


@pytest.fixture
def paths(tmp_path) -> dict[str, str]:
    """Files that are there and that no method may reach; their names are told to it."""
    import sklearn

    secrets = {name: tmp_path / "secret" / name for name in ("data", "teachers", "row", "library")}
    (tmp_path / "secret").mkdir()
    for path in secrets.values():
        path.write_text("secret")
    library = next(Path(path) for path in sys.path if path.endswith("lib-dynload"))
    shutil.copy(next(library.glob("_bisect*.so")), secrets["library"])
    (tmp_path / "link").symlink_to(secrets["data"])
    (tmp_path / "place").mkdir()
    shared = Path("/dev/shm", f"secret-{os.getpid()}")
    shared.write_text("secret")
    found = {
        **secrets,
        "link": tmp_path / "link",
        "place": tmp_path / "place",
        "results": tmp_path / "results",
        "method": tmp_path / "hostile.py",
        "shared": shared,
        "sklearn": Path(sklearn.__file__).parent / "datasets" / "data",
        "shipped": next((ROOT / "teachers" / "shipped").glob("*.safetensors")),
        "published": ROOT / "benchmark" / "data" / "published.csv",
        "block": ROOT / "methods" / "_blocks" / "pool.py",
    }
    yield {name: str(path) for name, path in found.items()}
    shared.unlink()


@pytest.fixture
def attack(cli, tmp_path, paths, monkeypatch):
    """``run(level, *names) -> row`` of one method with the attempts of these files."""

    def run(level: str, *names: str) -> Row:
        text = "\n".join((FOLDER / f"{name}.py").read_text() for name in names)
        text = text.replace("PATHS = {}", f"PATHS = json.loads({json.dumps(paths)!r})")
        (tmp_path / "hostile.py").write_text(f"import json\n{text}")
        code, output, errors = cli(*path_run(tmp_path / "hostile.py"), "--isolation", level)
        assert code == 0, output + errors
        run.output = output
        return only_row(tmp_path / "results")

    return run


def attempts(*names: str) -> int:
    """How many attempts stand in these files."""
    texts = [(FOLDER / f"{name}.py").read_text() for name in names]
    calls = re.findall(r'^    "\w+": \(\d+', "\n".join(texts), re.MULTILINE)
    return len(calls) + sum(len(re.findall(r"^def try_", text, re.MULTILINE)) for text in texts)


def through(row: Row) -> set[str]:
    noted = [note.removeprefix("through: ") for note in row.notes if note.startswith("through: ")]
    return {name for note in noted for name in note.split()}


@needs_confinement
def test_a_confined_method_gets_nothing_by_any_attempt(attack):
    row = attack("confined", "memory", "files", "kernel", "_ending")
    assert f"made {attempts('memory', 'files', 'kernel')}" in row.notes
    assert through(row) == set() and row.isolation == "confined"
    assert attempts("memory", "files", "kernel") > 100
    (end,) = row.curve[-1:]
    spent = {end.logged["labels"], row.queries, row.asked_in_all, sum(row.labels_per_class)}
    assert len(spent) == 1 and 280 < row.queries <= 300


def test_the_attempts_at_files_and_the_kernel_get_further_where_nothing_is_confined(attack):
    row = attack("process", "files", "kernel", "_ending")
    assert set(BY_A_PROCESS.split()) - through(row) == set() and row.isolation == "process"


def test_the_attempts_at_memory_get_further_beside_the_suite(attack):
    row = attack("thread", "memory", "_ending")
    assert set(BESIDE_THE_SUITE.split()) - through(row) == set() and row.isolation == "thread"


def came_by(row: Row) -> dict[str, set[int]]:
    """The processes that ran a method's code, by place."""
    found: dict[str, set[int]] = {}
    for place, number in (note.split() for note in row.notes):
        found.setdefault(place, set()).add(int(number))
    return found


@needs_confinement
def test_code_that_waits_where_the_suite_looks_runs_in_the_methods_own_process(attack):
    """Properties, subclasses, hooks: beside the suite some of them run as the suite."""
    row = attack("confined", "watched")
    found = came_by(row)
    assert {"student", "iter", "items", "float"} <= found.keys()
    assert len(set.union(*found.values())) == 1 and os.getpid() not in set.union(*found.values())
    assert row.queries == row.asked_in_all == 300 and "a note of its own" not in row.notes


KEEPS = """
    def step(self):
        import os
        images = torch.tensor(list(os.urandom(256 * 100))).view(100, *self.spec.shape)
        self.oracle(images / 255)
        os._exit(0)
"""


@needs_confinement
def test_a_method_that_asks_ends_and_is_started_again_is_named(
    cli, method_file, tmp_path, executed_here
):
    command = (*path_run(method_file("keeps", KEEPS)), "--isolation", "confined")
    for asked in (100, 200):
        assert cli(*command)[0] == 1
        row = only_row(tmp_path / "results")
        assert "ended with code 0" in row.error and row.asked_in_all == asked
    assert row.queries == 100 and "asked-more" in row.flags


NUISANCES = {
    "last words": (
        "os.write(2, b'\\x1b[2Jbad \\x1b]0;title\\x07news\\n' * 100_000)\nos._exit(3)",
        "ended with code 3, in the middle of its work; its last words:\n",
    ),
    "numbers": ("self._scalars = {'a': 10**400}\nself._new = {'a'}\nreturn False", "OverflowError"),
    "exit": ("raise SystemExit('\\x1b[2Jover')", "SystemExit: over"),
    "memory": ("x = [bytearray(2**28) for _ in range(99)]", "MemoryError"),
    "odd error": ("raise type('E', (Exception,), {'__str__': lambda e: 1 / 0})", "cannot be had"),
    "half a frame": ("os.write(self.oracle._connection.fileno(), b'bf-1' * 3)\nos._exit(5)", "5"),
    "a large question": (
        "self.oracle._spec = None\nfrom importlib import import_module as get\n"
        "frames = get('benchmark.host.frames')\n"
        "big = torch.zeros(10**6, *self.spec.shape, dtype=torch.uint8)\n"
        "frames.send(self.oracle._connection, frames.Frame('ask', {}, {'images': big}))",
        "is larger than it may be",
    ),
    "another student": (
        "self.student = torch.nn.Linear(3, 3)\nreturn False",
        "student",
    ),
    "no number": ("return float('nan')", "step() returned nan"),
}


@needs_confinement
@pytest.mark.parametrize("kind", NUISANCES)
def test_a_nuisance_is_a_failed_row_that_says_why(kind, cli, method_file, tmp_path, executed_here):
    lines, said = NUISANCES[kind]
    body = "def step(self):\n    import os\n" + "".join(f"    {x}\n" for x in lines.split("\n"))
    command = (*path_run(method_file("nuisance", body)), "--memory-limit", "3GB")
    code, output, errors = cli(*command, "--isolation", "confined")
    assert code == 1, output + errors
    row = only_row(tmp_path / "results")
    assert row.status == "failed" and said in row.error
    assert "\x1b" not in output + errors + row.error and len(row.error) < 10_000


FLOOD = """
    def step(self):
        self._notes = [f"{n} \\x1b[2J\\x1b]0;title\\x07\\u202e" + "x" * 10**6 for n in range(99)]
        return False
"""


@needs_confinement
def test_notes_are_few_short_and_visible(cli, method_file, tmp_path, executed_here):
    command = (*path_run(method_file("flood", FLOOD)), "--isolation", "confined")
    assert cli(*command)[0] == 0
    notes = only_row(tmp_path / "results").notes
    assert len(notes) == 21 and all(note.isprintable() and len(note) <= 300 for note in notes)


ENDLESS = """
    def setup(self):
        self.rounds = 0

    def step(self):
        import os, signal
        for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_IGN)
        self.oracle(torch.rand(100, *self.spec.shape))
        self.rounds += 1
        while self.rounds == 2:
            WAITS
        return True
"""
WAITS = {
    "computes": ("confined", "pass"),
    "asks nothing, for ever": ("process", "self.oracle(torch.zeros(0, *self.spec.shape))"),
    "floods standard error": ("confined", "os.write(2, b'x' * 2**20)"),
}


@pytest.fixture
def signalled(cli, tmp_path):
    """``run(command, *signals) -> exit code``: the signals come once a first state is saved."""

    def send(numbers: tuple[int, ...]) -> None:
        while not states(tmp_path / "results"):
            time.sleep(0.05)
        for number in numbers:
            time.sleep(0.5)
            os.kill(os.getpid(), number)

    def run(command: tuple, *numbers: int) -> int:
        sender = threading.Thread(target=send, args=(numbers,), daemon=True)
        sender.start()
        code, run.output, _ = cli(*command, "--save-every", "0.0001s")
        sender.join()
        return code

    return run


@needs_confinement
@pytest.mark.parametrize("waits", WAITS)
def test_a_step_without_end_is_given_up_after_a_signal(
    waits, signalled, method_file, tmp_path, monkeypatch, executed_here
):
    monkeypatch.setattr(remote, "GRACE", (1.0, 1.0))
    level, lines = WAITS[waits]
    path = method_file("endless", ENDLESS.replace("WAITS", lines))
    command = (*path_run(path), "--isolation", level)
    assert signalled(command, signal.SIGTERM) == 75
    assert "a step did not end for 1 s, and was given up" in signalled.output
    assert len(states(tmp_path / "results")) == 1


@needs_confinement
def test_a_second_signal_ends_a_step_without_end_at_once(signalled, method_file, executed_here):
    path = method_file("endless", ENDLESS.replace("WAITS", "pass"))
    command = (*path_run(path), "--isolation", "confined")
    assert signalled(command, signal.SIGINT, signal.SIGINT) == 130


FORKS = """
    def step(self):
        import os, time
        if not os.fork():
            time.sleep(600)
        self.note(str(os.getpgid(0)))
        return False
"""


def alive(group: int) -> list[str]:
    """The processes of a group that have not ended, by ``/proc``."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, its_group = path.read_text().rpartition(")")[2].split()[:3]
            found += [path.parent.name] * (int(its_group) == group and state not in "ZX")
    return found


def test_children_of_a_method_end_with_its_run(cli, method_file, tmp_path, executed_here):
    command = (*path_run(method_file("forks", FORKS)), "--isolation", "process")
    assert cli(*command)[0] == 0
    (group,) = only_row(tmp_path / "results").notes
    end = time.monotonic() + 20
    while alive(int(group)) and time.monotonic() < end:
        time.sleep(0.05)
    assert alive(int(group)) == []


def test_an_error_of_the_teacher_fails_its_run_alone(
    cli, method_file, tmp_path, monkeypatch, executed_here
):
    def failing(self, shown):
        raise ArithmeticError("a teacher of a test")

    monkeypatch.setattr(Serving, "_answer", failing)
    path = method_file("asks", "def step(self):\n    self.oracle(torch.rand(5, *self.spec.shape))")
    for level in ("process", "thread"):
        folder = tmp_path / level
        assert cli(*path_run(path), "--isolation", level, "--results", folder)[0] == 1
        said = "RuntimeError: the oracle failed: ArithmeticError: a teacher of a test"
        assert said in only_row(folder).error
