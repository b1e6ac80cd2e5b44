"""A disk that is full, at every write of a run: nothing is lost, and the same command goes on."""

from __future__ import annotations

import errno
import os
import shutil
from types import SimpleNamespace

import pytest

from benchmark import files
from benchmark.files import MB, StoreError, check_room, write_together
from benchmark.rows.file import read_row
from benchmark.rows.store import Store
from benchmark.run import room
from support.runs import LEARNS, NOISE, numbers, only_row, path_run, states, temporaries

pytestmark = pytest.mark.usefixtures("four_passes")
SHORT = LEARNS.replace("self.rounds < 6", "self.rounds < 4")
SAVING = ("--save-every", "0.0001s")
FULL = OSError(errno.ENOSPC, "No space left on device")
ENDED = "the run has ended, and the same command writes its row"


@pytest.fixture
def disk(monkeypatch):
    """``disk.fail(at, once)``: write number ``at`` finds the disk full, or all from there on."""
    real, made = files._temporary, SimpleNamespace(writes=[], at=-1, once=True)

    def write(path, content):
        made.writes.append(path.name)
        number = len(made.writes) - 1
        if number == made.at or (number > made.at >= 0 and not made.once):
            raise FULL
        return real(path, content)

    def fail(at: int, once: bool = True) -> None:
        made.writes, made.at, made.once = [], at, once

    monkeypatch.setattr(files, "_temporary", write)
    made.fail = fail
    return made


@pytest.fixture
def command(method_file):
    """A run of four rounds."""
    return path_run(method_file("short", SHORT), 200)


@pytest.fixture
def undisturbed(command, cli, tmp_path, disk):
    """The numbers of the run, and the files that it writes, in order."""
    assert cli(*command, *SAVING, "--results", tmp_path / "undisturbed")[0] == 0
    return numbers(only_row(tmp_path / "undisturbed")), [*disk.writes]


def goes_on(command, cli, results, row) -> None:
    """The same command, on a disk that has room again, comes to the same row."""
    assert temporaries(results) == []
    code, output, errors = cli(*command)
    assert code == 0, output + errors
    assert numbers(only_row(results)) == row
    store = Store(results)
    assert store.student(only_row(results)) and store.sample(only_row(results))
    assert states(results) == [] and temporaries(results) == []


@pytest.mark.parametrize("once", [True, False], ids=["once", "from there on"])
def test_at_every_write_a_full_disk_costs_no_run(once, command, cli, tmp_path, disk, undisturbed):
    row, writes = undisturbed
    kinds = [name.rpartition(".")[2] for name in writes]
    steps = kinds.count("pt")
    assert steps == 3 and kinds[-3:] == ["safetensors", "safetensors", "json"]
    passes = kinds.count("reference")
    assert passes == 3 and len(writes) == 4 + steps + passes + 3  # probes, states, the end
    first = [at for at, kind in enumerate(kinds) if at < 5 + steps or kind != "reference"]
    for at in first if once else first[4::2]:
        disk.fail(at, once)
        code, output, errors = cli(*command, *SAVING)
        told = output + errors
        assert "Traceback" not in told and told.count("No space left on device") >= 1
        if kinds[at] in ("pt", "reference") and once:  # a later state and the row had room
            words = "the run goes on and tries again", "the reference student begins anew"
            assert code == 0 and words[kinds[at] == "reference"] in output
            assert numbers(only_row(tmp_path / "results")) == row
        else:
            assert code == 2 and errors.count("\n") == 1
            assert list((tmp_path / "results").glob("runs/*.json")) == []
        if at >= 4 + steps and code:
            assert ENDED in errors if once else "goes on from its last saved state" in errors
            assert len(states(tmp_path / "results")) == 1
        disk.fail(-1)
        if code:
            goes_on(command, cli, tmp_path / "results", row)
            resumed = only_row(tmp_path / "results").resumes
            assert resumed == (at >= 4 + steps or (not once and at > 4))
        shutil.rmtree(tmp_path / "results")


def test_a_short_run_that_was_never_saved_is_kept_at_its_end(
    command, cli, tmp_path, disk, undisturbed
):
    row, _ = undisturbed
    disk.fail(4)  # the sample; no state comes before it
    code, _, errors = cli(*command)
    assert code == 2 and ENDED in errors and len(states(tmp_path / "results")) == 1
    disk.fail(-1)
    goes_on(command, cli, tmp_path / "results", row)
    again = only_row(tmp_path / "results")
    assert again.resumes == 1 and again.steps == row["steps"]


def test_where_nothing_at_all_can_be_written_that_is_said(
    command, cli, tmp_path, disk, undisturbed
):
    disk.fail(4, once=False)
    code, _, errors = cli(*command)
    assert code == 2 and errors.endswith("the run has ended, and nothing of it was saved before\n")
    disk.fail(-1)
    goes_on(command, cli, tmp_path / "results", undisturbed[0])


def test_a_stop_that_cannot_be_saved_is_no_stop_that_was(command, cli, disk):
    disk.fail(4)
    code, output, errors = cli(*command, "--stop-after", "0.001s")
    assert code == 2 and "state saved" not in output
    assert errors.endswith("the run is not saved, nothing of it was saved before\n")


DELIVERS = (
    LEARNS
    + """
    def deliver(self):
        with torch.no_grad():  # not twice the same
            for of in self.student.parameters():
                of.mul_(0.5)
        self.log(delivered=1)
        return self.student
"""
)
ONCE_MORE = LEARNS.replace("return self.rounds < 6", "return self.rounds % 6 > 0")


