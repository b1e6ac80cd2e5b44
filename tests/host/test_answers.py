"""Answers of a method's process that no row could hold: refused or taken for none."""

from __future__ import annotations

import math

import pytest

from benchmark.host import answers
from benchmark.host.frames import Frame, FrameError


@pytest.mark.parametrize(
    "found",
    [
        3,
        [],
        {"student": -1},
        {"student": True},
        {"student": 1.0},
        {"student": 2**63},
        {"pupil": 1},
        {str(number): 1 for number in range(10**5)},
    ],
)
def test_counts_that_no_row_can_hold_are_refused(found):
    with pytest.raises(FrameError, match="the counts of images are none"):
        answers.visits(found)


def test_counts_of_images_are_taken_as_they_are():
    assert answers.visits({"student": 2**62, "teacher": 0}) == {"student": 2**62, "teacher": 0}


@pytest.mark.parametrize("found", [2**63, 1e300, -1, math.inf, math.nan, "1", None, 10**4000])
def test_an_amount_that_no_row_can_hold_is_none(found):
    assert answers.amount(found) == 0.0


def test_a_logged_number_of_many_digits_is_infinite():
    going_on, scalars = answers.stepped(Frame("done", {"going_on": True, "new": {"a": 10**4000}}))
    assert going_on and scalars == {"a": math.inf}
