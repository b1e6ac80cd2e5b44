"""``bench ledger``: what it tells, what it holds against a row, and what it refuses."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from benchmark.oracle.journal import Journal, Ledger
from benchmark.oracle.journal.form import HEADER
from support.journals import BATCH, FORM, Queries
from support.runs import NOISE, forge, made_in, only_row


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder of results with one row and its journal."""
    folder = tmp_path_factory.mktemp("made") / "results"
    return made_in(folder, *NOISE, "--no-reference")


@pytest.fixture
def results(made, tmp_path):
    """A copy that a test may change."""
    import shutil

    return shutil.copytree(made, tmp_path / "results")


def file_in(results):
    (path,) = (results / ".journal").glob("*.queries")
    return path


def test_a_ledger_is_told_and_holds(results, cli):
    row = only_row(results)
    code, said, _ = cli("ledger", "show", row.id[:6])
    assert code == 0 and f"{row.id}  {row.method_sha[:8]}        500        500        0" in said
    assert said.rstrip().endswith("complete of 500")
    code, said, _ = cli("ledger", "verify")
    assert code == 0 and "500 charged = 500 answered + 0 unknown" in said


def test_an_export_has_a_line_a_record(results, cli, tmp_path):
    row = only_row(results)
    code, said, _ = cli("ledger", "export", row.id)
    lines = list(csv.DictReader(io.StringIO(said)))
    assert code == 0 and len(lines) == 500
    assert [int(line["position"]) for line in lines] == list(range(500))
    assert {line["state"] for line in lines} == {"answered"}
    labels = np.bincount([int(line["label"]) for line in lines], minlength=10)
    assert tuple(labels) == row.labels_per_class
    assert cli("ledger", "export", row.id, "-o", tmp_path / "bill.csv")[0] == 0
    assert (tmp_path / "bill.csv").read_text().rstrip() == said.rstrip()
    code, _, trouble = cli("ledger", "export", row.id, "-o", tmp_path / "no" / "folder.csv")
    assert code == 2 and "cannot write" in trouble


def test_a_damaged_ledger_does_not_hold(results, cli):
    path = file_in(results)
    content = bytearray(path.read_bytes())
    content[HEADER.size + 40] ^= 1
    path.write_bytes(content)
    code, _, trouble = cli("ledger", "verify")
    assert code == 1 and "is damaged at record 1, and whole again from record 2 on" in trouble
    code, _, trouble = cli("ledger", "show")
    assert code == 0 and "is damaged at record 1" in trouble


def test_a_ledger_that_was_cut_does_not_hold(results, cli):
    path = file_in(results)
    path.write_bytes(path.read_bytes()[:-100])
    code, _, trouble = cli("ledger", "verify")
    assert code == 1 and "its row says that 500 were asked in all, not 496" in trouble


def test_labels_that_are_not_the_rows_do_not_hold(results, cli):
    forge(results, labels_digest="0" * 64)
    code, _, trouble = cli("ledger", "verify")
    assert code == 1 and "its labels are not those of its row" in trouble


def test_a_paid_ledger_above_its_budget_does_not_hold(results, cli):
    row, form = only_row(results), Ledger.read(file_in(results)).form
    file_in(results).unlink()
    journal = Journal(results / ".journal" / f"{row.id}-{form.source[:12]}.queries", form)
    for first in range(0, 510, 30):
        journal.reserve(first, np.arange(30) + first)
    journal.close()
    code, _, trouble = cli("ledger", "verify")
    assert code == 1 and "510 queries are charged, on a budget of 500" in trouble


def test_a_ledger_without_a_row_stays_open_and_one_of_other_code_says_so(results, cli):
    row = only_row(results)
    journal = Journal(results / ".journal" / "abcdef012345-abababababab.queries", FORM)
    Queries().enter(journal, 0, BATCH)
    journal.close()
    code, said, _ = cli("ledger", "verify", "abcdef")
    assert code == 3 and "stays open (no row): 10 charged" in said
    assert cli("ledger", "verify", "nothing")[0] == 2
    assert cli("ledger", "verify", journal.path)[0] == 3, "a file is taken, too"
    code, _, trouble = cli("ledger", "export", "")
    assert code == 2 and "2 ledgers are of ''" in trouble
    forge(results, method_sha="ab" * 32)
    code, said, _ = cli("ledger", "verify", row.id)
    assert code == 0 and "holds, but is by other code than its row" in said


def test_without_a_ledger_the_folder_is_named(cli, tmp_path):
    for command in ("show", "verify"):
        code, said, trouble = cli("ledger", command)
        assert (code, said) == (2, "") and "results/.journal; --results names a store" in trouble
    path = tmp_path / "a.queries"
    path.write_bytes(b"no journal")
    code, _, trouble = cli("ledger", "verify", path)
    assert code == 1 and "is no journal of this suite" in trouble