@pytest.mark.parametrize("body", [DELIVERS, ONCE_MORE], ids=["delivers", "steps on when asked"])
def test_a_run_that_ended_only_delivers_when_it_goes_on(body, cli, method_file, tmp_path, disk):
    command = path_run(method_file("ends", body), 300)
    assert cli(*command, "--results", tmp_path / "undisturbed")[0] == 0
    disk.fail(4)
    code, _, errors = cli(*command)
    assert code == 2 and ENDED in errors
    disk.fail(-1)
    assert cli(*command)[0] == 0
    rows = [only_row(tmp_path / name) for name in ("results", "undisturbed")]
    assert numbers(rows[0]) == numbers(rows[1]) and rows[0].resumes == 1


OTHER = LEARNS.replace("0.1)", "0.2)")  # other numbers under the same id


@pytest.fixture
def replaced(cli, method_file, tmp_path):
    """A command whose row is there, made by other code than the method has now."""
    path = method_file("mends", LEARNS)
    assert cli(*path_run(path))[0] == 0
    method_file("mends", OTHER)
    return (*path_run(path), "--force")


def test_under_force_the_old_row_and_its_files_stay_until_the_new_are_there(
    replaced, cli, tmp_path, disk
):
    store = Store(tmp_path / "results")
    old = only_row(store.root)
    for at in range(4, 7):
        disk.fail(at)
        code, _, errors = cli(*replaced)
        assert code == 2 and "cannot write" in errors and ENDED in errors
        assert only_row(store.root) == old and store.student(old) and store.sample(old)
        assert temporaries(store.root) == []
    disk.fail(-1)
    assert cli(*replaced)[0] == 0
    new = only_row(store.root)
    assert new.student_sha != old.student_sha and store.student(new) and store.sample(new)


@pytest.mark.parametrize("at", [5, 6, 7])
def test_a_rename_that_fails_leaves_the_old_row(at, replaced, cli, tmp_path, monkeypatch):
    old, real, calls = only_row(tmp_path / "results"), os.replace, []

    def replace(*given):
        calls.append(given)
        if len(calls) == at:  # four probes, then the sample, the student and the row
            raise OSError(errno.EIO, "Input/output error")
        return real(*given)

    with monkeypatch.context() as broken:
        broken.setattr(os, "replace", replace)
        code, _, errors = cli(*replaced)
    assert code == 2 and "Input/output error" in errors and ENDED in errors
    assert only_row(tmp_path / "results") == old and temporaries(tmp_path / "results") == []
    assert cli(*replaced)[0] == 0
    assert only_row(tmp_path / "results").student_sha != old.student_sha


def test_files_are_written_together_or_not_at_all(tmp_path, monkeypatch):
    paths = [tmp_path / name for name in "abc"]
    write_together(dict.fromkeys(paths, b"old"))
    real = files._temporary
    for bad in paths:
        monkeypatch.setattr(
            files,
            "_temporary",
            lambda path, content, bad=bad: (
                (_ for _ in ()).throw(FULL) if path == bad else real(path, content)
            ),
        )
        with pytest.raises(StoreError, match=f"cannot write {bad}: No space left"):
            write_together(dict.fromkeys(paths, b"new"))
        assert [path.read_bytes() for path in paths] == [b"old"] * 3
        assert sorted(tmp_path.iterdir()) == paths


def free(monkeypatch, count: int) -> None:
    monkeypatch.setattr(files.shutil, "disk_usage", lambda _: SimpleNamespace(free=count))


def test_room_is_proven_before_the_first_query(cli, method_file, tmp_path, monkeypatch):
    asks = LEARNS.replace("labels = self", "open('asked', 'w').close()\n        labels = self")
    command = path_run(method_file("asks", asks), 300)
    free(monkeypatch, 3 * MB)
    code, _, errors = cli(*command)
    assert code == 2 and errors.count("\n") == 1 and not (tmp_path / "asked").exists()
    assert "has 3.0 MB free, this run (300 queries, a lenet) needs " in errors
    assert "make room, or choose a folder on another disk" in errors
    assert list((tmp_path / "results" / "runs").iterdir()) == []
    free(monkeypatch, 100 * MB)
    assert cli(*command)[0] == 0 and (tmp_path / "asked").exists()


def test_room_is_measured_from_the_student_the_budget_and_what_is_bought():
    def needed(weights: int, budget: int, bought: int = 0) -> int:
        import torch

        return room.needed({"w": torch.zeros(weights)}, {}, budget, bought)

    assert needed(10**6, 100) - needed(0, 100) == 2 * 3 * 4 * 10**6 - (room.LIMIT // 8 - 1200)
    assert needed(0, 10**8) - needed(0, 10**7) == 2 * room.RECEIPT * 9 * 10**7
    assert needed(0, 100, 777) == needed(0, 100) + 777


def test_a_file_system_that_does_not_say_what_is_free_is_believed(tmp_path, monkeypatch):
    def refuse(_):
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(files.shutil, "disk_usage", refuse)
    check_room(tmp_path, 10**18, "a run")
    monkeypatch.undo()
    with pytest.raises(StoreError, match="a run needs"):
        check_room(tmp_path, 10**18, "a run")


def test_the_note_of_what_a_forced_command_has_done_may_fail(cli, tmp_path, disk):
    assert cli(*NOISE)[0] == 0
    disk.fail(7)
    code, output, errors = cli(*NOISE, "--force")
    assert code == 0, errors
    assert "this command runs that cell again" in output and ".again/" in output
    assert read_row(next((tmp_path / "results" / "runs").glob("*.json")))
