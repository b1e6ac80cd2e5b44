"""Which methods can be told from a chosen one: paired differences, Holm, verdicts, refusals."""

from __future__ import annotations

import csv
import io

import pytest

from benchmark.errors import BenchError
from benchmark.papers import presets
from benchmark.tables import differences
from benchmark.tables.render import FORMATS, render
from support.made_rows import FAILED, fill, lines, make_row, seeds
from support.made_tables import facts, texts
from support.paper_rows import BLOBS, IDEAL, MNIST, TABLE_2

ROWS = [
    *seeds(90, 91, 92, method="ideal"),
    *seeds(30, 31, 32.5, method="dfme"),
    *seeds(95, 70, 90, method="cmi"),
    *seeds(80, 82, method="dast"),
    *seeds(95, 95.5, 96.2, floor=True),
    make_row(method="zskt", **FAILED),
]


def shown(sheet) -> dict[str, tuple]:
    return {line[0]: line[1:] for line in texts(sheet.tables[0])}


def test_every_method_is_held_against_the_best_by_common_seeds():
    sheet = differences.sheet(ROWS, "best")
    one = sheet.tables[0]
    assert facts(one) == "Against noise (floor), 95.57 ± 1.50 (3). Comparisons tested: 3."
    found = shown(sheet)
    assert list(found) == ["ideal", "cmi", "dast", "dfme"], "in order of means, without failed ones"
    assert found["ideal"][:4] == ("91.00 ± 2.48 (3)", "-4.57", "[-5.57, -3.56]", "3")
    assert found["ideal"][-1] == found["dfme"][-1] == "below"
    assert found["cmi"][-1] == "not told apart"
    assert found["dast"][1:] == ("-14.25", "—", "2", "—", "—", "too few seeds")
    assert any("The best was chosen by the same runs" in note for note in sheet.notes)


def test_a_verdict_is_by_the_p_value_that_is_adjusted_for_its_table():
    # Differences -1, -2, -3: t = sqrt(12) with two degrees of freedom, p = 0.0742 alone.
    # Differences -2, -2.5, -3: t = 8.66, p = 0.0131 alone.
    near, far = {"dafl": (89, 89, 89), "dast": (88, 88.5, 89)}, {"cmi": (91, 91.5, 92.1)}
    rows = seeds(90, 91, 92, method="ideal")
    for name, values in (near | far).items():
        rows += seeds(*values, method=name)
    found = shown(differences.sheet(rows, "ideal"))
    assert found["dafl"][4:] == ("0.074", "0.148", "not told apart")
    assert found["dast"][4:] == ("0.013", "0.039", "below")
    alone = [one for one in rows if one.method in ("ideal", "dast")]
    assert shown(differences.sheet(alone, "ideal"))["dast"][4:] == ("0.013", "0.013", "below")
    text = "\n".join(differences.sheet(rows, "ideal").notes)
    assert "adjusted for all comparisons of its table" in text and "cmi" not in text


def test_a_method_may_be_above_and_the_floor_is_one_that_can_be_named():
    found = shown(differences.sheet(ROWS, "dfme"))
    assert found["ideal"][-1] == "above" and found["noise (floor)"][1].startswith("+64")
    assert differences.sheet(ROWS, "floor").tables[0].facts[0] == "Against noise (floor), "


def test_the_best_has_three_seeds_if_any_method_has():
    rows = [*seeds(90, 91, 92, method="dafl"), *seeds(99, 99, method="cmi")]
    assert differences.sheet(rows, "best").tables[0].facts[0] == "Against dafl, "
    assert differences.sheet(rows[2:], "best").tables[0].facts[0] == "Against cmi, "


def test_seeds_that_are_not_common_are_no_pairs():
    rows = [*seeds(90, 91, 92, method="dafl")]
    rows += [make_row(method="dast", seed=seed, accuracy=50.0) for seed in (7, 8, 9)]
    found = shown(differences.sheet(rows, "dafl"))
    assert found["dast"][1:] == ("—", "—", "0", "—", "—", "too few seeds")


