"""Audits of rows whose method was given by its path: with that very file, and with no other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmark.rows.store import Store
from support.audits import audited
from support.runs import LEARNS, only_row, path_run


@pytest.fixture
def own(cli, method_file, tmp_path):
    """A method's file, and the store of its only row."""
    file, results = method_file("my_idea", LEARNS), tmp_path / "results"
    assert cli(*path_run(file, 300, "--results", results))[0] == 0
    return file, results


def test_a_row_of_a_file_holds_with_that_file(own, cli):
    file, results = own
    code, output = audited(cli, results, "--method", file)
    assert code == 0 and "ok      code: the method's source is the row's" in output
    assert "ok      method: variant and overrides make its Config" in output


def test_without_the_file_the_audit_says_which_option_it_needs(own, cli):
    code, output = audited(cli, own[1])
    assert code == 2 and "open    method: the row's method my_idea is neither in" in output
    assert "--method FILE" in output


def test_a_changed_file_is_refused_and_never_executed(own, cli, tmp_path):
    file, results = own
    done = tmp_path / "done"
    file.write_text(f"{file.read_text()}\nopen({str(done)!r}, 'w').close()\n")
    code, output = audited(cli, results, "--method", file)
    assert code == 2 and "is not the method of the row" in output and "SHA-256" in output
    assert not done.exists()


def test_a_forged_hash_lets_a_changed_file_in_and_the_run_tells(own, cli):
    file, results = own
    file.write_text(file.read_text().replace("0.1", "0.3"))
    row = only_row(results)
    Store(results).write(replace(row, method_sha=digest_of(file)))
    code, output = audited(cli, results, "--method", file)
    assert code == 1 and "differs in " in output and "student_digest" in output


def digest_of(file) -> str:
    from benchmark.run import behind

    return behind.digest(behind.files_behind(file))


@pytest.mark.parametrize("name", ["other.py", "my_idea.txt", "missing/my_idea.py"])
def test_a_file_of_another_name_or_none_is_refused(name, own, cli, tmp_path):
    file, results = own
    if "/" not in name:
        file.rename(tmp_path / name)
    code, output = audited(cli, results, "--method", tmp_path / name)
    assert code == 2 and output.count("--method") == 1
    assert ("is of a method called my_idea" in output) == (name == "other.py")


def test_a_file_that_is_no_python_is_named(own, cli):
    file, results = own
    file.write_text("def (")
    code, output = audited(cli, results, "--method", file)
    assert code == 2 and f"{file} cannot be imported: SyntaxError" in output


VARIED = """
    variants = {"more": {"rounds": 2}}

    @dataclass(frozen=True)
    class Config:
        rounds: int = param(1, "a test", low=1)

    def setup(self):
        self.left = self.config.rounds

    def step(self):
        self.oracle(torch.rand(50, *self.spec.shape))
        self.left -= 1
        return self.left > 0
"""


def test_a_variant_is_that_of_the_row(cli, method_file, tmp_path):
    file, results = method_file("my_idea", VARIED), tmp_path / "results"
    assert cli(*path_run(f"{file}:more", 300, "--results", results))[0] == 0
    code, output = audited(cli, results, "--method", file)
    assert code == 0 and "my_idea:more" in output and only_row(results).queries == 100
