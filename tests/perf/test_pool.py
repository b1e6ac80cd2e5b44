"""The measurement of a pool that grows: it runs the real oracle, journal and pool."""

from __future__ import annotations

import csv
import io

import pytest

from benchmark.perf import pool
from benchmark.run import backed

pytestmark = pytest.mark.skipif(not pool.STATUS.exists(), reason="the kernel tells no memory")


@pytest.mark.parametrize(("most", "where"), [(1, "file"), (10**9, "memory")])
def test_a_line_for_each_part_and_a_state_that_grows_in_memory_alone(
    most, where, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(backed, "MOST", most)
    pool.main(f"--budget 2000 --size 16 --replays 2 --parts 2 --folder {tmp_path}".split())
    lines = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [line["queries"] for line in lines] == ["1024", "2000"]
    assert {line["images"] for line in lines} == {where}
    assert all(float(line["CPU s per 1k queries"]) > 0 for line in lines)
    assert (float(lines[1]["state MB"]) > 1) == (where == "memory")
    assert list(tmp_path.iterdir()) == []
