"""Presets: the cells of the paper's tables as data, their parts, rehearsals and plans."""

from __future__ import annotations

import dataclasses

import pytest

from benchmark import arithmetic, cells, config, datasets, estimates, parse
from benchmark.datasets import vision
from benchmark.errors import BenchError
from benchmark.papers import preset_cells, presets
from benchmark.papers.published import PAPER, select
from benchmark.tables import grouping, table
from benchmark.tasks import TASKS
from runs import only_row
from teachers import architectures
from test_cli import fill
from test_tables import row, seeds

ALL = [presets.find(name) for name in presets.names()]


def test_every_table_and_figure_has_a_preset():
    tables = [f"table{n}" for n in range(1, 9)]
    assert presets.names() == [*tables, *(f"fig{n}" for n in range(2, 6)), "budgets"]
    assert [one.table for one in ALL[:8]] == [f"Table {n}" for n in range(1, 9)]


@pytest.mark.parametrize("number", range(1, 9))
def test_a_preset_has_exactly_the_numbers_of_its_table(number):
    preset = presets.find(f"table{number}")
    there = {
        (p.dataset, p.teacher, p.student, one.method, one.access, p.budget)
        for p, one in preset.cells()
    }
    printed = {one.key for one in select(source=PAPER, table=preset.table, metric="accuracy")}
    if number == 1:  # its ZSDB3 on CIFAR100 names no teacher
        place = ("cifar100", "", "", "zsdb3", "hard-label", 2_000_000)
        there = {place if key[::3] == ("cifar100", "zsdb3") else key for key in there}
    assert there == printed


def test_the_figures_have_the_numbers_that_the_paper_states():
    three = presets.find("fig3").cells()
    assert {(one.method, place.budget) for place, one in three} == {
        ("zsdb3", 200_000), ("dfme", 200_000), ("ideal", 200_000),
        ("zsdb3", 10_000_000), ("dfme", 10_000_000),
    }  # fmt: skip
    printed = select(source=PAPER, table="Figure 3")
    assert {(n.method, n.budget) for n in printed} <= {(one.method, p.budget) for p, one in three}
    assert max(place.budget for place in presets.find("fig2").places) == 10_000
    assert {one.own["generator_steps"] for one in presets.find("fig5").methods} == {"10", "50"}


@pytest.mark.parametrize("preset", ALL, ids=lambda preset: preset.name)
def test_settings_are_the_papers_and_the_names_the_suites(preset):
    steps = {"mnist": 5, "cifar10": 10, "imagenet12": 10}  # A.0.1
    for place, one in preset.cells():
        task = TASKS[place.dataset]
        assert (place.batch, place.student) == (task.batch, task.student)
        assert preset.name.startswith(("fig", "budgets")) or place.budget == task.budget
        architectures.check(place.teacher)
        if one.label.startswith("ideal") and "generator_steps" not in one.own:
            wanted = steps.get(place.dataset, 5)
            assert place.config(one) == {"generator_steps": wanted, **one.own}
    for name in {place.dataset for place in preset.places}:
        assert presets.pretty(name) != name
    found = preset_cells.cells_of(preset, [0])  # methods, fields, access: all are there
    assert len(found) == len(preset.cells())


def test_a_preset_becomes_cells_with_its_settings():
    part = presets.narrow(presets.find("table5"), ["mnist", "cifar10"])
    found = preset_cells.cells_of(part, [0, 7])
    assert len(found) == 2 * 5 * 2
    assert {cell.config.generator_steps for cell in found} == {3, 5, 10, 30, 50}
    assert {(c.teacher, c.student, c.budget, c.config.batch) for c in found} == {
        ("alexnet", "lenet", 25_000, 250), ("resnet34", "resnet18", 250_000, 250),
    }  # fmt: skip
    usual = [cell for cell in found if not cell.overrides]
    assert {cell.config.generator_steps for cell in usual} == {5}, "5 is no override"
    (large,) = preset_cells.cells_of(presets.narrow(presets.find("table3"), ["cifar100"],
                                                    ["ideal"], ["resnet34"]), [0])  # fmt: skip
    assert (large.config.batch, large.budget, large.access) == (1000, 2_000_000, "hard-label")
    (soft,) = preset_cells.cells_of(
        presets.narrow(presets.find("table1"), ["mnist"], ["dfme"]), [0]
    )
    assert soft.access == "score"


def test_equal_cells_of_two_presets_are_one_run():
    def identity(name, *part):
        (cell,) = preset_cells.cells_of(presets.narrow(presets.find(name), *part), [0])
        return cells.run_id(cell.identity("x", {"architecture": "a", "sha256": "b"}))

    assert identity("table2", ["mnist"], ["ideal"], ["lenet"]) == identity(
        "table4", ["mnist"], ["ideal"]
    )


