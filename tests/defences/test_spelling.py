from __future__ import annotations

import pytest

from benchmark.defences.spelling import parse
from benchmark.errors import BenchError


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("", ""),
        ("flip:0.10", "flip:0.1"),
        ("flip:.1", "flip:0.1"),
        (" refuse-near:2.0 + rate:100/s ", "refuse-near:2+rate:100/s"),
        ("rate:0.5/min", "rate:0.5/min"),
        ("ensemble:mlp@6205ee45:lenet5@0123456789", "ensemble:mlp@6205ee45:lenet5@0123456789"),
    ],
)
def test_each_defence_is_written_in_one_form_which_reads_as_itself(typed, written):
    assert parse(typed).text == written
    assert parse(written) == parse(typed)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("flop:0.1", "Did you mean flip"),
        ("flip", "needs a value"),
        ("flip:0", "between 0 and 1"),
        ("flip:1", "between 0 and 1"),
        ("flip:nan", "between 0 and 1"),
        ("flip:-0.1", "between 0 and 1"),
        ("refuse-near:0", "above 0"),
        ("rate:100", "rate:N/s"),
        ("rate:0/s", "rate:N/s"),
        ("rate:1/day", "rate:N/s"),
        ("ensemble:mlp", "SHA-256"),
        ("ensemble:mlp@6205ee45:mlp@6205ee45", "each further teacher once"),
        ("flip:0.1+flip:0.2", "twice"),
        ("flip:0.1+", "unknown defence"),
        ("ensemble:" + ":".join(f"net{at}@{'0' * 60}" for at in range(9)), "letters"),
    ],
)
def test_a_wrong_text_is_refused_with_the_way_to_write_it(typed, says):
    with pytest.raises(BenchError, match=says):
        parse(typed)


def test_the_slowest_rate_decides_the_hours_and_no_rate_takes_none():
    assert parse("rate:100/s").hours(360_000) == pytest.approx(1)
    assert parse("rate:10/min").hours(1200) == pytest.approx(2)
    assert parse("flip:0.1").hours(1_000_000) == 0


def test_only_flips_and_refusals_change_labels_and_only_refusals_remember():
    changes = {
        text: parse(text).change_labels for text in ("flip:0.1", "refuse-near:1", "rate:1/s")
    }
    assert changes == {"flip:0.1": True, "refuse-near:1": True, "rate:1/s": False}
    assert parse("rate:1/s+refuse-near:1").remember and not parse("flip:0.1").remember