def test_settings_have_tables_of_their_own_and_those_without_the_method_are_counted():
    rows = [
        *ROWS,
        *seeds(50, 51, 52, method="ideal", budget=2000),
        *seeds(40, 41, 42, method="dfme", budget=2000),
        *seeds(1, 2, 3, method="dast", budget=5000),
        make_row(method="dfme", budget=5000),
        make_row(method="dfme", budget=7000),
    ]
    sheet = differences.sheet(rows, "ideal")
    assert [one.title for one in sheet.tables] == [
        "digits: lenet to lenet, 1,000 queries",
        "digits: lenet to lenet, 2,000 queries",
    ]
    assert "Left out, without runs of ideal: 1 of 3 tables." in sheet.notes
    floors = differences.sheet(rows, "floor")
    assert "Left out, without runs of floor: 2 of 3 tables." in floors.notes


def test_a_few_methods_are_held_against_the_floor_of_all():
    some = [one for one in ROWS if one.method in ("ideal", "dfme")]
    sheet = differences.sheet(some, "ideal", ROWS)
    assert list(shown(sheet)) == ["noise (floor)", "dfme"]


def test_the_lines_of_a_preset_have_the_papers_methods_and_the_best_floor():
    rows = [
        *seeds(93, 94, 95, **IDEAL),
        *seeds(60, 61, 62, **MNIST, method="zskt"),
        *seeds(97, 98, 99, **BLOBS),
    ]
    sheet = differences.of_preset(TABLE_2, rows, "ideal")
    (one,) = sheet.tables
    assert one.title == "MNIST: LeNet to LeNet, 25,000 queries"
    assert list(shown(sheet)) == ["noise:blobs (floor)", "zskt"]
    with pytest.raises(BenchError, match="table1 has methods of different access"):
        differences.of_preset(presets.find("table1"), rows, "best")


@pytest.mark.parametrize("form", FORMATS)
def test_differences_have_every_format(form):
    text = render(differences.sheet(ROWS, "best"), form)
    assert "not told apart" in text.replace("\u00a0", " ")


def test_csv_has_every_number_of_a_comparison():
    text = render(differences.sheet(ROWS, "best"), "csv")
    found = {one["method"]: one for one in csv.DictReader(io.StringIO(text))}
    assert (found["ideal"]["against"], found["ideal"]["common_seeds"]) == ("noise", "3")
    assert (found["ideal"]["verdict"], found["dast"]["p"]) == ("below", "")
    assert float(found["ideal"]["p_holm"]) > float(found["ideal"]["p"])
    # Differences -5, -4.5, -4.2: standard deviation 0.4041, half 4.302653 x 0.4041 / sqrt(3).
    assert found["ideal"]["budget"] == "1000"
    assert float(found["ideal"]["difference_low"]) == pytest.approx(-4.566667 - 1.003952, abs=2e-5)


USAGE = [
    (("--against", "idael"), "unknown method 'idael'. Did you mean ideal? Or best, or floor."),
    (("--differences", "--compare", "published"), "--differences is a table of its own"),
    (("--against", "ideal", "--dataset", "mnist"), "no rows of mnist; there are those of digits"),
    (("--differences", "--methods", "zskt"), "no setting with complete runs of two methods"),
]


@pytest.mark.parametrize(("arguments", "message"), USAGE, ids=lambda value: " ".join(value)[:40])
def test_wrong_use_is_exit_code_2_and_says_why(arguments, message, cli, tmp_path):
    fill(tmp_path, *(one for one in ROWS if not one.floor))
    code, output, errors = cli("table", *arguments)
    assert (code, output) == (2, "") and message in errors.splitlines()[-1]


def test_the_command_prints_the_differences(cli, tmp_path):
    fill(tmp_path, *ROWS)
    code, text, errors = cli("table", "--differences")
    assert code == 0, errors
    assert {line[0]: line[-1] for line in lines(text)}["dfme"] == "below"
    assert "Against ideal, 91.00" in cli("table", "--against", "ideal", "--seeds", "0-2")[1]
    assert cli("table", "--against", "floor", "--methods", "ideal")[0] == 0
