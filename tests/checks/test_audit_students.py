"""Audits of the student beside a row: another one, the teacher, none, and the chain of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from benchmark.checks import parts
from benchmark.checks.findings import FAILED, HOLDS
from benchmark.run import copied
from support.audits import audited, exchange_student
from support.runs import curve_of, forge, only_row
from teachers import cards, shelf

TEACHER = Path(shelf.SHIPPED, "digits-lenet.safetensors")


def teacher() -> dict[str, torch.Tensor]:
    return cards.load(TEACHER).module.state_dict()


def noisy(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Weights with noise as large as themselves."""
    return {
        name: of + torch.randn_like(of) * of.std() if of.ndim > 1 else of
        for name, of in weights.items()
    }


def exchanged_units(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The same LeNet with the maps of its two convolutions in another order."""
    first, second = torch.randperm(16), torch.randperm(32)
    dense = weights["9.weight"].view(10, 32, -1)[:, second].reshape(10, -1)
    found = {name: of[first] for name, of in weights.items() if name[0] in "01" and of.ndim}
    found |= {name: of[second] for name, of in weights.items() if name[0] in "45" and of.ndim}
    found |= {"4.weight": weights["4.weight"][second][:, first], "9.weight": dense}
    return {name: of.contiguous() for name, of in (weights | found).items()}


def test_an_exchanged_student_fails_and_a_missing_one_is_made_again(cli, results):
    student = next((results / "students").iterdir())
    student.write_bytes(student.read_bytes() + b" ")
    code, output = audited(cli, results, "--points", 1)
    assert code == 1 and "FAILED  student" in output and "repeating" not in output
    student.unlink()
    code, output = audited(cli, results, "--points", 1)
    assert code == 3 and "open    student" in output and "only --full, on the row's" in output
    code, output = audited(cli, results, "--full")
    assert code == 0 and "ok      student: made again with the run, bit for bit" in output


CLAIMS = {"accuracy": 99.15492957746478, "agreement": 100.0}


@pytest.mark.parametrize(
    ("change", "claims", "text"),
    [
        (lambda own: teacher(), CLAIMS, "3 of 3 weight tensors are the teacher's"),
        (lambda own: noisy(teacher()), {}, "3 of 3 weight tensors are the teacher's"),
        (lambda own: own | {"9.weight": teacher()["9.weight"]}, {}, "1 of 3 weight tensors"),
        (lambda own: exchanged_units(teacher()), CLAIMS, "with the teacher's logits"),
    ],
    ids=["itself", "noisy", "in part", "in another order"],
)
def test_the_teacher_as_the_student_fails_though_all_checksums_fit(
    change, claims, text, cli, results
):
    exchange_student(results, change, **claims)
    code, output = audited(cli, results, "--points", 1)
    assert code == 1 and "FAILED  student: " in output and text in output


def test_a_run_that_delivers_its_teacher_says_so_and_is_refused(cli, row_of, tmp_path):
    body = f"""
        def step(self):
            self.oracle(torch.rand(300, *self.spec.shape))
            return False

        def deliver(self):
            from safetensors.torch import load_file
            found = load_file({str(TEACHER)!r})
            self.student.load_state_dict({{name: of.float() for name, of in found.items()}})
            return self.student
    """
    row = row_of(body)
    assert (
        row.flags == ("teacher-copied",) and row.accuracy > 99 and "teacher-copied" in row_of.output
    )
    results = tmp_path / "results-0"
    code, output = audited(cli, results, "--method", tmp_path / "cheats.py", "--full")
    assert code == 1 and "FAILED  student: 3 of 3 weight tensors are the teacher's" in output


def test_a_student_of_another_architecture_holds_no_teacher(monkeypatch):
    class Here:
        card = {"architecture": "lenet"}  # no more is looked at

    assert copied.of_teacher(Here(), torch.nn.Linear(1, 1), "mlp", 100.0) == ""


@pytest.mark.parametrize("full", [False, True])
def test_a_row_without_the_digest_of_its_student_hides_no_accuracy(full, cli, results):
    curve = [replace(point, student_digest=None) for point in only_row(results).curve]
    curve[-1] = replace(curve[-1], accuracy=97.0)
    claims = {"curve": curve, "accuracy": 97.0, "best_accuracy": 97.0}
    forge(results, drop=("student_sha",), **claims)
    code, output = audited(cli, results, *(["--full"] if full else ["--points", 1]))
    assert code == (1 if full else 3) and ("accuracy is " in output) == full


def test_a_digest_of_another_student_fails_at_its_mark(cli, results):
    forge(results, **curve_of(only_row(results), 0, student_digest="0" * 64))
    code, output = audited(cli, results, "--points", 1)
    assert code == 1 and "FAILED  200 queries: " in output
    assert "differs in student_digest" in output


@pytest.mark.parametrize(
    ("forgery", "text"),
    [
        (lambda row: {"student_sha": None}, "…, the row names none"),
        (lambda row: {"student_sha": "0" * 64}, "…, the row keeps 000000000000…"),
        (lambda row: curve_of(row, -1, student_digest=None), "lacks the digest of its student"),
        (lambda row: curve_of(row, 1, student_digest=None), "lacks the digest of its student"),
    ],
)
def test_the_chain_of_students_ends_at_the_one_that_was_kept(forgery, text, pristine):
    row = only_row(pristine)
    assert row.curve[-1].student_digest == row.student_sha
    found = parts.consistency(replace(row, **forgery(row)))
    assert found.verdict == FAILED and text in found.text


def test_rows_that_an_older_suite_made_or_began_lack_digests(pristine):
    row = only_row(pristine)
    begun = replace(row, **curve_of(row, 0, student_digest=None))
    older = [replace(point, student_digest=None) for point in row.curve]
    for one in (begun, replace(row, curve=tuple(older))):
        assert parts.consistency(one).verdict == HOLDS


def test_a_kept_student_that_is_not_finite_fails(cli, results):
    def spoil(weights):
        weights["4.weight"].view(-1)[3] = float("nan")
        return weights

    exchange_student(results, spoil)
    code, output = audited(cli, results)
    assert code == 1 and "FAILED  student: it holds values that are not finite in " in output


def test_a_kept_student_whose_answers_are_not_finite_fails(cli, results):
    def enlarge(weights):
        return {n: of * 1e18 if of.is_floating_point() else of for n, of in weights.items()}

    exchange_student(results, enlarge)
    code, output = audited(cli, results)
    assert code == 1 and "images have logits that are not finite" in output