PARTS = [
    ({"datasets": ["digits"]}, "table2 has no dataset digits; it has cifar10, fmnist, imagenet12"),
    ({"methods": ["noise"]}, "table2 has no method noise; it has cmi, dafl, dast"),
    ({"methods": ["ideal:no-ce"]}, "table2 has no method ideal:no-ce"),
    ({"teachers": ["vgg8"]}, "table2 has no teacher vgg8; it has alexnet, lenet"),
    ({"budgets": [1000]}, "table2 has no budget 1000; it has 25000, 100000, 250000"),
    ({"datasets": ["mnist"], "teachers": ["vgg16"]}, "no cell of table2 has all that was asked"),
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
        ("mlp", "dfme"), ("mlp", "ideal"), ("lenet", "dfme"), ("lenet", "ideal"),
    ]  # fmt: skip
    assert len(presets.narrow(presets.find("table5"), methods=["ideal"]).methods) == 5


GOOD = {
    "table": "Table 9", "title": "t", "rows": "settings",
    "methods": [{"method": "ideal", "name": "IDEAL"}],
    "settings": [{"dataset": "mnist", "teachers": ["lenet"], "student": "lenet",
                  "budgets": [500], "batch": 50}],
}  # fmt: skip
SETTING = GOOD["settings"][0]
FAULTS = [
    ({"row": "x"}, "p.json, t9: 'row' has no meaning there"),
    ({"rows": "columns"}, "p.json, t9: rows must be one of settings, methods, groups"),
    ({"improvement": "dfme"}, "p.json, t9: improvement of 'dfme', which is not in it"),
    ({"methods": GOOD["methods"] * 2}, "p.json, t9: a method is there twice"),
    ({"methods": [{"method": "ideal"}]}, "t9, methods, 'ideal': name is missing"),
    ({"methods": [{"method": "No Name", "name": "x"}]}, "t9, methods, 'No Name' is not a label"),
    ({"methods": [{"method": "ideal", "name": "x", "access": "x"}]}, "'ideal': access must be"),
    ({"settings": [SETTING | {"budgets": ["5k"]}]}, "t9, settings, 'mnist': '5k' is no number"),
    ({"settings": [SETTING | {"batch": 0}]}, "t9, settings, 'mnist': 0 is no number"),
    ({"settings": [SETTING | {"methods": ["dfme"]}]}, "'mnist': 'dfme' is not among the preset's"),
    ({"settings": [{"dataset": "mnist"}]}, "t9, settings, 'mnist': batch is missing"),
]


@pytest.mark.parametrize(("fault", "message"), FAULTS, ids=lambda value: str(value)[:40])
def test_a_fault_of_the_file_is_named(fault, message):
    assert presets.parse_preset("t9", GOOD, "p.json").cells()
    with pytest.raises(BenchError) as caught:
        presets.parse_preset("t9", GOOD | fault, "p.json")
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
    preset = presets.parse_preset("t9", GOOD | change, "p.json")
    with pytest.raises(BenchError) as caught:
        preset_cells.cells_of(preset, [0])
    where = f"{presets.FILE}, t9, {preset.methods[0].method} on mnist: "
    assert str(caught.value).startswith(where) and message in str(caught.value)


def scaled(part: presets.Preset, scale: float) -> list[cells.Cell]:
    return preset_cells.cells_of(part, [0], scale)


def test_a_rehearsal_has_a_share_of_the_budget_but_what_a_method_needs():
    part = presets.narrow(presets.find("table2"), ["mnist"], ["ideal", "dfme"], ["lenet"])
    assert [(c.budget, c.scale) for c in scaled(part, 0.1)] == [(2500, 0.1), (2500, 0.1)]
    dfme, ideal = scaled(part, 0.0001)
    assert ideal.budget == ideal.config.batch == 250
    assert dfme.budget == dfme.entry.method.least_budget(dfme.config, None) > 250
    assert [cell.budget for cell in scaled(part, 1.0)] == [25_000, 25_000]
    curve = presets.narrow(presets.find("fig2"), methods=["ideal"])
    assert [cell.budget for cell in scaled(curve, 0.05)] == [250, 500], "each cell once"
    photos = dataclasses.replace(part.places[0], dataset="folder:x")
    with pytest.raises(BenchError, match="a rehearsal needs a data set of known form"):
        scaled(dataclasses.replace(part, places=(photos,)), 0.5)


def test_a_rehearsal_is_another_run_and_other_runs_keep_their_ids():
    part = presets.narrow(presets.find("fig2"), methods=["ideal"], budgets=[10_000])
    (real,), (small,) = scaled(part, 1.0), scaled(part, 0.5)
    card = {"architecture": "a", "sha256": "b"}
    same = dataclasses.replace(small, budget=real.budget)
    ids = [cells.run_id(cell.identity("x", card)) for cell in (real, small, same)]
    assert len(set(ids)) == 3
    identity = real.identity("x", card)
    assert identity["scale"] == 1.0
    del identity["scale"]  # as the first rows have it
    assert cells.run_id(identity) == ids[0]


