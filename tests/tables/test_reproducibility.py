"""What stands behind each method's numbers: read off files, trials and rows."""

from __future__ import annotations

from benchmark.run import registry
from benchmark.tables import reproducibility
from benchmark.tables.tuned import Gain
from support.made_rows import FAILED, fill, make_row, seeds


def answers(rows, gains=None) -> dict[str, dict[str, str]]:
    tables = reproducibility.sheet(rows, gains or {}).tables
    return {one.title: {line[0].value: line[1].value for line in one.lines} for one in tables}


def version(method: str) -> int:
    return registry.find(method).method.version


def test_every_method_of_the_folder_has_an_answer_under_every_head():
    found = answers([])
    assert list(found) == registry.names()
    for told in found.values():
        assert tuple(told) == reproducibility.HEADS and all(told.values())
        assert told["procedure"] == "No row of the present version."


def test_the_procedure_counts_rows_groups_and_failures_of_the_present_version():
    now = {"method": "dfme", "method_version": version("dfme")}
    rows = [
        *seeds(50, 51, 52, **now),
        make_row(**now, budget=5000, deterministic=False, flags=["under-used"]),
        make_row(**now, **FAILED, budget=9000),
        make_row(method="dfme", method_version=0),
        make_row(**now, seed=100),
    ]
    told = answers(rows)["dfme"]
    assert told["procedure"].startswith(
        "4 of 5 runs ended, at 1k, 5k, 9k queries; 1 of 2 groups have 3 seeds or more. 3 runs "
        "repeat bit for bit on their device, 0 have a reference student. Flagged: 1."
    )
    assert "Test images of: digits." in told["data"]


def test_trials_and_deviations_are_told():
    gains = {"dfme": Gain(12.0, 20, ("digits",), {})}
    told = answers([], gains)["dfme"]
    assert "dfme: digits, 20 trials, +12.00 points" in told["data"]
    page = "Idea. 1. x\n\nDeviations.\n1. One,\n   more. 2. no\n2. Two\n"
    assert reproducibility.deviations(page) == 2 and reproducibility.deviations("Idea.") == 0
    own = reproducibility.deviations(registry.page(registry.find("dfme")))
    assert own > 3 and f"method's page: {own}." in told["implementation"]


def test_the_source_of_a_value_is_counted_by_the_first_that_it_names():
    sources = [
        "best trial within the student steps of ideal; released: 400",
        "as IDEAL, paper 4.1.3",
        "released code; the paper is silent",
        "CMI's released code, T",
        "paper 4.1.3, lambda",
        "eq. 4-5; sample: released code",
        "fixed by this suite",
        "Adam's default",
    ]
    found = reproducibility.kinds(sources)
    assert found == {
        "trials": 1,
        "as IDEAL": 1,
        "released code": 2,
        "a paper": 2,
        reproducibility.OWN: 2,
    }


def test_the_command_puts_it_into_a_page(cli, tmp_path):
    fill(tmp_path, make_row(method="dfme", method_version=version("dfme")))
    (tmp_path / "page.md").write_text("# x\n\n<!-- bench table -->\n<!-- end of table -->\n")
    code, _, errors = cli("table", "--reproducibility", "--insert", "page.md")
    assert (code, errors) == (0, "")
    assert "### dfme" in (tmp_path / "page.md").read_text()
    assert cli("table", "--reproducibility", "--statements")[0] == 2


def test_a_table_may_leave_out_the_reference_students(cli, tmp_path):
    fill(tmp_path, make_row(method="dfme", reference_accuracy=81.25, reference_images=1000))
    assert "81.25" in cli("table", "--format", "md")[1]
    code, text, _ = cli("table", "--format", "md", "--no-reference")
    assert code == 0 and "81.25" not in text and "reference" not in text
