"""A method whose images do not fit in memory keeps them in a file beside the run's state."""

from __future__ import annotations

import errno
import os

import pytest

from benchmark.confine import strongest
from benchmark.files import StoreError
from benchmark.rows.packed import unpack
from benchmark.run import backed
from support import runs
from support.runs import TINY, numbers, only_row, path_run, rows

STRONGEST = strongest().isolation
LEARNS = (
    "run",
    "--methods",
    "dfme:cached",
    *TINY,
    "300",
    "--set",
    "dfme.generator_width=4",
    "--set",
    "dfme.final_passes=2",
    "--no-reference",
)
SIZE = 300 * 16 * 16  # bytes of the images
BUYS_POOL = """
def setup(self):
    from methods._blocks.pool import LabelledPool
    self.pool = LabelledPool(self.spec, self.oracle.budget)

def step(self):
    images = torch.rand(50, *self.spec.shape)
    self.pool.add(images, self.oracle(images))
    {}
"""


REMEMBERS = """
def setup(self):
    self.rounds = 0

def step(self):
    import os
    images = torch.rand(50, *self.spec.shape)
    images[0] = torch.tensor([*os.urandom(256)]).view(1, 16, 16) / 255  # others after each start
    labels = self.oracle(images)
    if self.rounds == 1:
        memory = self.spec.backing.rows(1, (60,))[0]
        if not memory[50]:
            memory[:50] = labels
            memory[50] = 1
            os._exit(5)
        self.note("it was there")
    self.rounds += 1
    return self.rounds < 3
"""


@pytest.fixture
def small_memory(monkeypatch):
    """Any image is too many for memory."""
    monkeypatch.setattr(backed, "MOST", 1)


def kept(results) -> list[str]:
    """The endings of a store's unfinished files, but for locks."""
    endings = (path.suffix for path in (results / ".state").iterdir())
    return sorted(ending for ending in endings if ending != ".lock")


@pytest.mark.parametrize("level", ["thread", STRONGEST])
def test_the_row_is_the_same_and_a_state_holds_no_image(level, cli, tmp_path, monkeypatch):
    command = (*LEARNS, "--isolation", level)
    assert cli(*command, "--results", "memory")[0] == 0
    in_memory = numbers(only_row(tmp_path / "memory"))

    monkeypatch.setattr(backed, "MOST", 1)
    assert cli(*command, "--stop-after", "0.001s")[0] == 75
    results = tmp_path / "results"
    assert kept(results) == [".backing", ".pt"]
    (file,) = (results / ".state").glob("*.backing")
    assert file.stat().st_size == SIZE and any(file.read_bytes())
    (state,) = (results / ".state").glob("*.pt")
    method = unpack(unpack(state.read_bytes())["method"].numpy().tobytes())["method"]
    assert "images" not in method["pool"]["state_dict"]
    assert len(method["pool"]["state_dict"]["labels"]) > 0

    while (code := cli(*command, "--stop-after", "0.001s")[0]) == 75:
        pass
    assert code == 0 and numbers(only_row(results)) == in_memory
    assert kept(results) == []


def test_a_state_of_before_the_file_goes_on_with_one(cli, tmp_path, monkeypatch):
    assert cli(*LEARNS, "--results", "memory")[0] == 0
    assert cli(*LEARNS, "--stop-after", "0.001s")[0] == 75
    monkeypatch.setattr(backed, "MOST", 1)
    assert cli(*LEARNS, "--stop-after", "0.001s")[0] == 75
    assert kept(tmp_path / "results") == [".backing", ".pt"]
    assert cli(*LEARNS)[0] == 0
    assert numbers(only_row(tmp_path / "results")) == numbers(only_row(tmp_path / "memory"))


