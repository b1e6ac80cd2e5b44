"""The papers' numbers: complete, consistent with each other, in the suite's names, and checked."""

from __future__ import annotations

import itertools
import re
from collections import Counter

import pytest

from benchmark import datasets, oracle
from benchmark.errors import BenchError
from benchmark.method import config
from benchmark.nets import architectures, names
from benchmark.papers import published
from benchmark.papers.printed import ACCESSES
from benchmark.papers.published import PAPER, lookup, numbers, printed, select
from benchmark.run import registry
from benchmark.run.tasks import TASKS


def cell(table: str, row: str, dataset: str, method: str = "", metric: str = "accuracy") -> float:
    """The one number there is."""
    (number,) = select(
        source=PAPER, table=table, row=row, dataset=dataset, method=method, metric=metric
    )
    return number.value


def settings(*tables: str) -> dict[tuple, dict[str, float]]:
    """Accuracies by method, for each row of Tables 2 and 3."""
    found: dict[tuple, dict[str, float]] = {}
    for number in numbers():
        if (number.source, number.metric) == (PAPER, "accuracy") and number.table in tables:
            setting = (number.table, number.dataset, number.teacher)
            found.setdefault(setting, {})[number.method] = number.value
    return found


def test_every_table_has_all_its_cells():
    assert Counter(number.table for number in select(source=PAPER)) == {
        "Table 1": 5 * 3,
        "Table 2": 13 * 10,  # teacher, eight methods, improvement
        "Table 3": 4 * 10,
        "Table 4": 4 * 4,
        "Table 5": 3 * 5,
        "Table 6": 2 * 3,
        "Table 7": 3 * 2,
        "Table 8": 3,
        "Figure 2": 1,
        "Figure 3": 3,
        "abstract": 1,
        "A.0.1": 2,
    }
    assert Counter(number.source for number in numbers() if number.source != PAPER) == {
        "dip-kd": 160,
        "cmi-readme": 48,
        "dafl-repository": 15,
        "mebench": 10,
        "zsdb3-second-hand": 5,
        "dast-repository": 2,
        "deepinversion-readme": 1,
        "ideal-readme": 1,
    }


@pytest.mark.parametrize(
    ("table", "row", "dataset", "method", "value"),
    [
        ("Table 1", "Normal KD", "cifar10", "normal-kd", 94.34),
        ("Table 1", "CMI", "mnist", "cmi", 98.20),
        ("Table 1", "CMI*", "cifar100", "cmi:hard-labels", 63.45),
        ("Table 1", "DFME", "cifar10", "dfme", 51.28),
        ("Table 1", "ZSDB3", "cifar100", "zsdb3", 14.28),
        ("Table 2", "MLP", "mnist", "ideal", 88.41),
        ("Table 2", "LeNet", "mnist", "dfme", 62.86),
        ("Table 2", "AlexNet", "fmnist", "dast", 25.21),
        ("Table 2", "AlexNet", "svhn", "cmi", 17.63),
        ("Table 2", "VGG-16", "svhn", "deepinversion", 24.65),
        ("Table 2", "ResNet-34", "cifar10", "zskt", 14.31),
        ("Table 2", "AlexNet", "imagenet12", "zsdb3", 27.83),
        ("Table 2", "VGG-16", "imagenet12", "dafl", 19.36),
        ("Table 3", "AlexNet", "cifar100", "dast", 14.22),
        ("Table 3", "ResNet-34", "cifar100", "zsdb3", 17.51),
        ("Table 3", "VGG-16", "tiny-imagenet", "deepinversion", 11.95),
        ("Table 3", "ResNet-34", "tiny-imagenet", "cmi", 12.82),
        ("Table 4", "w/o L_infor", "mnist", "ideal:no-info", 95.76),
        ("Table 4", "w/o L_ce", "svhn", "ideal:no-ce", 12.48),
        ("Table 4", "w/o generator re-initializing", "imagenet12", "ideal:no-reinit", 51.25),
        ("Table 5", "E_G = 3", "mnist", "ideal (generator_steps=3)", 65.36),
        ("Table 5", "E_G = 5", "cifar10", "ideal (generator_steps=5)", 57.56),
        ("Table 5", "E_G = 30", "imagenet12", "ideal (generator_steps=30)", 48.67),
        ("Table 6", "DFME, DCGAN", "imagenet12", "dfme (generator=dcgan)", 31.23),
        ("Table 6", "Ours, DCGAN", "imagenet12", "ideal (generator=dcgan)", 55.81),
        ("Table 7", "Ours+LDAM", "svhn", "ideal:ldam", 82.24),
        ("Table 7", "Ours+CB-Focal", "cifar10", "ideal:cb-focal", 63.31),
        ("Table 8", "Method_A", "svhn", "ideal:own-targets", 22.64),
        ("Table 8", "Method_B", "svhn", "out-of-domain (dataset=cifar10)", 39.68),
        ("Figure 3", "Ours, Q = 200K", "cifar10", "ideal", 63.77),
        ("Figure 3", "ZSDB3, Q = 10M", "cifar10", "zsdb3", 56.39),
    ],
)
def test_cells_read_in_the_paper_a_second_time(table, row, dataset, method, value):
    assert cell(table, row, dataset, method) == value


