"""A generator whose loss is no number ends the run as failed; its first images are no result."""

from __future__ import annotations

import pytest
import torch

from benchmark.run import registry
from methods._blocks.finite import finite
from methods._blocks.lowest import Lowest
from support.contract import WITH_A_GENERATOR, run_steps
from support.runs import IDEAL, only_row

TRAINED = [name for name in [*WITH_A_GENERATOR, "deepinversion"] if name != "random-generator"]


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_a_loss_that_is_no_number_is_an_error_that_names_it(value):
    with pytest.raises(FloatingPointError, match=f"the loss of a test is {value}"):
        finite(torch.tensor(value), "the loss of a test")
    one = torch.tensor(1.5)
    assert finite(one, "the loss of a test") is one


def test_the_lowest_of_several_is_kept_with_what_came_with_it():
    best = Lowest(torch.tensor(2.0), torch.zeros(3), torch.zeros(2))
    for number, loss in enumerate((3.0, 1.0, 1.5), 1):
        best.offer(torch.tensor(loss), torch.full((3,), number), torch.full((2,), -number))
    images, labels = best.checked("the loss of a test")
    assert images.tolist() == [2] * 3 and labels.tolist() == [-2] * 2


def test_what_came_before_a_loss_that_is_no_number_is_not_the_lowest():
    best = Lowest(torch.tensor(2.0), torch.zeros(3))
    best.offer(torch.tensor(torch.nan), torch.ones(3))
    with pytest.raises(FloatingPointError, match="nan"):
        best.checked("the loss of a test")


@pytest.mark.parametrize("name", TRAINED)
def test_no_method_goes_on_after_a_generator_loss_that_is_no_number(name, spec, make_method):
    """The weights that a student's images come from are broken after the first round."""
    entry = registry.find(name)
    access = "white-box" if name in ("cmi", "deepinversion") else ""
    method, _ = make_method(entry, spec, 2000, access=access)
    run_steps(method, entry, 0, 2, seed=0)
    for parameter in method.student.parameters():
        parameter.data.fill_(torch.nan)
    if access:
        method.teacher.load_state_dict(method.student.state_dict())
    with pytest.raises(FloatingPointError, match="is nan"):
        run_steps(method, entry, 2, None, seed=0)


def test_the_row_is_failed_and_has_the_step(cli, tmp_path, monkeypatch):
    from methods import ideal

    calls, plain = [], ideal.augment

    def spoilt(images, kind):
        calls.append(kind)
        return plain(images, kind) * (torch.nan if calls.count("crop+flip") > 2 else 1)

    monkeypatch.setattr(ideal, "augment", spoilt)
    code, output, errors = cli(*IDEAL)
    row = only_row(tmp_path / "results")
    assert code == 1 and row.status == "failed" and row.accuracy is None
    assert row.error.endswith(
        "the generator's loss is nan; its weights are lost, so the run ends here"
    )
    assert row.steps == 2 and row.queries == 500  # of the third round's loss
    assert "FloatingPointError" in output + errors and "Traceback" not in output + errors
