"""Runs whose student is a network of one's own file: from the command to the audit of the row."""

from __future__ import annotations

import hashlib

import pytest

from benchmark.rows.store import Store
from benchmark.trust import TRUST
from support.own_nets import SOUND, write_net
from support.runs import TINY, numbers, only_row, rows

NOISE = ("run", "--methods", "noise", *TINY, "100", "--set", "noise.passes=1")
SMALL = ("--set", "noise.batch=20")
BESIDE = ("--isolation", "thread")  # the process of a method takes seconds to start
OWN = ("--student", "./net.py:Tiny")


@pytest.fixture(autouse=True)
def nobody_trusts(monkeypatch):
    monkeypatch.setenv(TRUST, "")  # the option sets it for good


def test_a_run_in_a_process_of_its_own_stops_goes_on_and_is_that_of_one_piece(cli, tmp_path):
    write_net(tmp_path)
    command = (*NOISE, *SMALL, *OWN, "--trust-code")
    code, output, _ = cli(*command, "--isolation", "process", "--stop-after", "0.001s")
    assert code == 75 and rows(tmp_path / "results") == []
    code, output, _ = cli(*command, "--isolation", "process")
    row, sha = only_row(tmp_path / "results"), hashlib.sha256(SOUND.encode()).hexdigest()
    assert code == 0 and row.resumes == 1 and row.complete
    assert (row.student, row.student_source) == (f"own:Tiny@{sha[:12]}", sha)
    assert f"lenet->own:Tiny@{sha[:12]}" in output and str(tmp_path) not in row.student
    assert cli(*command, *BESIDE, "--results", "whole")[0] == 0
    assert numbers(only_row(tmp_path / "whole")) == numbers(row)
    code, output, _ = cli(*command, *BESIDE)
    assert code == 0 and output.startswith("exists ")
    code, output, _ = cli("table", "--dataset", "digits")
    assert code == 0 and f"digits: lenet to own:Tiny@{sha[:12]}" in output


def test_a_changed_file_is_another_cell_with_a_table_of_its_own(cli, tmp_path):
    command = (*NOISE, *SMALL, *OWN, *BESIDE, "--trust-code")
    for new in ("AdaptiveAvgPool2d(4)", "AdaptiveMaxPool2d(4)"):
        write_net(tmp_path, "AdaptiveAvgPool2d(4)", new)
        assert cli(*command)[0] == 0
    first, second = rows(tmp_path / "results")
    assert first.id != second.id and first.student_source != second.student_source
    assert first.labels_digest == second.labels_digest, "the same queries, of another student"
    output = cli("table", "--dataset", "digits")[1]
    assert all(f"lenet to {row.student}" in output for row in (first, second))


@pytest.mark.parametrize(
    ("student", "trust", "problem"),
    [
        ("./net.py:Tiny", (), "give --trust-code"),
        ("./net.py:None_", ("--trust-code",), "no attribute 'None_'"),
        ("./net.py", ("--trust-code",), "./net.py:Class"),
        ("./other.py:Tiny", ("--trust-code",), "there is no file other.py"),
        ("./wide.py:Tiny", ("--trust-code",), "gives [2, 11] for 2 images of shape 1x16x16"),
    ],
)
def test_an_unfit_student_is_refused_in_a_line_before_anything_is_asked(
    student, trust, problem, cli, tmp_path
):
    write_net(tmp_path)
    write_net(tmp_path, "channels, classes)\n", "channels, classes + 1)\n", "wide.py")
    for more in ((), ("--dry-run",)):
        code, _, errors = cli(*NOISE, *SMALL, "--student", student, *trust, *BESIDE, *more)
        assert code == 2 and len(errors.splitlines()) == 1 and problem in errors
    assert not list((tmp_path / "results").rglob("*.queries"))


def test_an_audit_asks_for_the_very_file_and_makes_the_run_again(cli, tmp_path):
    write_net(tmp_path)
    assert cli(*NOISE, *SMALL, *OWN, *BESIDE, "--trust-code")[0] == 0
    assert cli(*NOISE, *SMALL, *BESIDE, "--results", "usual")[0] == 0
    row, usual = only_row(tmp_path / "results"), only_row(tmp_path / "usual")
    write_net(tmp_path, "AdaptiveAvgPool2d(4)", "AdaptiveMaxPool2d(4)", "changed.py")

    def audited(one, *more, results="results"):
        audit = ("audit", one.id, "--full", "--device", "cpu", *BESIDE, "--results", results)
        code, output, errors = cli(*audit, *more)
        return code, output + errors

    given = "bench audit --student FILE.py:Class --trust-code"
    code, said = audited(row)
    assert code == 2 and row.student_source[:12] in said and given in said
    code, said = audited(row, "--student", "changed.py:Tiny", "--trust-code")
    assert code == 2 and "changed.py:Tiny is own:Tiny@" in said and given in said
    code, said = audited(row, "--student", "net.py", "--trust-code")
    assert code == 2 and "it is written FILE.py:Class" in said
    code, said = audited(usual, "--student", "net.py:Tiny", "--trust-code", results="usual")
    assert code == 2 and "a network of the suite; leave the option out" in said
    code, said = audited(row, "--student", "net.py:Tiny", "--trust-code")
    assert code in (0, 3) and "ok      student" in said and "FAILED" not in said


def test_the_features_of_such_a_student_are_not_drawn_and_its_samples_are(cli, tmp_path):
    write_net(tmp_path)
    assert cli(*NOISE, *SMALL, *OWN, *BESIDE, "--trust-code")[0] == 0
    from benchmark.pictures import embedding

    store = Store(tmp_path / "results")
    (row,) = store.rows()
    found = embedding.seen(store, row, store.sample(row))
    assert found.points is None and "whose code no picture runs" in found.reason
