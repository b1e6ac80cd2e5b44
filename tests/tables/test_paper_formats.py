"""The paper's tables in every format and from the command line."""

from __future__ import annotations

import re

import pytest

from benchmark.papers import presets
from benchmark.tables import paper
from benchmark.tables.render import render
from support.made_rows import FAILED, fill, make_row, seeds
from support.made_tables import head
from support.paper_rows import DFME, IDEAL, records


def test_csv_has_every_cell_with_every_value_in_its_own_column():
    rows = [*seeds(90, 91, 92, **IDEAL), *seeds(60, 61, **DFME), make_row(**DFME | FAILED, seed=2)]
    found = records(rows, compare=True)
    assert len(found) == 3 * 8
    here = {one["method"]: one for one in found if one["teacher"] == "lenet"}
    ideal, dfme, cmi = (here[name] for name in ("ideal", "dfme", "cmi"))
    assert (ideal["mean"], ideal["n"], ideal["published"]) == ("91.0", "3", "96.32")
    assert float(ideal["half_interval"]) == pytest.approx(2.484, abs=1e-3)
    assert (ideal["delta"], ideal["improvement"], ideal["best_baseline"]) == (
        "-5.32",
        "30.5",
        "False",
    )
    assert (dfme["mean"], dfme["half_interval"], dfme["n"], dfme["failed"]) == (
        "60.5",
        "",
        "2",
        "1",
    )
    assert (dfme["best_baseline"], dfme["name"], dfme["table"]) == ("True", "DFME", "Table 2")
    assert (cmi["mean"], cmi["n"], cmi["published"], cmi["budget"]) == ("", "0", "22.71", "25000")
    assert "queries-of-ideal" in ideal["footnotes"]


@pytest.mark.parametrize("name", presets.names())
def test_every_preset_with_one_row_renders_in_every_format(name):
    preset = presets.find(name)
    setting, one = preset.cells()[0]
    method, _, variant = one.label.partition(":")
    config = {k: int(v) if str(v).isdecimal() else v for k, v in setting.config(one).items()}
    only = make_row(
        dataset=setting.dataset,
        teacher=setting.teacher,
        student=setting.student,
        budget=setting.budget,
        method=method,
        variant=variant,
        config=config,
        access=one.access,
    )
    sheet = paper.sheet(preset, [only], compare=True)
    for form in ("md", "latex", "html", "csv"):
        assert "50.0" in render(sheet, form)
    widths = {len(line) for line in sheet.tables[0].lines}
    assert widths == {len(head(sheet.tables[0]))}


USAGE = [
    (("--preset", "table9"), "unknown preset 'table9'. Did you mean table"),
    (("--preset", "table2", "--dataset", "digits"), "table2 has no dataset digits"),
    (("--preset", "table2", "--methods", "noise"), "table2 has no method noise"),
    (("--preset", "table3"), "there are no rows of table3; `bench run --preset table3` makes them"),
    (("--preset", "table2", "--scale", "0.1"), "there are no rows of table2 --scale 0.1; `bench"),
    (("--format", "word"), "'md', 'latex', 'csv', 'html'"),
    (("--format", "latex", "--insert", "x.md"), "--insert is for Markdown"),
    (("--complete",), "--complete is for the table of a --preset"),
    (("--caption", "x"), "--caption is for --format latex"),
    (("--wide", "--format", "html"), "--wide is for --format latex"),
    (("--preset", "table2", "--student", "mlp"), "a preset decides --student itself"),
    (("--preset", "table2", "--teacher", "lenet5"), "table2 has no teacher lenet5"),
    (("--preset", "table2", "--budget", "7"), "table2 has no budget 7"),
    (("--against", "best", "--compare", "published"), "--against is a table of its own"),
    (("--cost", "--seeds", "0"), "--cost is a table of its own; leave out --seeds"),
    (("--scale", "0.1"), "--scale is for the table of a --preset"),
    (("--preset", "table2", "--tuning"), "leave out --tuning"),
    (("--preset", "table2", "--scale", "0.1", "--compare", "published"), "leave out --compare"),
    (("--queries", "--preset", "table2"), "--queries is a table of its own; leave out --preset"),
]


@pytest.mark.parametrize(("arguments", "message"), USAGE, ids=lambda value: " ".join(value)[:40])
def test_wrong_use_of_the_table_is_exit_code_2_and_says_why(arguments, message, cli, tmp_path):
    fill(tmp_path, make_row(**IDEAL))
    code, output, errors = cli("table", *arguments)
    assert (code, output) == (2, "") and message in errors.splitlines()[-1]


def test_an_empty_store_has_no_preset_either(cli):
    code, output, errors = cli("table", "--preset", "table2")
    assert (code, output) == (2, "") and "there are no rows" in errors


@pytest.mark.parametrize("form", ["md", "latex", "csv", "html"])
def test_a_format_goes_to_a_file_or_says_that_it_cannot(form, cli, tmp_path):
    fill(tmp_path, make_row(**IDEAL), make_row(**DFME | FAILED))
    (tmp_path / "file").write_text("")
    command = ("table", "--preset", "table2", "--format", form, "-o")
    code, output, _ = cli(*command, "new/t.out")
    assert (code, output) == (0, "wrote new/t.out\n")
    assert re.search(r"failed|,0,1,", (tmp_path / "new" / "t.out").read_text())
    code, _, errors = cli(*command, "file/t.out")
    assert code == 2 and len(errors.splitlines()) == 1 and "cannot" in errors
