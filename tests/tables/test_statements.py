"""The paper's statements: every verdict, from rows whose answer is known."""

from __future__ import annotations

import pytest

from benchmark.errors import BenchError
from benchmark.papers import statements as texts
from benchmark.run import registry
from benchmark.tables import statements
from benchmark.tables.render import render
from support.made_rows import fill, seeds

PAPER = {"dataset": "mnist", "budget": 25_000}


def runs(method: str, *accuracies: float, **changes) -> list:
    config = {"generator_steps": 5, "batch": 250}
    version = registry.find(method).method.version
    usual = PAPER | {"config": config, "method_version": version}
    return seeds(*accuracies, method=method, **usual | changes)


def reading(**changes) -> texts.Reading:
    entry = {"words": "w", "preset": "table2", "own": ["ideal"]} | changes
    content = {"statements": [{"text": "t", "where": "1", "readings": [entry]}]}
    return texts.parse(content)[0].readings[0]


def verdict(rows, **changes) -> str:
    return statements.judged(reading(**changes), rows)[1]


@pytest.mark.parametrize(
    ("others", "found"),
    [
        ((60, 61, 62), "holds"),
        ((85, 86, 87), "does not hold"),
        ((40, 60, 80), "cannot be told"),
        ((60,), "holds †"),
        ((85,), "does not hold †"),
    ],
)
def test_a_difference_is_decided_by_its_interval_and_by_the_mean_where_seeds_are_few(others, found):
    rows = [*runs("ideal", 90, 91, 92), *runs("dfme", *others)]
    assert verdict(rows, others=["dfme", "dast"], above_best=20) == found


def test_own_is_held_against_the_best_the_worst_and_the_farthest():
    rows = [*runs("ideal", 50, 51, 52), *runs("dfme", 60, 61, 62), *runs("dast", 20, 21, 22)]
    both = ["dfme", "dast"]
    text, _, used = statements.judged(reading(others=both, above_best=0), rows)
    assert text == "MNIST LeNet 25k: 51.00 against dfme 61.00, -10.00 ± 0.00 (3)"
    assert {row.method for row in used} == {"ideal", *both}
    assert verdict(rows, others=both, above_best=0) == "does not hold"
    assert verdict(rows, others=both, below_worst=0) == "does not hold"
    assert verdict(rows, own=["dast"], others=["ideal", "dfme"], below_worst=0) == "holds"
    assert verdict(rows, others=both, within=20) == "does not hold"
    assert verdict(rows, others=both, within=30) == "holds"


def test_a_level_is_that_of_the_best_of_own():
    rows = [*runs("ideal", 97, 97.5, 98), *runs("dfme", 60, 61, 62)]
    assert verdict(rows, at_least=95) == "holds"
    assert verdict(rows, at_least=99.5) == "does not hold"
    assert verdict(rows, at_least=97) == "cannot be told"
    assert verdict(rows, own=["ideal", "dfme"], at_most=70) == "does not hold"
    assert verdict(rows, own=["dfme"], at_most=70) == "holds"


def test_one_setting_that_fails_decides_over_others():
    rows = [*runs("ideal", 97, 97.5, 98), *runs("ideal", 60, 61, 62, teacher="alexnet")]
    assert verdict(rows, at_least=95) == "does not hold"
    assert verdict(rows, at_least=95, teachers=["lenet"]) == "holds"


def test_another_set_stands_in_only_where_that_is_said_and_the_paper_s_is_missing():
    here = [*runs("ideal", 90, dataset="zoo"), *runs("dfme", 50, dataset="zoo")]
    wanted = {"others": ["dfme"], "above_best": 0}
    assert verdict(here, **wanted) == "not tested"
    assert verdict(here, **wanted, stand_ins=["any"]) == "holds † (stand-in)"
    assert verdict(here, **wanted, stand_ins=["zoo"]) == "holds † (stand-in)"
    assert verdict(here, **wanted, stand_ins=["other"]) == "not tested"
    more = runs("ideal", 10, dataset="zoo", budget=100_000)  # where the other has no run
    assert verdict([*here, *more], **wanted, stand_ins=["any"]) == "holds † (stand-in)"
    paper = [*runs("ideal", 50), *runs("dfme", 90)]
    assert verdict([*here, *paper], **wanted, stand_ins=["any"]) == "does not hold †"


def test_a_counted_loop_is_held_against_what_its_authors_claim():
    claim = {"own": [], "dataset": "mnist", "at_most_ratio": 1}
    for name, found in (("as the paper counts", "holds"), ("released loop", "does not hold")):
        entry = {"words": "w", "preset": "table2", "claim": f"IDEAL, {name}"} | claim
        del entry["own"]
        content = {"statements": [{"text": "t", "where": "1", "readings": [entry]}]}
        (one,) = texts.parse(content)[0].readings
        text, told, _ = statements.judged(one, [])
        assert told == found and "claimed 25,000" in text


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({}, "needs one of above_best"),
        ({"above_best": 1, "within": 2, "others": ["dfme"]}, "needs one of above_best"),
        ({"above": 1}, "needs one of above_best"),
        ({"above_best": 1}, "above_best goes with"),
        ({"at_least": 1, "others": ["dfme"]}, "at_least goes with"),
        ({"at_most_ratio": 1}, "at_most_ratio goes with"),
        ({"at_least": 1, "datasets": ["zoo"]}, "table2 has no dataset zoo"),
        ({"at_least": 1, "preset": "table99"}, "table99"),
    ],
)
def test_a_reading_that_nothing_could_decide_is_refused(changes, fault):
    with pytest.raises(BenchError, match=fault):
        reading(**changes)


def test_a_claim_that_nobody_made_and_a_statement_without_reading_are_refused():
    entry = {"words": "w", "preset": "table2", "claim": "x", "dataset": "y", "at_most_ratio": 1}
    for readings, fault in (([entry], "there is no claim 'x' of y"), ([], "give it a reading")):
        with pytest.raises(BenchError, match=fault):
            texts.parse({"statements": [{"text": "t", "where": "1", "readings": readings}]})


def test_the_suite_s_statements_are_about_methods_that_it_has(cli, tmp_path):
    found = texts.statements()
    assert len(found) >= 12 and len({one.text for one in found}) == len(found)
    known = set(registry.labels())
    for one in found:
        for part in one.readings:
            assert {method.label for method in (*part.own, *part.others)} <= known
    fill(tmp_path, *runs("ideal", 50, 51, 52), *runs("dfme", 60, 61, 62))
    code, text, errors = cli("table", "--statements", "--format", "md")
    assert (code, errors) == (0, "")
    assert "does not hold" in text and "not tested" in text and "10,197" in text
    assert cli("table", "--statements", "--dataset", "mnist")[0] == 2


def test_an_older_version_of_a_method_decides_nothing():
    rows = [*runs("ideal", 90, 91, 92, method_version=0)]
    table = statements.sheet(rows).tables[0]
    told = {line[4].value for line in table.lines if "IDEAL reaches" in str(line[0].value)}
    assert told == {"not tested"}
    assert "None" not in render(statements.sheet(rows), "md")
