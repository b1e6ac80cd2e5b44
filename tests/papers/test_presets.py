"""Presets: the cells of the paper's tables as data, their parts, rehearsals and plans."""

from __future__ import annotations

import pytest

from benchmark.errors import BenchError
from benchmark.nets import architectures
from benchmark.papers import presets
from benchmark.papers.published import PAPER, select
from benchmark.rows.form import form
from benchmark.run import preset_cells
from benchmark.run.tasks import TASKS
from support.preset_files import checked
from support.preset_texts import GOOD, SETTING
from teachers.names import endpoint_of

ALL = [presets.find(name) for name in presets.names()]


def test_every_table_and_figure_has_a_preset():
    tables = [f"table{n}" for n in range(1, 9)]
    figures, own = (
        ("fig2", "fig2-http", *(f"fig{n}" for n in range(3, 6))),
        ("budgets", "released", "stylegan", "home-turf", "parts", "drawn-parts", "best-forms"),
    )
    assert presets.names() == [*tables, *figures, *own]
    assert [one.table for one in ALL[:8]] == [f"Table {n}" for n in range(1, 9)]


@pytest.mark.parametrize("number", range(1, 9))
def test_a_preset_has_exactly_the_numbers_of_its_table(number):
    preset = presets.find(f"table{number}")
    there = {
        (p.dataset, p.teacher, p.student, one.form, one.access, p.budget)
        for p, one in preset.cells()
    }
    printed = {one.key for one in select(source=PAPER, table=preset.table, metric="accuracy")}
    if number == 1:  # its ZSDB3 on CIFAR100 names no teacher
        setting = ("cifar100", "", "", form("zsdb3"), "hard-label", 2_000_000)
        there = {setting if key[::3] == ("cifar100", form("zsdb3")) else key for key in there}
    assert there == printed


def test_the_figures_have_the_numbers_that_the_paper_states():
    three = presets.find("fig3").cells()
    assert {(one.method, setting.budget) for setting, one in three} == {
        ("zsdb3", 200_000),
        ("dfme", 200_000),
        ("ideal", 200_000),
        ("zsdb3", 10_000_000),
        ("dfme", 10_000_000),
    }
    printed = select(source=PAPER, table="Figure 3")
    assert {(n.method, n.budget) for n in printed} <= {(one.method, p.budget) for p, one in three}
    assert max(setting.budget for setting in presets.find("fig2").settings) == 10_000
    assert {one.own["generator_steps"] for one in presets.find("fig5").methods} == {"10", "50"}


@pytest.mark.parametrize("preset", ALL, ids=lambda preset: preset.name)
def test_settings_are_the_papers_and_the_names_the_suites(preset):
    steps = {"mnist": 5, "cifar10": 10, "imagenet12": 10}  # A.0.1
    for setting, one in preset.cells():
        task = TASKS[setting.dataset]
        assert (setting.batch, setting.student) == (task.batch, task.student)
        free = ("fig", "budgets", "released", "home-turf", "drawn-parts")  # other budgets
        assert preset.name.startswith(free) or setting.budget == task.budget
        if endpoint_of(setting.teacher) is None:
            architectures.check(setting.teacher)
        if one.label.startswith("ideal") and "generator_steps" not in one.own:
            wanted = steps.get(setting.dataset, 5)
            assert setting.config(one) == {"generator_steps": wanted, **one.own}
    for name in {setting.dataset for setting in preset.settings}:
        assert presets.pretty(name) != name
    found = preset_cells.cells_of(preset, [0])  # methods, fields, access: all are there
    assert len(found) == len(preset.cells())


def test_a_preset_becomes_cells_with_its_settings():
    part = presets.narrow(presets.find("table5"), ["mnist", "cifar10"])
    found = preset_cells.cells_of(part, [0, 7])
    assert len(found) == 2 * 5 * 2
    assert {cell.config.generator_steps for cell in found} == {3, 5, 10, 30, 50}
    assert {(c.teacher, c.student, c.budget, c.config.batch) for c in found} == {
        ("alexnet", "lenet", 25_000, 250),
        ("resnet34", "resnet18", 250_000, 250),
    }
    usual = [cell for cell in found if not cell.overrides]
    assert {cell.config.generator_steps for cell in usual} == {5}, "5 is no override"
    (large,) = preset_cells.cells_of(
        presets.narrow(presets.find("table3"), ["cifar100"], ["ideal"], ["resnet34"]), [0]
    )
    assert (large.config.batch, large.budget, large.access) == (1000, 2_000_000, "hard-label")
    (soft,) = preset_cells.cells_of(
        presets.narrow(presets.find("table1"), ["mnist"], ["dfme"]), [0]
    )
    assert soft.access == "score"


def test_equal_cells_of_two_presets_are_one_run():
    def identity(name, *part):
        (cell,) = preset_cells.cells_of(presets.narrow(presets.find(name), *part), [0])
        return cell.identity("x", {"architecture": "a", "sha256": "b"}).run_id

    assert identity("table2", ["mnist"], ["ideal"], ["lenet"]) == identity(
        "table4", ["mnist"], ["ideal"]
    )


