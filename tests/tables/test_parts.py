"""The effects of the last layer, of storing labels and of tuning; where a method stands."""

from __future__ import annotations

import pytest

from benchmark.errors import BenchError
from benchmark.papers import presets
from benchmark.report import method_page
from benchmark.run import registry
from benchmark.tables import parts, standing, tuned
from benchmark.tables.render import render
from benchmark.tuning import sets
from support.made_rows import make_row, seeds
from support.suite import ROOT

AT = {"dataset": "digits", "budget": 5000, "method_version": 2}
DFME = AT | {"method": "dfme", "config": {"head": "bn-tanh"}}
PLAIN = {"config": {"head": "sigmoid"}, "overrides": {"head": "sigmoid"}}


def study(*scores: float | None, **changes) -> list[dict]:
    """Trials of a form, from number 0 on, each of a rate of its own; None is a failed one."""
    base = {"method": "dfme", "variant": "cached", "method_version": 2, "sets": {"digits": {}}}
    status = ["failed" if score is None else "complete" for score in scores]
    return [
        base
        | {"number": number, "score": score, "status": status[number]}
        | {"params": {"student_lr": (number + 1) / 100}}
        | changes
        for number, score in enumerate(scores)
    ]


def lines(rows, gains=None) -> dict[str, list[str]]:
    text = render(parts.sheet(rows, gains), "md")
    found = [[part.strip() for part in line.strip("|").split("|")] for line in text.splitlines()]
    return {line[0]: line[1:] for line in found if len(line) == 5 + len(parts.EFFECTS)}


def test_effects_are_differences_of_the_means_of_the_forms():
    rows = [
        *seeds(10, 11, 12, **DFME | PLAIN),
        *seeds(30, 31, 32, **DFME),
        *seeds(50, 51, 52, **DFME | PLAIN, variant="cached"),
        *seeds(93, 94, 95, **DFME, variant="cached"),
    ]
    found = lines(rows)
    assert found["DFME"] == [
        "11.00 ± 2.48 (3)",
        "31.00 ± 2.48 (3)",
        "51.00 ± 2.48 (3)",
        "94.00 ± 2.48 (3)",
        "+20.00",
        "+43.00",
        "+63.00",
        "—",
    ]
    assert found["DAFL"] == ["—"] * 8


def test_an_effect_without_both_of_its_forms_is_none():
    found = lines(seeds(30, 31, 32, **DFME))["DFME"]
    assert found[1] == "31.00 ± 2.48 (3)" and found[4:] == ["—"] * 4


def test_rows_of_an_earlier_version_are_of_no_form():
    with pytest.raises(BenchError, match="there are no rows of parts"):
        parts.sheet(seeds(30, 31, 32, **DFME | {"method_version": 1}))


def test_the_tuning_column_is_the_mean_gain_of_the_forms_that_were_tuned():
    gains = tuned.of([study(60.0, 64.0, None, 61.0), study(50.0, 58.0, variant="")])
    assert gains["dfme:cached"] == tuned.Gain(4.0, 4, ("digits",), {"student_lr": 0.02})
    assert lines(seeds(30, 31, 32, **DFME), gains)["DFME"][-1] == "+6.00"


def test_a_study_counts_by_version_then_trials_and_none_whose_defaults_failed():
    older, newer = study(10.0, 90.0, 20.0, method_version=1), study(60.0, 61.0)
    assert tuned.of([newer, older])["dfme:cached"].points == 1.0
    assert tuned.of([newer, study(60.0, 63.0, 62.0)])["dfme:cached"].trials == 3
    assert tuned.of([study(None, 90.0)]) == {}
    assert tuned.of([study(60.0, 61.0)[1:]]) == {}, "without number 0 nothing is known of it"


def test_there_are_no_gains_where_there_are_no_trials(tmp_path):
    assert tuned.gains(tmp_path) == {}


def test_every_form_of_the_preset_is_what_its_name_says():
    for one in presets.find("parts").methods:
        entry = registry.find(one.label)
        config = entry.method.Config(**entry.overrides | one.own)
        if entry.has("head"):
            assert (config.head == "sigmoid") == one.name.endswith("plain"), one
        else:
            assert one.name.endswith("plain") and "no generator" in one.group
        if entry.has("cached"):
            assert config.cached == one.name.startswith("stored"), one


def pairs(name: str, rows, gains=None) -> dict[str, str]:
    return dict(standing.of(registry.find(name), rows, gains or {}))


def test_a_page_says_where_a_method_stands_by_rows_alone():
    rows = [*seeds(30, 31, 32, **DFME), *seeds(93, 94, 95, **DFME, variant="cached")]
    found = pairs("dfme", rows, tuned.of([study(60.0, 64.0)]))
    setting = "digits lenet to lenet 5k"
    assert found[f"as published here, {setting}"] == "31.00 ± 2.48 (3)"
    assert found[f"cached here, {setting}"] == "94.00 ± 2.48 (3)"
    assert found["cached here, mnist lenet to lenet 25k"] == "no row"
    assert found["published, mnist lenet to lenet 25k"] == "62.86"
    assert found[f"published, {setting}"] == "no number"
    assert found["tuned on"] == "dfme:cached: digits, 2 trials, +4.00 points"
    assert found["home turf"].endswith(
        "dfme:l1 (batch=64), score, digits lenet to lenet 25k: no row"
    )


def test_a_page_says_of_what_there_is_no_form_no_trial_and_no_home():
    assert pairs("noise", [])["cached here, digits lenet to lenet 5k"] == "no such form"
    assert "none: it is not among" in pairs("noise", [])["home turf"]
    cached = pairs("cmi", [])["cached here, digits lenet to lenet 5k"]
    assert cached == "as published, which stores its labels"
    assert pairs("cmi", [])["tuned on"] == "no trial"


def test_trials_by_hand_are_no_lack_of_trials_and_their_file_is_there():
    for name, file in sets.BY_HAND.items():
        assert (ROOT / "results" / file).is_file()
        assert pairs(name, [])["tuned on"] == f"by hand, all of them in results/{file}"


def test_a_page_has_what_came_of_the_method_at_home():
    white = {"dataset": "digits", "budget": 5000, "access": "white-box", "method_version": 2}
    for accuracy, word in ((96.0, "works"), (94.0, "gap")):
        found = pairs("cmi", [make_row(method="cmi", accuracy=accuracy, **white)])["home turf"]
        assert f"{accuracy:.2f} † (1), 95 expected: {word}" in found
    old = make_row(method="cmi", accuracy=96.0, **white | {"method_version": 1})
    assert pairs("cmi", [old])["home turf"].endswith("no row")


def test_the_page_of_the_command_and_the_report_have_it(cli, results):
    code, page, _ = cli("list", "methods", "dfme")
    assert code == 0 and "Where it stands:" in page and "no row" in page
    assert cli("report", "-o", "out")[0] == 0


def test_a_page_names_the_trials_a_value_of_a_form_comes_from():
    (value,) = (v for k, v in registry.find("dfme:cached").overrides.items() if k == "student_lr")
    own = {"params": {"student_lr": value}}

    def source(studies) -> str:
        found = method_page.contents("dfme:cached", [], tuned.of(studies))
        return dict(found.settings)[f"student_lr = {value}"]

    assert source([study(60.0, 64.0, **own)]).startswith("best of 2 trials; else released code")
    assert source([study(60.0, 64.0)]).startswith("this form; else "), "the best had another value"
    assert source([]).startswith("this form; else released code")