@pytest.mark.parametrize(
    ("table", "row", "dataset", "value"),
    [
        ("Table 2", "MLP", "fmnist", 84.54),
        ("Table 2", "ResNet-18", "svhn", 95.28),
        ("Table 2", "ResNet-34", "cifar10", 93.85),
        ("Table 3", "ResNet-34", "cifar100", 89.45),
        ("Table 3", "VGG-16", "tiny-imagenet", 52.96),
    ],
)
def test_teachers_read_in_the_paper_a_second_time(table, row, dataset, value):
    assert cell(table, row, dataset, metric="teacher-accuracy") == value


def test_the_printed_improvements_are_ours_less_the_best_baseline():
    rows = settings("Table 2", "Table 3")
    assert len(rows) == 13 + 4
    for (table, dataset, teacher), accuracies in rows.items():
        assert len(accuracies) == 8
        best = max(value for method, value in accuracies.items() if method != "ideal")
        (improvement,) = select(table=table, dataset=dataset, teacher=teacher, metric="improvement")
        assert round(accuracies["ideal"] - best, 2) == improvement.value, (table, dataset, teacher)


def test_ours_of_the_other_tables_is_that_of_table_2():
    main = {one.key: one for one in select(table="Table 2", source=PAPER, metric="accuracy")}
    for table in ("Table 4", "Table 7", "Table 8"):
        ours = select(table=table, method="ideal")
        assert ours and all(main[number.key].value == number.value for number in ours)
    for dataset, steps in (("mnist", 5), ("cifar10", 10), ("imagenet12", 10)):
        (best,) = select(
            table="Table 5", dataset=dataset, method=f"ideal (generator_steps={steps})"
        )
        assert lookup(*best.key[:3], "ideal", *best.key[4:]) == best.value
    for method in ("ideal", "dfme"):
        (style,) = select(table="Table 6", method=f"{method} (generator=stylegan)")
        assert lookup(*style.key[:3], method, *style.key[4:]) == style.value


def test_what_the_text_says_of_its_tables_and_what_our_footnotes_say_of_the_text():
    ours = [number.value for number in select(table="Table 2", metric="improvement")]
    assert min(ours) == 20.83  # "at least 20 %"
    table_8 = cell("Table 8", "Ours", "svhn", "ideal") - 22.64
    assert 65 < table_8 < 65.1  # "over 65 %"
    dfme = cell("Figure 3", "DFME, Q = 10M", "cifar10", "dfme")
    assert round(cell("Figure 3", "Ours, Q = 200K", "cifar10", "ideal") - dfme, 2) == 5.83
    margins = {
        setting: round(accuracies["ideal"] - sorted(accuracies.values())[-3], 2)
        for setting, accuracies in settings("Table 3").items()
    }
    assert [value for value in margins.values() if value > 18] == [18.61]
    worst = [
        set(sorted(accuracies, key=accuracies.get)[:2]) == {"dafl", "zskt"}
        for accuracies in settings("Table 2").values()
    ]
    assert (sum(worst), len(worst)) == (3, 13)


def test_the_quoted_rows_of_table_1_are_those_of_the_dafl_paper():
    for method, other in (("normal-kd", "normal-kd"), ("cmi", "dafl")):
        here = {n.dataset: n.value for n in select(table="Table 1", method=method)}
        there = {
            n.dataset: n.value
            for n in select(source="dafl-repository", method=other)
            if n.row != "DAFL, HintonNet"
        }
        assert here == there and len(here) == 3
    (teacher,) = select(table="Table 2", row="ResNet-34", metric="teacher-accuracy")
    assert cell("Table 1", "Normal KD", "cifar10", "normal-kd") > teacher.value


def test_budgets_and_students_are_the_defaults_of_the_suites_tasks():
    for number in select(source=PAPER, metric="accuracy"):
        if number.table != "Figure 3":
            assert number.budget == TASKS[number.dataset].budget
        if number.student:
            assert number.student == TASKS[number.dataset].student
    stated = [n for n in select(source=PAPER, metric="accuracy") if not n.inferred]
    assert {n.table for n in stated if n.student} == {"Table 3", "Table 5"}