def test_rehearsed_rows_never_share_a_table_with_others():
    rows = [*seeds(90, 91, 92), *seeds(10, 11, 12, scale=0.5)]
    found = table.tables(rows)
    assert [len(one.lines) for one in found] == [1, 1]
    assert "rehearsal at 0.5 of the budget" in found[0].title
    assert "rehearsal" not in found[1].title
    place = {"dataset": "mnist", "budget": 25_000, "method": "ideal"}
    assert table.paper_number(row(**place)) == 96.32
    assert table.paper_number(row(**place, scale=0.1)) is None
    assert len({grouping.setting_key(one) for one in rows}) == 2


@pytest.mark.parametrize("text", ["0", "1.5", "-0.1", "ten", "0.1x", "nan"])
def test_a_share_is_a_number_above_0_and_at_most_1(text):
    with pytest.raises(BenchError, match="no share of a budget; write a number above 0"):
        parse.scale(text)
    assert (parse.scale("0.1"), parse.scale(".25"), parse.scale("1")) == (0.1, 0.25, 1.0)


def test_forms_of_data_sets_are_known_without_their_files(tmp_path):
    for name in ("digits", "photos"):
        found = datasets.load(name)
        assert datasets.outline(name) == (found.shape, len(found.classes))
        assert datasets.is_here(name, tmp_path)
    assert datasets.outline("mnist") == (vision._SOURCES["mnist"].shape, 10)
    assert datasets.outline("cifar100") == ((3, 32, 32), 100)
    assert datasets.outline("tiny-imagenet") == ((3, 64, 64), 200)
    assert datasets.outline("folder:x") is None
    for name, folder in (("mnist", "MNIST/raw"), ("imagenet12", "imagenet12")):
        assert not datasets.is_here(name, tmp_path)
        (tmp_path / folder).mkdir(parents=True)
    assert datasets.is_here("imagenet12", tmp_path) and not datasets.is_here("mnist", tmp_path)
    for file in vision._SOURCES["mnist"].files:
        (tmp_path / "MNIST/raw" / file).touch()
    assert datasets.is_here("mnist", tmp_path)


def test_a_plan_lists_cells_without_their_data_and_downloads_nothing(cli, tmp_path, monkeypatch):
    monkeypatch.setattr(vision, "_download", lambda *_: pytest.fail("a plan downloads"))
    code, output, errors = cli(
        "run", "--preset", "table2", "--datasets", "mnist", "--teacher", "lenet", "--seeds", "0",
        "--methods", "ideal,dfme", "--dry-run", "--scale", "0.1",
    )  # fmt: skip
    assert (code, errors) == (0, "")
    assert output.splitlines() == [
        "data     dfme  mnist  lenet->lenet  2.5k  rehearsal 0.1  seed 0",
        "data     ideal  mnist  lenet->lenet  2.5k  rehearsal 0.1  seed 0",
        "time: unknown for 2 runs, as no row has their method, networks and image shape on this "
        "device (dfme 1, ideal 1)",
        "FLOPs: 28.4 GFLOP of teachers for 2 of 2 runs",
        "FLOPs of training: unknown without a profile (dfme 1, ideal 1)",
        "2 runs, at most 5,000 queries to be spent",
    ]
    assert list(tmp_path.iterdir()) == []
    foreign = ("--methods", "out-of-domain", "--set", "out-of-domain.dataset=cifar10")
    code, output, _ = cli("run", "--dataset", "digits", *foreign, "--seeds", "0", "--dry-run")
    assert code == 0 and output.startswith("data     out-of-domain(dataset=cifar10)  digits")