PARTS = [
    ({"datasets": ["digits"]}, "table2 has no dataset digits; it has cifar10, fmnist, imagenet12"),
    ({"methods": ["noise"]}, "table2 has no method noise; it has cmi, dafl, dast"),
    ({"methods": ["ideal:no-ce"]}, "table2 has no method ideal:no-ce"),
    ({"teachers": ["vgg8"]}, "table2 has no teacher vgg8; it has alexnet, lenet"),
    ({"budgets": [1000]}, "table2 has no budget 1000; it has 25000, 100000, 250000"),
    ({"datasets": ["mnist"], "teachers": ["vgg16"]}, "no cell of table2 fits all of these"),
]


@pytest.mark.parametrize(("part", "message"), PARTS, ids=lambda value: str(value)[:30])
def test_what_a_preset_does_not_have_is_named(part, message):
    with pytest.raises(BenchError, match=message):
        presets.narrow(presets.find("table2"), **part)


def test_a_part_keeps_what_was_asked_for():
    whole = presets.find("table2")
    assert presets.narrow(whole) == presets.narrow(whole, methods=["all"]) == whole
    part = presets.narrow(whole, ["mnist"], ["ideal", "dfme"], ["mlp", "lenet"])
    assert [(p.teacher, one.method) for p, one in part.cells()] == [
        ("mlp", "dfme"),
        ("mlp", "ideal"),
        ("lenet", "dfme"),
        ("lenet", "ideal"),
    ]
    assert len(presets.narrow(presets.find("table5"), methods=["ideal"]).methods) == 5


FAULTS = [
    ({"row": "x"}, "p.json, t9: 'row' is no key of it"),
    ({"rows": "columns"}, "p.json, t9: rows must be one of settings, methods, groups"),
    ({"improvement": "dfme"}, "p.json, t9: improvement of 'dfme', which is not in it"),
    ({"methods": GOOD["methods"] * 2}, "p.json, t9: a method is listed twice"),
    ({"methods": [{"method": "ideal"}]}, "t9, methods, 'ideal': name is missing"),
    ({"methods": [{"method": "No Name", "name": "x"}]}, "t9, methods, 'No Name' is not a label"),
    ({"methods": [{"method": "ideal", "name": "x", "access": "x"}]}, "'ideal': access must be"),
    ({"settings": [SETTING | {"budgets": ["5k"]}]}, "t9, settings, 'mnist': '5k' is no number"),
    ({"settings": [SETTING | {"batch": 0}]}, "t9, settings, 'mnist': 0 is no number"),
    ({"settings": [SETTING | {"methods": ["dfme"]}]}, "'mnist': 'dfme' is not among the preset's"),
    ({"settings": [{"dataset": "mnist"}]}, "t9, settings, 'mnist': batch is missing"),
]


def test_every_committed_preset_has_the_form_of_one():
    for name, item in presets._file()["presets"].items():
        assert checked(name, item, presets.FILE) == presets.find(name)


@pytest.mark.parametrize(("fault", "message"), FAULTS, ids=lambda value: str(value)[:40])
def test_a_fault_of_the_file_is_named(fault, message):
    assert checked("t9", GOOD, "p.json").cells()
    with pytest.raises(BenchError) as caught:
        checked("t9", GOOD | fault, "p.json")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"methods": [{"method": "idael", "name": "x"}]}, "unknown method 'idael'"),
        ({"methods": [{"method": "ideal:no-cee", "name": "x"}]}, "unknown variant of ideal"),
        ({"methods": [{"method": "ideal (steps=3)", "name": "x"}]}, "unknown field of ideal"),
        ({"settings": [SETTING | {"teachers": ["lenett"]}]}, "unknown architecture 'lenett'"),
        ({"methods": [{"method": "dafl", "name": "x", "access": "score"}]}, "--access score is"),
    ],
)
def test_what_the_suite_does_not_have_names_file_preset_and_entry(change, message):
    preset = presets.made("t9", GOOD | change)
    with pytest.raises(BenchError) as caught:
        preset_cells.cells_of(preset, [0])
    where = f"{presets.FILE}, t9, {preset.methods[0].method} on mnist: "
    assert str(caught.value).startswith(where) and message in str(caught.value)


USAGE = [
    (("--dataset", "digits"), "give --methods, or a --preset that says which"),
    (("--methods", "noise"), "give --dataset, or a --preset that says which"),
    (("--methods", "noise", "--dataset", "digits", "--scale", "0.1"), "give --preset too"),
    (("--preset", "table2", "--student", "lenet"), "a preset decides --student itself"),
    (("--preset", "table2", "--set", "ideal.batch=3"), "a preset decides --set itself"),
    (("--preset", "table2", "--access", "score"), "a preset decides --access itself"),
    (("--preset", "table2", "--precision", "uint8"), "a preset decides --precision itself"),
    (("--preset", "table9"), "unknown preset 'table9'. Did you mean table"),
    (("--preset", "table2", "--dataset", "digits"), "table2 has no dataset digits; it has"),
    (("--preset", "table5", "--scale", "2"), "'2' is no share of a budget"),
]


@pytest.mark.parametrize(("arguments", "message"), USAGE, ids=lambda value: " ".join(value)[:40])
def test_wrong_use_is_exit_code_2_and_says_why(arguments, message, cli):
    code, output, errors = cli("run", *arguments, "--dry-run")
    assert (code, output) == (2, "") and message in errors.splitlines()[-1]


def test_a_preset_says_where_its_cells_come_from():
    assert presets.find("table2").source == "Table 2 of the IDEAL paper"
    assert presets.find("fig3").source == "Figure 3 of the IDEAL paper"
    assert presets.find("budgets").source == "this suite's own"