def test_every_name_is_one_of_the_suite():
    for number in numbers():
        assert number.dataset in datasets.names()
        for network in (number.teacher, number.student):
            if network and not network.startswith("other:"):
                architectures.check(network)
        if number.method and not number.method.startswith("other:"):
            known_method(number.method)


def known_method(label: str) -> None:
    label, _, setting = label.removesuffix(")").partition(" (")
    name, _, variant = label.partition(":")
    known = registry.find(name)
    assert not variant or variant in known.method.variants, label
    field, _, value = setting.partition("=")
    if setting:
        config.resolve(known.method, name, {field: value})


def test_the_paper_gives_methods_an_access_that_the_suite_can_give_them():
    assert set(ACCESSES) == set(oracle.ACCESSES)
    for number in select(source=PAPER, metric="accuracy"):
        name = re.split("[: ]", number.method)[0]
        assert number.access in registry.find(name).method.access, number


def test_other_is_only_for_what_the_suite_does_not_have():
    for number in numbers():
        method = number.method.removeprefix("other:")
        assert method == number.method or method not in registry.names()
        for network in (number.teacher, number.student):
            other = network.removeprefix("other:")
            assert other == network or other not in names.listed()


def test_a_standard_error_follows_its_accuracy():
    for before, number in itertools.pairwise(numbers()):
        if number.metric == "standard-error":
            assert before.metric == "accuracy" and before.key == number.key
            assert (before.table, before.row) == (number.table, number.row)
    assert len(select(metric="standard-error")) == 77


def test_lookup_gives_the_papers_number_or_none():
    setting = ("mnist", "lenet", "lenet")
    assert lookup(*setting, "ideal", "hard-label", 25_000) == 96.32
    assert lookup("svhn", "vgg16", "resnet18", "ideal:no-ce", "hard-label", 100_000) == 12.48
    assert lookup("cifar10", "resnet34", "resnet18", "dfme", "score", 250_000) == 51.28
    assert lookup("cifar10", "resnet34", "resnet18", "dfme", "hard-label", 250_000) == 37.91
    assert lookup("cifar10", "resnet34", "resnet18", "ideal", "hard-label", 200_000) == 63.77
    assert lookup(*setting, "ideal", "hard-label", 5_000) is None
    assert lookup(*setting, "ideal", "score", 25_000) is None
    assert lookup("digits", "lenet", "lenet", "ideal", "hard-label", 5_000) is None
    # A lower bound, a teacher and the numbers of other sources are no answer.
    assert lookup("mnist", "other:azure", "lenet", "ideal", "hard-label", 10_000) is None
    assert lookup("mnist", "lenet", "lenet", "dfme", "score", 10_000) is None
    # Method_B asks about CIFAR10; real images of other data are not what it is about.
    setting = ("svhn", "resnet18", "resnet18")
    assert lookup(*setting, "out-of-domain (dataset=cifar10)", "hard-label", 100_000) == 39.68
    assert lookup(*setting, "out-of-domain", "hard-label", 100_000) is None
    # 14.28 of Table 1 has no teacher: it does not answer for ResNet-34, whose cell is Table 3's.
    assert lookup("cifar100", "resnet34", "resnet18", "zsdb3", "hard-label", 2_000_000) == 17.51


def test_what_is_inferred_says_so_and_why():
    number = printed("svhn", "resnet18", "resnet18", "ideal", "hard-label", 100_000)
    assert (number.table, number.inferred) == ("Table 2", True)
    assert number.note == "student inferred: stated nowhere, ResNet-18 is this suite's choice"
    stated = printed("cifar100", "resnet34", "resnet18", "ideal", "hard-label", 2_000_000)
    assert not stated.inferred and stated.note == ""


def test_footnotes_stand_at_the_cells_they_concern():
    def names(**wanted):
        (number,) = select(source=PAPER, **wanted)
        return {footnote.name for footnote in published.footnotes_of(number)}

    assert names(table="Table 1", method="cmi", dataset="mnist") == {"quoted-rows", "best-on-test"}
    assert "cifar100-teacher" in names(
        table="Table 3", metric="teacher-accuracy", dataset="cifar100", teacher="resnet34"
    )
    assert names(table="Table 2", metric="teacher-accuracy", dataset="mnist", row="MLP") == set()
    assert names(table="Figure 2") == {"azure", "queries-of-ideal"}
    for footnote in published.footnotes():
        assert any(footnote.concerns(number) for number in numbers())
        assert len(footnote.text) > 60 and footnote.text.endswith(".")


def test_select_knows_its_columns_and_sources_are_all_in_use():
    with pytest.raises(BenchError, match="select: 'tables' is no column; there are source, table"):
        select(tables="Table 2")
    assert {number.source for number in numbers()} == set(published.sources())