def test_flops_are_counted_for_the_teacher_and_taken_from_profiles_for_training():
    part = presets.narrow(presets.find("table2"), ["mnist"], ["ideal", "dfme"], ["lenet"])
    found = preset_cells.cells_of(part, [0])
    like = {
        "dataset": "mnist", "student": "lenet", "method": "ideal", "variant": "", "overrides": {},
        "label": "", "budget": 2000, "queries": 2000,
        "parts": {"generator": {"flops": 1.5e12}, "student": {"flops": 0.5e12}},
    }  # fmt: skip
    teacher = "FLOPs: 284 GFLOP of teachers for 2"  # 2 x 25,000 x 5,676,160
    unknown = "FLOPs of training: unknown without a profile"
    assert arithmetic.lines(found, [like]) == [
        f"{teacher}, 25 TFLOP of training for 1 of 2 runs", f"{unknown} (dfme 1)",
    ]  # fmt: skip
    assert len(arithmetic.lines(found[1:], [like])) == 1
    near = like | {"budget": 20_000, "queries": 20_000}  # a tenth a query
    labelled = like | {"label": "K = 10", "budget": 25_000, "queries": 1}
    assert ", 50 PFLOP of training for 1" in arithmetic.lines(found, [labelled])[0]
    for profiles in ([like, near, labelled], [labelled, near, like]):
        assert ", 2.5 TFLOP of training for 1" in arithmetic.lines(found, profiles)[0]
    for change in (
        {"dataset": "digits"}, {"variant": "all"}, {"overrides": {"batch": 5}},
    ):  # fmt: skip
        assert arithmetic.lines(found, [like | change]) == [
            f"{teacher} of 2 runs", f"{unknown} (dfme 1, ideal 1)",
        ]  # fmt: skip
    assert arithmetic.forward("mlp", (1, 2, 2), 3) == 2 * (4 * 512 + 512 * 128 + 128 * 3)
    foreign = [dataclasses.replace(found[0], dataset="folder:x")]
    assert arithmetic.lines(foreign, [])[0] == "FLOPs: unknown of 1 run"


def test_time_is_estimated_from_like_rows_on_the_device_alone():
    part = presets.narrow(presets.find("table2"), ["mnist", "fmnist"], ["ideal"], ["lenet"])
    found = preset_cells.cells_of(part, [0, 1])
    like = {
        "dataset": "mnist", "method": "ideal", "method_version": found[0].entry.method.version,
        "config": config.identity(found[0].config), "device": "this", "unique": 1,
    }  # fmt: skip
    rows = [row(**like, budget=5000, seconds=100.0), row(**like, budget=1000, seconds=90.0)]
    assert estimates.lines(found, rows, "this") == [
        "time: about 83 min for 4 runs without evaluation, by rows on this device at 5,000 queries"
    ]  # (2 x 25,000 + 2 x 100,000) x 0.02 s; Fashion-MNIST has MNIST's shape
    for change in (
        {"device": "other"}, {"method_version": 1}, {"teacher": "mlp"}, {"student": "mlp"},
        {"config": {}}, {"dataset": "digits"}, {"access": "score"}, {"queries": 0},
        {"status": "failed"},
    ):  # fmt: skip
        (line,) = estimates.lines(found, [row(**like | change)], "this")
        assert line.startswith("time: unknown for 4 runs") and line.endswith("(ideal 4)")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0.4 s"),
        (45, "45 s"),
        (119, "119 s"),
        (150, "2.5 min"),
        (7300, "2.0 h"),
        (2e6, "23 days"),
    ],
)
def test_durations_are_in_the_largest_unit_of_two(seconds, words):
    assert estimates.duration(seconds) == words


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


def test_a_rehearsal_runs_and_says_so_in_its_row(cli, tmp_path, monkeypatch):
    place = SETTING | {"dataset": "digits", "budgets": [400]}
    item = GOOD | {"methods": [{"method": "noise (passes=1)", "name": "N"}], "settings": [place]}
    preset = presets.parse_preset("t9", item, "p.json")
    monkeypatch.setattr(presets, "_all", lambda: {"t9": preset})
    command = ("run", "--preset", "t9", "--seeds", "0", "--device", "cpu", "--scale", "0.25")
    code, output, errors = cli(*command)
    assert code == 0, errors
    assert "done     noise(passes=1)  digits  lenet->lenet  100  rehearsal 0.25  seed 0" in output
    found = only_row(tmp_path / "results")
    assert (found["scale"], found["budget"], found["queries"]) == (0.25, 100, 100)
    code, output, _ = cli(*command, "--dry-run")
    assert output.startswith("exists ") and output.endswith("at most 0 queries to be spent\n")
    code, text, _ = cli("table", "--preset", "t9", "--scale", "0.25")
    assert code == 0 and "rehearsal at 0.25 of the budgets, no result" in text and "† (1)" in text
    code, _, errors = cli("table", "--preset", "t9")
    assert code == 2 and "there are no rows of t9; `bench run --preset t9` makes them" in errors


def test_a_rehearsal_of_a_preset_is_not_its_table(cli, tmp_path):
    fill(tmp_path, row(dataset="mnist", method="ideal", budget=25_000, scale=0.1,
                       config={"generator_steps": 5}))  # fmt: skip
    code, _, errors = cli("table", "--preset", "table2")
    assert code == 2 and "there are no rows of table2" in errors


def test_a_preset_says_where_its_cells_come_from():
    assert presets.find("table2").source == "Table 2 of the IDEAL paper"
    assert presets.find("fig3").source == "Figure 3 of the IDEAL paper"
    assert presets.find("budgets").source == "this suite's own"
