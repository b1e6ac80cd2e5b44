"""Tables in the paper's layout: entries, emphasis, improvements, footnotes, omissions."""

from __future__ import annotations

import pytest

from benchmark.errors import BenchError
from benchmark.papers import presets
from benchmark.tables import paper
from benchmark.tables.render import render
from support.made_rows import FAILED, make_row, seeds
from support.made_tables import facts, head, plain, texts
from support.paper_rows import DFME, IDEAL, MNIST, TABLE_2, lenet, only_table


def entries_of(rows, preset=TABLE_2, **options) -> dict[str, list]:
    """Last name (model, method) to the entries, of the lines of measured ones."""
    one = only_table(rows, preset, **options)
    names = sum(column.is_name for column in one.columns)
    return {line[names - 1].value: list(line[names:]) for line in one.lines}


def test_settings_are_rows_and_methods_columns_as_in_table_2():
    rows = [*seeds(90, 91, 92, **IDEAL), *seeds(60, 61, 62, **DFME)]
    one = only_table(rows)
    assert head(one) == (
        "data set",
        "model",
        "teacher",
        "DAFL",
        "ZSKT",
        "DeepIn",
        "CMI",
        "DaST",
        "ZSDB3",
        "DFME",
        "IDEAL",
        "improvement",
    )
    assert [line[:2] for line in texts(one)] == [("MNIST", "MLP"), ("", "LeNet"), ("", "AlexNet")]
    line = list(texts(one)[1])
    assert line[2:] == ["99.00", *["—"] * 6, "61.00 ± 2.48 (3)", "91.00 ± 2.48 (3)", "+30.00"]
    assert all(text == "—" for text in texts(one)[0][2:])
    assert "25k queries. Results for 2 of 24 cells." in facts(one)


def test_methods_are_rows_and_data_sets_columns_as_in_table_4():
    preset = presets.find("table4")
    found = entries_of(
        [*seeds(90, 91, 92, **IDEAL), make_row(**IDEAL | {"variant": "no-ce"})], preset
    )
    assert list(found) == [
        "teacher",
        "IDEAL",
        "without L_info",
        "without L_ce",
        "without re-initialising",
    ]
    assert [plain(text) for text in found["IDEAL"]] == ["91.00 ± 2.48 (3)", "—", "—", "—"]
    assert plain(found["without L_ce"][0]) == "50.00 † (1)"
    assert head(only_table([make_row(**IDEAL)], preset)) == (
        "method",
        "MNIST",
        "SVHN",
        "CIFAR10",
        "ImageNet subset",
    )


def test_groups_are_rows_and_generators_columns_as_in_table_6():
    where = {
        "dataset": "imagenet12",
        "teacher": "vgg16",
        "student": "resnet18",
        "budget": 250_000,
    }
    config = {"generator": "stylegan", "generator_steps": 10}
    rows = [
        make_row(**where, method="ideal", config=config, overrides={"generator": "stylegan"}),
        make_row(**where, method="dfme", config={"generator": "dcgan"}, accuracy=30.0),
    ]
    one = only_table(rows, presets.find("table6"))
    assert head(one) == ("method", "DCGAN", "StyleGAN", "Transformer")
    assert texts(one) == [
        ("DFME", "30.00 † (1)", "—", "—"),
        ("IDEAL", "—", "50.00 † (1)", "—"),
    ]


def test_generator_steps_and_budgets_are_told_apart():
    def steps(count, **more):
        where = {**IDEAL, "teacher": "alexnet", "config": {"generator_steps": count}}
        return make_row(**where, overrides={} if count == 5 else {"generator_steps": count}, **more)

    rows = [steps(3, accuracy=30.0), steps(5, accuracy=50.0), steps(30, accuracy=33.0)]
    found = entries_of(rows, presets.narrow(presets.find("table5"), ["mnist"]))
    shown = [plain(text) for text in found["AlexNet"]]
    assert shown == ["99.00", "30.00 † (1)", "50.00 † (1)", "—", "33.00 † (1)", "—"]
    rows = [make_row(**IDEAL | {"budget": b}, accuracy=a) for b, a in ((1000, 40.0), (5000, 60.0))]
    found = entries_of(rows, presets.find("fig2"))
    assert {name: plain(line[-1]) for name, line in found.items()} == {
        "1k": "40.00 † (1)",
        "2k": "—",
        "5k": "60.00 † (1)",
        "10k": "—",
    }


OTHER = [
    {"student": "mlp"},
    {"budget": 24_000},
    {"access": "score"},
    {"precision": "float32"},
    {"scale": 0.1},
    {"variant": "all"},
    {"config": {"generator_steps": 10}},
    {"overrides": {"batch": 50}},
    {"dataset": "digits"},
]


@pytest.mark.parametrize("change", OTHER, ids=lambda change: next(iter(change)))
def test_rows_of_another_setting_are_no_rows_of_the_preset(change):
    with pytest.raises(BenchError, match="there are no rows of table2; `bench run --preset"):
        only_table([make_row(**IDEAL | change)])
    shown = lenet([make_row(**DFME), make_row(**IDEAL | change)])
    assert plain(shown["IDEAL"]) == "—" and plain(shown["DFME"]) == "50.00 † (1)"