@pytest.mark.usefixtures("small_memory")
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda file: file.unlink(), "the images of an unfinished run cannot be read from"),
        (lambda file: file.write_bytes(b"few"), f"has 3 bytes, not {SIZE:,}"),
        (lambda file: (file.unlink(), file.symlink_to("/dev/zero")), "cannot be read from"),
        (lambda file: (file.unlink(), os.mkfifo(file)), "cannot be read from"),
    ],
    ids=["missing", "torn", "link", "fifo"],
)
def test_a_spoilt_file_is_named_with_its_cure(spoil, words, cli, tmp_path):
    assert cli(*LEARNS, "--stop-after", "0.001s")[0] == 75
    (file,) = (tmp_path / "results" / ".state").glob("*.backing")
    spoil(file)
    code, output, errors = cli(*LEARNS)
    told = " ".join((output + errors).split())
    assert code == 1 and words in told and f"{file.stem}.pt to start that run over" in told
    assert "--force" not in told  # it would go on from the state, too
    (tmp_path / "results" / ".state" / f"{file.stem}.pt").unlink()
    assert cli(*LEARNS)[0] == 0 and kept(tmp_path / "results") == []


@pytest.mark.usefixtures("small_memory")
@pytest.mark.parametrize("level", ["thread", STRONGEST])
def test_a_disk_without_room_ends_the_run_before_its_first_query(level, cli, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(backed.os, "posix_fallocate", full, raising=False)
    code, output, errors = cli(*LEARNS, "--isolation", level)
    told = " ".join((output + errors).split())
    assert code == 2 and "cannot keep the images of this run, 0.0 GB, in" in told
    assert "No space left on device" in told and "Traceback" not in told
    assert not rows(tmp_path / "results") and ".pt" not in kept(tmp_path / "results")


@pytest.mark.usefixtures("small_memory")
def test_a_method_that_stores_nothing_takes_no_room(cli, method_file, monkeypatch):
    def never(*_):
        raise AssertionError

    monkeypatch.setattr(backed.os, "posix_fallocate", never, raising=False)
    assert cli(*path_run(method_file("forgets", runs.LEARNS), 300))[0] == 0


@pytest.mark.usefixtures("small_memory")
def test_a_failed_run_leaves_no_images(cli, method_file, tmp_path):
    method = method_file("fails", BUYS_POOL.format("raise ValueError('no more')"))
    assert cli(*path_run(method, 200))[0] == 1
    assert "no more" in only_row(tmp_path / "results").error
    assert kept(tmp_path / "results") == []


def test_without_the_systems_way_to_take_room_the_file_has_its_size(tmp_path, monkeypatch):
    monkeypatch.delattr(backed.os, "posix_fallocate", raising=False)
    with backed._new(tmp_path / "file", 5000) as file:
        part = backed.Filed(tmp_path / "file", file).rows(50, (1, 10, 10))
    part.fill_(7)
    assert (tmp_path / "file").read_bytes() == bytes([7] * 5000)


def test_a_file_that_cannot_be_written_is_no_saved_state(tmp_path, monkeypatch):
    def broken(_):
        raise OSError(errno.EIO, "Input/output error")

    with backed._new(tmp_path / "file", 10) as file:
        monkeypatch.setattr(backed.os, "fsync", broken)
        with pytest.raises(StoreError, match=r"cannot write .*file: Input/output error"):
            backed.Filed(tmp_path / "file", file).sync()


@pytest.mark.usefixtures("small_memory")
def test_more_memory_than_before_leaves_the_images_of_a_state_where_they_are(
    cli, tmp_path, monkeypatch
):
    assert cli(*LEARNS, "--stop-after", "0.001s")[0] == 75
    monkeypatch.setattr(backed, "MOST", 2**30)
    assert cli(*LEARNS, "--stop-after", "0.001s")[0] == 75
    assert ".backing" in kept(tmp_path / "results")


@pytest.mark.usefixtures("small_memory")
def test_labels_that_outlive_a_crash_in_the_file_are_counted(cli, method_file, tmp_path):
    command = (*path_run(method_file("remembers", REMEMBERS), 150), "--isolation", STRONGEST)
    assert cli(*command, "--save-every", "0.0001s")[0] == 1
    assert "ended with code 5" in only_row(tmp_path / "results").error
    assert cli(*command)[0] == 0
    row = only_row(tmp_path / "results")
    assert row.notes == ("it was there",) and row.queries == 150
    assert row.asked_in_all > 150 and "asked-more" in row.flags
