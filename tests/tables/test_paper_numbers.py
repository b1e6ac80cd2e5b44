"""The paper's numbers beside the measured ones, and the footnotes of both."""

from __future__ import annotations

from benchmark.papers import presets
from benchmark.tables import paper
from benchmark.tables.footnotes import Footnotes, lift
from benchmark.tables.layout import lay_out
from support.made_rows import make_row, seeds
from support.made_tables import head, texts
from support.paper_rows import DFME, IDEAL, TABLE_2, only_table


def test_flags_notes_and_real_images_are_footnotes_of_their_cell():
    special = {"flags": ["under-used"], "notes": ["student has no BatchNorm"]}
    sheet = paper.sheet(TABLE_2, [make_row(**IDEAL, **special), make_row(**DFME, seed=4)])
    assert sheet.footnotes == ["Seed 0: under-used.", "student has no BatchNorm."]
    cells = dict(zip(head(sheet.tables[0]), sheet.tables[0].lines[1], strict=True))
    assert cells["IDEAL"].footnotes == (1, 2) and cells["DFME"].footnotes == ()
    where = {"dataset": "svhn", "teacher": "resnet18", "student": "resnet18", "budget": 100_000}
    real = make_row(
        **where,
        method="out-of-domain",
        overrides={"dataset": "cifar10"},
        config={"dataset": "cifar10"},
        real_images="cifar10",
    )
    (note,) = paper.sheet(presets.find("table8"), [real]).footnotes
    assert note == "Not data-free: its queries are real images of cifar10."


def test_the_papers_numbers_stand_below_the_measured_ones():
    rows = [*seeds(90, 91, 92, **IDEAL), make_row(**DFME, accuracy=60.0)]
    one = only_table(rows, compare=True)
    lines = texts(one)
    assert [line[2] for line in lines] == ["here", "paper", "here", "paper", "Δ", "here", "paper"]
    assert lines[3][3:] == (
        "99.27",
        "18.92",
        "22.96",
        "24.43",
        "22.71",
        "22.49",
        "35.98",
        "62.86",
        "96.32",
        "+33.46",
    )
    assert lines[4][:3] == ("", "", "Δ")
    assert lines[4][3:] == ("-0.27", *["—"] * 6, "-2.86", "-5.32", "-2.46")
    assert lines[1][3:5] == ("98.25", "16.97"), "also where nothing was measured"


def test_a_bound_is_shown_as_one_and_nothing_is_above_it():
    rows = [make_row(**IDEAL | {"budget": 10_000}, accuracy=99.0)]
    one = only_table(rows, presets.find("fig2"), compare=True)
    lines = texts(one)[-2:]
    assert [line[-1] for line in lines] == ["99.00 † (1)", "> 98.00"]
    assert lines[1][4] == "—", "the paper's teacher is a service; ours stands in for it"


def test_the_figures_use_numbers_of_tables_where_they_print_none():
    where = {
        "dataset": "cifar10",
        "teacher": "resnet34",
        "student": "resnet18",
        "budget": 250_000,
    }
    config = {"generator_steps": 10}
    rows = [make_row(**where, method="ideal", config=config, overrides=config)]
    one = only_table(rows, presets.find("fig5"), compare=True)
    assert texts(one)[1][4:] == ("68.82", "58.69")


def test_the_papers_inconsistencies_stand_where_they_say_most():
    sheet = paper.sheet(TABLE_2, [make_row(**IDEAL)], compare=True)
    marked = {
        column.head: [sheet.footnotes[n - 1] for n in column.footnotes]
        for column in sheet.tables[0].columns
        if column.footnotes
    }
    assert set(marked) == {"DAFL", "ZSKT", "DeepIn", "CMI", "ZSDB3", "DFME", "IDEAL"}
    assert any("1,262,500" in text for text in marked["IDEAL"])
    assert any("ZSDB3 asks about 222,000" in text for text in marked["ZSDB3"])
    assert marked["CMI"] == marked["DeepIn"] and len(marked["DFME"]) == 2
    general = [text for text in sheet.notes if text.startswith("The paper's numbers: ")]
    assert any("Table 2 does not name its students" in text for text in general)
    assert "no spread is printed" in general[0]
    plain_table = paper.sheet(TABLE_2, [make_row(**IDEAL)])
    assert not plain_table.footnotes and not any("paper's num" in n for n in plain_table.notes)


def test_a_remark_on_a_whole_row_stands_at_its_name_once():
    preset = presets.find("table2")
    rows = [make_row(**IDEAL)]
    lines = paper.grid.lines(preset, rows)
    layout, notes = lay_out(preset, lines), Footnotes()
    printed = {
        (r, c): number
        for r, block in enumerate(layout.blocks)
        for c, at in enumerate(block.entries)
        if (number := paper._printed(preset, *at))
    }
    placed = lift(layout, printed, notes)
    names = [block.heads[-1] for block in layout.blocks]
    networks = next(n for n, text in enumerate(notes.texts, 1) if "no ResNet-34" in text)
    assert [names[r] for r, found in placed.blocks.items() if networks in found] == [
        "VGG-16",
        "ResNet-34",
        "VGG-16",
    ]
    assert not any(
        networks in found for found in [*placed.entries.values(), *placed.columns.values()]
    )
    mlp = next(n for n, text in enumerate(notes.texts, 1) if "ends in a softmax" in text)
    assert [at for at, found in placed.entries.items() if mlp in found] == [(3, 0)]
    assert all(
        1 <= number <= len(notes.texts) for found in placed.entries.values() for number in found
    )