def test_the_best_and_what_is_level_with_it_are_bold():
    rows = [
        *seeds(90, 91, 92, **IDEAL),
        *seeds(90, 91.5, 91, **DFME),
        *seeds(60, 61, 62, **MNIST, method="dast"),
        *seeds(91.9, 91.9, **MNIST, method="dafl"),
    ]
    rows += seeds(50, 51, **MNIST, method="zskt")
    shown = lenet([one for one in rows if one.method != "dafl"])
    bold = {name for name, text in shown.items() if text.bold}
    assert bold == {"IDEAL", "DFME"}
    undecided = paper.sheet(TABLE_2, rows)
    assert not any(t.bold for line in undecided.tables[0].lines for t in line)
    (note,) = [text for text in undecided.notes if text.startswith("Nothing is bold for")]
    assert "MNIST LeNet 25k: the highest mean there has fewer than three seeds" in note


def test_a_wide_interval_earns_no_bold_while_a_better_method_has_none():
    rows = [
        *seeds(92.39, 93.88, 95.78, **IDEAL),
        *seeds(72.13, 69.82, 64.0, **MNIST, method="zskt"),
        *seeds(29.91, 67.74, 80.73, **MNIST, method="cmi"),
    ]
    for some in (rows, [one for one in rows if one.method != "zskt"]):
        shown = lenet(some)
        bold = {name for name, text in shown.items() if text.bold}
        assert bold == {"IDEAL"} and plain(shown["CMI"]) == "59.46 [0.00, 100.00] (3)"
    (note,) = [text for text in paper.sheet(TABLE_2, rows).notes if text.startswith("Bold")]
    assert "level with it" in note and "three common seeds" in note and "10 points" in note


def test_a_lone_result_is_the_best_of_nothing():
    shown = lenet(seeds(90, 91, 92, **IDEAL))
    assert not shown["IDEAL"].bold and plain(shown["improvement"]) == "—"


def test_methods_of_different_access_are_not_ranked():
    where = {"dataset": "mnist", "teacher": "alexnet", "budget": 25_000}
    rows = [
        *seeds(90, 91, 92, method="normal-kd", access="real-data", **where),
        *seeds(30, 31, 32, method="zsdb3", **where),
    ]
    sheet = paper.sheet(presets.find("table1"), rows)
    entries = [entry for line in sheet.tables[0].lines for entry in line]
    assert not any(entry.bold or entry.underline for entry in entries)
    assert not any(note.startswith("Bold") for note in sheet.notes)


def test_the_best_baseline_is_underlined_and_the_improvement_is_over_it():
    rows = [
        make_row(**IDEAL, accuracy=90.0),
        make_row(**DFME, accuracy=95.5),
        make_row(**MNIST, method="dast"),
    ]
    shown = lenet(rows)
    lined = {name for name, text in shown.items() if text.underline}
    assert lined == {"DFME"} and plain(shown["improvement"]) == "-5.50"
    notes = paper.sheet(TABLE_2, rows).notes
    assert any("Improvement: IDEAL above it, in points" in note for note in notes)


def test_failed_runs_are_counted_in_the_cell():
    rows = [*seeds(80, 82, **IDEAL), make_row(**IDEAL | FAILED, seed=2), make_row(**DFME | FAILED)]
    shown = lenet(rows)
    assert plain(shown["IDEAL"]) == "81.00 † (2/3)" and plain(shown["DFME"]) == "failed (0/1)"
    assert plain(shown["teacher"]) == "99.00" and plain(shown["improvement"]) == "—"
    sheet = paper.sheet(TABLE_2, [make_row(**DFME | FAILED)])
    assert "failed (0/1)" in render(sheet, "md") and "0 of 24 cells" in facts(sheet.tables[0])


def test_only_the_newest_version_is_shown_and_the_older_one_named():
    rows = [*seeds(10, 11, 12, **IDEAL), *seeds(90, 91, **IDEAL, method_version=2)]
    assert plain(lenet(rows)["IDEAL"]) == "90.50 † (2)"
    notes = paper.sheet(TABLE_2, rows).notes
    assert "Left out, runs of earlier versions or defaults: ideal v1." in notes
    rows = [
        make_row(
            **IDEAL | {"config": {"generator_steps": 5, "n": n}}, finished=str(n), accuracy=float(n)
        )
        for n in (7, 8)
    ]
    assert plain(lenet(rows)["IDEAL"]) == "8.00 † (1)"


def test_two_teacher_files_are_two_lines():
    rows = [
        make_row(**IDEAL, accuracy=20.0),
        make_row(**IDEAL, accuracy=60.0, teacher_sha="b" * 64),
    ]
    found = entries_of(rows)
    shown = {name: plain(line[-2]) for name, line in found.items()}
    assert shown == {
        "MLP": "—",
        "LeNet aaaaaaaa": "20.00 † (1)",
        "LeNet bbbbbbbb": "60.00 † (1)",
        "AlexNet": "—",
    }
    assert len(head(only_table(rows, presets.find("table4")))) == 1 + 5
    assert "MNIST LeNet bbbbbbbb" in head(only_table(rows, presets.find("table4")))


def test_two_test_sets_are_two_lines():
    rows = [
        make_row(**IDEAL, accuracy=20.0),
        make_row(**IDEAL, accuracy=60.0, data_digest="e" * 64),
    ]
    shown = {name: plain(line[-2]) for name, line in entries_of(rows).items()}
    assert shown["LeNet aaaaaaaa, test set dddddddd"] == "20.00 † (1)"
    assert shown["LeNet aaaaaaaa, test set eeeeeeee"] == "60.00 † (1)"
