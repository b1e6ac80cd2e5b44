"""The journal of a run: it knows all that was asked, however often the run was started."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.files import StoreError
from benchmark.oracle.journal import RECORD, Journal
from support.runs import ASKS, only_row, path_run


def batch(*hashes: int) -> tuple[np.ndarray, np.ndarray]:
    return np.array(hashes, np.int64), np.zeros(len(hashes), np.int32)


def test_a_journal_counts_each_position_once_however_often_the_run_is_started(tmp_path):
    path = tmp_path / "x.asked"
    first = Journal(path)
    first.enter(0, *batch(1, 2, 3))
    first.enter(3, *batch(4, 5))
    assert first.asked == 5
    first.close()
    again = Journal(path)
    again.enter(0, *batch(1, 2))  # by its setup
    again.enter(3, *batch(4, 5, 6))  # from its state, and one more
    assert again.asked == 6
    again.close()
    assert np.fromfile(path, RECORD)["hash"].tolist() == [1, 2, 3, 4, 5, 6]


def test_from_the_first_other_image_all_are_new(tmp_path):
    path = tmp_path / "x.asked"
    first = Journal(path)
    first.enter(0, *batch(1, 2, 3, 4))
    first.close()
    again = Journal(path)
    again.enter(0, *batch(1, 2, 9, 4))
    again.enter(4, *batch(5))
    assert again.asked == 7
    again.close()
    assert np.fromfile(path, RECORD)["hash"].tolist() == [1, 2, 3, 4, 9, 4, 5]


def test_a_torn_record_was_never_answered(tmp_path):
    path = tmp_path / "x.asked"
    journal = Journal(path)
    journal.enter(0, *batch(1, 2))
    journal.close()
    path.write_bytes(path.read_bytes()[:-1])
    again = Journal(path)
    assert again.asked == 1
    again.enter(0, *batch(1, 2))
    again.close()
    assert len(np.fromfile(path, RECORD)) == 2


def test_what_is_no_file_is_refused(tmp_path):
    (tmp_path / "target").write_text("x")
    (tmp_path / "link.asked").symlink_to(tmp_path / "target")
    (tmp_path / "folder.asked").mkdir()
    for name in ("link.asked", "folder.asked"):
        with pytest.raises(StoreError, match=f"cannot open .*{name}"):
            Journal(tmp_path / name)
    assert (tmp_path / "target").read_text() == "x"


FORGETS = f"""
    def step(self):
        import os, time
        torch.manual_seed(time.time_ns() % 2**31)
        {ASKS.format(60)}
        if os.environ.get("ENDS"):
            raise KeyboardInterrupt
        return self.oracle.remaining >= 60
"""


def test_a_run_that_forgets_what_it_asked_is_found_out(cli, method_file, tmp_path, monkeypatch):
    command = path_run(method_file("forgets", FORGETS), 120)
    monkeypatch.setenv("ENDS", "1")
    for _ in range(3):
        assert cli(*command)[0] != 0
    monkeypatch.delenv("ENDS")
    code, output, _ = cli(*command)
    row = only_row(tmp_path / "results")
    assert (code, row.queries, row.asked_in_all) == (0, 120, 300)
    assert "asked-more" in row.flags and "asked-more" in output


def test_a_run_that_is_stopped_and_goes_on_has_asked_no_more(cli, tmp_path):
    noise = ("run", "--methods", "ideal", "--dataset", "digits", "--seeds", "0", "--device", "cpu")
    noise += ("--budget", "300", "--set", "ideal.batch=50", "--set", "ideal.final_passes=1")
    assert cli(*noise, "--stop-after", "0.01s")[0] == 75
    assert cli(*noise)[0] == 0
    row = only_row(tmp_path / "results")
    assert row.resumes == 1 and row.asked_in_all == row.queries == 300
    assert cli(*noise, "--force")[0] == 0
    again = only_row(tmp_path / "results")
    assert again.asked_in_all == 300 and "asked-more" not in again.flags
