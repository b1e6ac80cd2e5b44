"""The page of made-up rows: its numbers by hand, its three forms, its safety."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from benchmark.exposure import page, sheets, words
from benchmark.exposure.alarms import Alarm
from benchmark.exposure.findings import Exposure, Tariff
from benchmark.exposure.students import Student
from support.exposures import STRONG, WEAK, exposure, runs
from support.made_rows import FAILED, make_row
from support.made_tables import texts
from support.report_pages import HOSTILE, Page


def test_each_level_has_its_queries_dollars_and_time():
    assert texts(sheets.levels(exposure(STRONG))) == [
        ("ideal", "50 %", "500 – 1k", "500 – 1k", "1k", "$0.50 – $1.00", "5.0 s – 10 s"),
        ("", "80 %", "500 – 1k", "500 – 2k", "1k", "$0.50 – $1.00", "5.0 s – 10 s"),
        ("", "90 %", "1k – 2k", "> 1k", "2k", "$1.00 – $2.00", "10 s – 20 s"),
        ("", "95 %", words.NOT_REACHED, "> 2k", "—", "> $2.00", "> 20 s"),
    ]


def test_the_cheapest_method_answers_for_a_level():
    assert texts(sheets.cheapest(exposure([*WEAK, *STRONG]))) == [
        ("50 %", "ideal", "1k", "$1.00", "10 s"),
        ("80 %", "ideal", "1k", "$1.00", "10 s"),
        ("90 %", "ideal", "2k", "$2.00", "20 s"),
        ("95 %", "not reached with the budgets tried", "> 2k", "> $2.00", "> 20 s"),
    ]


def test_without_a_price_or_a_rate_there_is_no_such_column():
    heads = [column.head for column in sheets.levels(exposure(STRONG, Tariff())).columns]
    assert not {"dollars", "time"} & {*heads}
    assert "no price was given; no rate was given" in page.facts(exposure(STRONG, Tariff()))[0]


def test_a_defence_and_an_access_are_rows_of_their_own():
    rows = [*runs("ideal", {500: (30,)}, access="score"), *STRONG[:1]]
    assert [
        one.title
        for one in exposure([replace(row, defence="flip:0.1") for row in rows]).extractions
    ] == [
        "ideal, behind flip:0.1",
        "ideal, score, behind flip:0.1",
    ]


def test_a_failed_run_is_counted_and_its_budget_gives_no_student():
    rows = [*STRONG, make_row(method="ideal", budget=5000, seed=0, **FAILED)]
    found = exposure(rows)
    assert texts(sheets.measured(found))[-1] == ("", "5k", "failed (0/1)", "failed (0/1)")
    assert found.extractions[0].budget == 2000
    assert [student.row.budget for student in found.extractions[0].students] == [2000] * 3


def test_of_failed_runs_alone_the_page_says_that_nothing_is_known():
    found = exposure([make_row(**FAILED)])
    assert "nothing is known" in page.answer(found)
    assert texts(sheets.levels(found))[0] == ("noise", "50 %", "no run is complete")
    assert texts(sheets.cheapest(found))[0][1:] == ("no run is complete",)
    assert Page(page.html(found)).loads == []


@pytest.mark.parametrize(
    ("alarm", "text"),
    [
        (Alarm(1300, 2000), "1,300"),
        (Alarm(None, 2000), "no alarm in 2,000"),
        (Alarm(None, 2000, "its images were not kept"), "not computed: its images were not kept"),
    ],
)
def test_an_alarm_rang_or_not_or_was_not_computed(alarm, text):
    found = exposure(STRONG[-1:], alarm=lambda row: alarm)
    assert texts(sheets.alarms(found)) == [("ideal", "2k", text)]
    found = exposure(STRONG, alarm=lambda row: alarm)
    assert texts(sheets.alarms(found)) == [("ideal", "2k", f"{text} (3 seeds)")]


def test_transfer_and_classes_are_means_over_seeds():
    found = exposure(STRONG)
    ((_, queries, fgsm, pgd),) = texts(sheets.transfers(found))
    assert (queries, fgsm[:5], pgd[:5]) == ("2k", "61.00", "70.00")
    assert "know no student (12.34 % here)" in words.transfer_note(found)
    assert [line[:2] for line in texts(sheets.classes(found))] == [
        ("zero", "100.00"),
        ("one", "90.00"),
        ("two", "—"),
    ]


def test_a_student_that_was_not_kept_has_no_success():
    found = exposure(STRONG[-1:])
    lost = replace(found.extractions[0], students=[Student(STRONG[-1], (), None, "it is gone")])
    lines = texts(sheets.transfers(replace(found, extractions=[lost])))
    assert lines == [("ideal", "2k", "—", "—")]
    assert texts(sheets.classes(replace(found, extractions=[lost])))[0] == ("zero", "100.00", "—")


def test_what_was_not_tried_is_said():
    told = " ".join(words.not_tried(exposure([*STRONG[:2], *runs("dfme", {500: (1,)})])))
    methods = told.partition(".")[0]
    assert "noise" in methods and "ideal" not in methods and "dfme" not in methods
    for text in ("Budgets above 500", "class probabilities", "same domain", "with 1 there is no"):
        assert text in told
    told = " ".join(words.not_tried(exposure(runs("ideal", {500: (1, 2, 3)}, access="score"))))
    assert "class index alone" in told and "probabilities" not in told
    assert "More seeds" not in told
    assert "same domain" not in " ".join(
        words.not_tried(exposure(runs("out-of-domain", {500: (1,)}, real_images="photos")))
    )


def test_the_three_forms_have_one_content_and_rows_in_any_order_give_the_same_bytes(tmp_path):
    found, other = exposure([*STRONG, *WEAK]), exposure([*WEAK[::-1], *STRONG[::-1]])
    first = {path.name: path.read_bytes() for path in page.write(found, tmp_path / "a")}
    again = {path.name: path.read_bytes() for path in page.write(other, tmp_path / "b")}
    assert first == again and {*first} == {f"exposure.{kind}" for kind in ("html", "md", "json")}
    text = " ".join(Page(first["exposure.html"].decode()).words)
    for number in ("500 – 1k", "$0.50 – $1.00", "not reached with the budgets tried", "11.2.2"):
        assert number in text.replace("\u00a0", " ")
    plain = json.loads(first["exposure.json"])
    of_90 = plain["extractions"][0]["reached"][2]
    assert of_90["queries"] == {"above": 1000, "at_most": 2000}
    assert of_90["dollars"] == {"above": 1.0, "at_most": 2.0}
    assert of_90["hours"]["at_most"] == pytest.approx(2000 / 100 / 3600)
    assert [run["id"] for run in plain["extractions"][0]["runs"]] != []


def test_a_hostile_name_is_text_and_the_page_loads_nothing():
    found: Exposure = exposure(runs(HOSTILE, {500: (1, 2, 3)}, dataset=HOSTILE))
    html = page.html(found)
    parsed = Page(html)
    assert parsed.loads == [] and parsed.scripts == 0
    assert "default-src 'none'" in html
    assert HOSTILE in " ".join(parsed.words).replace("\u00a0", " ")
    assert "<script>" not in page.markdown(found)
