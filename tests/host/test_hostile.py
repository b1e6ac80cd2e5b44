"""Hostile method files: none gets a label, a logit, a weight or a test image beyond its row.

Each attempt is made twice: confined, where it must get nothing, and where less is promised, where
it must get further, so that none of them is an attempt in name only.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from benchmark.confine import strongest
from benchmark.rows.row import Row
from support.runs import only_row, path_run
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
