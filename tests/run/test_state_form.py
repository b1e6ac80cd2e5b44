"""Each part of a saved state has a form; a state with another is named, not gone on from."""

from __future__ import annotations

import pytest
import torch

from benchmark.oracle import Account
from benchmark.oracle.answering import Answer
from benchmark.oracle.sample import Sample
from benchmark.run import state_form
from benchmark.run.record import Record
from support.made_rows import make_row

SHAPE = (1, 4, 4)
WRONG = {
    "no curve": {"curve": ...},
    "no account": {"account": ...},
    "account of text": {"account": "paid"},
    "account without a sample": {"account": {"hashes": torch.zeros(9, dtype=torch.int64)}},
    "steps below zero": {"steps": -1},
    "steps as true": {"steps": True},
    "resumes of many digits": {"resumes": 10**30},
    "amp as a tensor": {"amp": torch.zeros(3)},
    "method as text": {"method": "import os"},
    "method_sha with an escape": {"method_sha": "\x1b[2J"},
    "curve without a count": {"curve": [{"accuracy": 3.0}]},
    "curve of numbers": {"curve": [3]},
    "curve of 10,000 points": {"curve": [{}] * 10_000},
    "clock of other names": {"clock": {"device": 1.0, "stop": 2.0, "start": 3.0}},
    "clock that runs backwards": {"clock": dict.fromkeys(state_form.CLOCK, -1.0)},
    "visits of other names": {"visits": {"pupil": 1}},
    "visits below zero": {"visits": {"student": -1}},
    "logged rounds of text": {"logged": {"every": 1, "points": [["a", {}]]}},
    "logged names that a table would read": {"logged": {"every": 1, "points": [[1, {"|": 1.0}]]}},
    "logged every 0 rounds": {"logged": {"every": 0, "points": []}},
    "places with an escape": {"places": ["a\x1b[2J"]},
    "places as a text": {"places": "here"},
    "isolation of another name": {"isolation": "trusted"},
    "ended as true": {"ended": True},
    "bought as a number": {"bought": 1},
}


@pytest.fixture
def state():
    made = Record(torch.device("cpu"), "2026-01-01T00:00:00+00:00", "thread")
    made.account = account()
    made.curve = [*make_row().curve]
    own = {"method_sha": "a" * 64, "amp": False, "bought": True, "method": {}, "scalars": {}}
    return own | made.state_dict()


def account(budget: int = 20, shape: tuple = SHAPE, classes: int = 3) -> Account:
    """Ten queries of a budget."""
    made = Account(budget, Sample(shape, classes))
    images = torch.zeros(10, *shape, dtype=torch.uint8)
    made.enter(images.numpy(), Answer(torch.arange(10) % 3))
    return made


def test_a_state_that_a_run_has_made_is_sound_also_one_of_an_earlier_suite(state):
    assert state_form.problem(state) == ""
    for name in state_form.LATER:
        state.pop(name, None)
    state["amp"], state["curve"][0] = "off", state["curve"][0] | {"method/loss": 1.0}
    assert state_form.problem(state) == ""


@pytest.mark.parametrize("how", WRONG)
def test_a_part_of_another_form_is_named(how, state):
    for name, value in WRONG[how].items():
        state[name] = value
        if value is ...:
            del state[name]
        assert state_form.problem(state).startswith(f"its {name} is ")


@pytest.mark.parametrize("state", [None, [], 3, "x", torch.zeros(3)])
def test_what_is_no_state_at_all_is_none(state):
    assert state_form.problem(state) == "it holds no state"


@pytest.mark.parametrize(
    "tensor",
    [
        torch.zeros(10),
        torch.zeros(9, dtype=torch.int64),
        torch.zeros(10, 1, dtype=torch.int64),
        torch.zeros(1, dtype=torch.int64).expand(10),  # takes no room until it is copied
        torch.zeros(10, dtype=torch.int64).to_sparse(),
        [0] * 10,
    ],
)
def test_the_hashes_of_an_account_are_a_plain_list_of_numbers(tensor, state):
    state["account"]["hashes"] = tensor
    assert state_form.problem(state) == "its account is of another form"


@pytest.mark.parametrize(
    "other, message",
    [
        (account(5 + 5), ""),
        (account(20, (1, 5, 5)), "its sample has images of another shape"),
        (account(20, classes=2), "its sample has images of another shape"),
    ],
)
def test_an_account_of_another_run_does_not_fit(other, message):
    saved = account().state_dict()
    if message:
        with pytest.raises(ValueError, match=message):
            other.load_state_dict(saved)
    else:
        other.load_state_dict(saved)
        assert other.spent == 10
    with pytest.raises(ValueError, match="10 queries on a budget of 9"):
        Account(9, Sample(SHAPE, 3)).load_state_dict(saved)
