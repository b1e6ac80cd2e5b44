"""The best floor in the paper's layouts, and the parts that --complete leaves out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmark.papers import presets
from benchmark.tables import paper
from benchmark.tables.render import FORMATS, render
from support.made_rows import FAILED, fill, make_row, seeds
from support.made_tables import facts, head, plain, texts
from support.paper_rows import (
    BLOBS,
    DFME,
    FLOOR,
    IDEAL,
    MNIST,
    TABLE_2,
    lenet,
    only_table,
    records,
)

ROWS = [
    *seeds(93, 94, 95, **IDEAL),
    *seeds(60, 61, 62, **DFME),
    *seeds(97, 98, 99, **BLOBS),
    *seeds(10, 10, 10, **FLOOR),
]


def notes(rows, preset=TABLE_2, **options) -> str:
    return "\n".join(paper.sheet(preset, rows, **options).notes)


def test_the_best_floor_and_the_points_above_it_are_columns_of_table_2():
    sheet = paper.sheet(TABLE_2, ROWS)
    assert head(sheet.tables[0])[-4:] == ("IDEAL", "best floor", "improvement", "above floor")
    shown = lenet(ROWS)
    assert plain(shown["best floor"]) == "98.00 [95.52, 100.00] (3)"
    assert [sheet.footnotes[n - 1] for n in shown["best floor"].footnotes] == [
        "Best floor: noise:blobs."
    ]
    assert (plain(shown["improvement"]), plain(shown["above floor"])) == ("+33.00", "-4.00 ▼")
    assert "learns no images" in notes(ROWS) and "▼ does not beat it" in notes(ROWS)
    assert [line[-3] for line in texts(sheet.tables[0])] == [
        "—",
        "98.00 [95.52, 100.00] (3)",
        "—",
    ]


def test_the_floor_takes_part_in_what_is_bold():
    shown = lenet(ROWS)
    bold = {name for name, text in shown.items() if text.bold}
    assert bold == {"best floor"} and "the floor's included" in notes(ROWS)
    level = [*seeds(97, 98.5, 98.4, **IDEAL), *seeds(97, 98, 99, **BLOBS)]
    shown = lenet(level)
    assert shown["IDEAL"].bold and shown["best floor"].bold
    one = [*seeds(93, 94, 95, **IDEAL), make_row(**BLOBS, accuracy=99.0)]
    assert not lenet(one)["IDEAL"].bold, "a floor above it, of which too little is known"
    assert "Nothing is bold for MNIST LeNet 25k" in notes(one)
    assert "† fewer than three seeds" in notes(one)


def test_a_floor_that_is_beaten_is_shown_without_the_mark():
    shown = lenet([*seeds(93, 94, 95, **IDEAL), *seeds(10, 10, 10, **FLOOR)])
    assert plain(shown["above floor"]) == "+84.00" and shown["IDEAL"].bold
    assert not shown["best floor"].bold and plain(shown["improvement"]) == "—"


@pytest.mark.parametrize("form", FORMATS)
def test_the_floor_stands_in_every_format(form):
    text = render(paper.sheet(TABLE_2, ROWS, compare=True), form)
    text = text.replace("\u00a0", " ").replace(r"\\[-2pt]", " ")
    wanted = {
        "md": "**98.00 [95.52, 100.00] (3)**",
        "html": "<strong>98.00 [95.52, 100.00] (3)</strong><sup>",
        "latex": r"\textbf{98.00}",
        "csv": "noise:blobs,98.0,2.484138,95.515862,100.0,3,0,-4.0",
    }
    assert wanted[form] in text
    if form != "csv":
        assert "best floor" in text and "above floor" in text and "Best floor: noise:blobs." in text


def test_csv_has_the_floor_beside_every_cell_run_or_not():
    found = {one["method"]: one for one in records(ROWS) if one["teacher"] == "lenet"}
    assert {one["best_floor"] for one in found.values()} == {"noise:blobs"}
    assert found["ideal"]["above_floor"] == "-4.0" and found["cmi"]["above_floor"] == ""
    assert (found["ideal"]["low"], found["ideal"]["high"]) == ("91.515862", "96.484138")
    assert {one["best_floor"] for one in records(ROWS) if one["teacher"] == "mlp"} == {""}


def test_the_floor_is_a_row_where_methods_are_rows_and_a_column_where_groups_are():
    one = only_table(ROWS, presets.find("table4"))
    assert [line[0] for line in texts(one)][-1] == "best floor"
    assert texts(one)[-1][1:] == ("98.00 [95.52, 100.00] (3)", *["—"] * 3)
    where = {
        "dataset": "imagenet12",
        "teacher": "vgg16",
        "student": "resnet18",
        "budget": 250_000,
    }
    dfme = make_row(**where, method="dfme", config={"generator": "dcgan"}, accuracy=30.0)
    floor = make_row(**where, method="random-generator", floor=True, accuracy=44.0)
    one = only_table([dfme, floor], presets.find("table6"))
    assert head(one) == ("method", "DCGAN", "StyleGAN", "Transformer", "best floor")
    assert [line[-1] for line in texts(one)] == ["44.00 † (1)"] * 2


def test_where_no_floor_was_run_that_is_said():
    assert "No floor was run in these settings" in notes(seeds(90, 91, 92, **IDEAL))
    assert "best floor" not in head(only_table(seeds(90, 91, 92, **IDEAL)))
    alexnet = IDEAL | {"teacher": "alexnet"}
    text = notes([*ROWS, make_row(**alexnet)])
    assert "No floor was run for MNIST AlexNet 25k." in text


@pytest.mark.parametrize(
    "change",
    [
        {"teacher_sha": "b" * 64},
        {"data_digest": "e" * 64},
        {"budget": 10_000},
        {"access": "score"},
        {"student": "mlp"},
        {"precision": "float32"},
        {"real_images": "mnist"},
        FAILED,
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_setting_has_another_floor(change):
    assert "best floor" not in head(
        only_table([*seeds(90, 91, 92, **IDEAL), make_row(**BLOBS | change)])
    )


def test_a_floor_that_was_run_alone_is_shown_with_its_teacher():
    mlp = make_row(**BLOBS | {"teacher": "mlp", "teacher_sha": "b" * 64}, teacher_accuracy=98.0)
    one = only_table([*ROWS, mlp])
    assert list(texts(one)[0][1:]) == [
        "MLP",
        "98.00",
        *["—"] * 8,
        "50.00 † (1)",
        "—",
        "—",
    ]


def test_the_newest_version_of_a_floor_counts_and_its_failed_runs_are_counted():
    new = [
        *seeds(70, 72, **BLOBS, method_version=2),
        make_row(**BLOBS | FAILED, method_version=2, seed=2),
    ]
    shown = lenet([*seeds(93, 94, 95, **IDEAL), *seeds(97, 98, 99, **BLOBS), *new])
    assert plain(shown["best floor"]) == "71.00 † (2/3)"


def test_a_method_of_a_preset_that_is_a_floor_is_called_one_also_in_a_rehearsal():
    where = {"dataset": "mnist", "budget": 2500, "scale": 0.1}
    config = {"batch": 250, "generator_steps": 5}
    rows = [
        make_row(**where, floor=True, variant="blobs", accuracy=60.0),
        make_row(**where, method="ideal", config=config, accuracy=40.0),
    ]
    some = presets.narrow(presets.find("budgets"), budgets=[25_000])
    one = only_table(rows, some, scale=0.1)
    assert head(one)[-5:] == ("noise", "noise:blobs (floor)", "DFME", "IDEAL", "best floor")
    assert list(texts(one)[0][-2:]) == ["40.00 † (1)", "60.00 † (1)"]
    other = [rows[1], replace(rows[0], scale=1.0)]
    assert "best floor" not in head(only_table(other, some, scale=0.1))


def test_notes_and_flags_of_the_floor_are_footnotes_too():
    sheet = paper.sheet(TABLE_2, [make_row(**IDEAL), make_row(**BLOBS, flags=["under-used"])])
    assert sheet.footnotes == ["Best floor: noise:blobs.", "Seed 0: under-used."]


def test_without_the_method_of_the_improvement_there_is_none():
    some = presets.narrow(TABLE_2, methods=["dfme"])
    assert head(only_table(ROWS, some))[-2:] == ("DFME", "best floor")
    assert "Improvement" not in notes(ROWS, some)


def test_settings_and_methods_without_any_run_can_be_left_out():
    one = only_table(
        [*ROWS, make_row(**MNIST | FAILED, method="dast")], only_run=True, compare=True
    )
    assert list(head(one)) == [
        "data set",
        "model",
        "",
        "teacher",
        "DaST",
        "DFME",
        "IDEAL",
        "best floor",
        "improvement",
        "above floor",
    ]
    assert [line[1] for line in texts(one)] == ["LeNet", "", ""], "the paper's lines stay"
    assert texts(one)[0][0] == "MNIST" and "Results for 2 of 24 cells" in facts(one)
    text = notes(ROWS, only_run=True)
    assert "Left out, without any run: 2 of 3 settings, 6 of 8 methods." in text
    assert "Left out" not in notes(ROWS)
    assert len(records(ROWS, only_run=True)) == 2
    four = only_table(ROWS, presets.find("table4"), only_run=True)
    assert head(four) == ("method", "MNIST") and len(four.lines) == 3


def test_the_command_leaves_out_what_has_no_run(cli, tmp_path):
    fill(tmp_path, *ROWS)
    code, text, errors = cli("table", "--preset", "table2", "--complete")
    assert code == 0, errors
    assert "Left out, without any run: 12 of 13 settings, 6 of 8 methods." in text
    code, _, errors = cli("table", "--complete")
    assert code == 2 and "--complete is for the table of a --preset" in errors
