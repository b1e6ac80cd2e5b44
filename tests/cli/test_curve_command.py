"""``bench curve``: whose rows a picture shows - of a preset, of some methods, of one setting."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from benchmark.pictures import saving
from support.made_rows import FAILED, fill, make_row, seeds
from support.pictured import data, lines

MNIST = {"dataset": "mnist", "unique": 1}
IDEAL = MNIST | {"method": "ideal", "config": {"generator_steps": 5}}
CIFAR = {"dataset": "cifar10", "teacher": "resnet34", "student": "resnet18", "unique": 1}


@pytest.fixture
def drawn(cli, monkeypatch):
    """``draw(*arguments) -> [figure, ...]`` of ``bench curve`` with these arguments."""
    caught = []
    monkeypatch.setattr(saving, "save", lambda figure, *_, **more: caught.append(figure))

    def draw(*arguments: object) -> list:
        caught.clear()
        code, output, errors = cli("curve", *arguments)
        assert (code, errors) == (0, "") and output.count("wrote ") == len(caught)
        return list(caught)

    return draw


def named(axes) -> set[str]:
    """The methods that have a label in a panel."""
    names = {re.split("  |, to ", text.get_text())[0] for text in axes.texts}
    return names - {"teacher", "chance"}


def titles(figure) -> list[str]:
    """The names of a figure's panels."""
    return [text.get_text() for text in figure.texts[1:-1]]


def test_figure_2_is_one_panel_of_its_methods_over_its_budgets(drawn, tmp_path):
    budgets = (1000, 2000, 5000, 10_000)
    fill(
        tmp_path,
        *(make_row(**IDEAL, budget=b, accuracy=b / 200) for b in budgets),
        *(make_row(**MNIST, method="dfme", budget=b, accuracy=b / 500) for b in budgets),
        make_row(**IDEAL, budget=25_000, accuracy=96.0),  # no budget of the figure
        make_row(**IDEAL | {"teacher": "mlp"}, budget=1000),
        make_row(**IDEAL | {"config": {"generator_steps": 10}}, budget=1000, seed=1),
        make_row(**MNIST, method="zskt", budget=1000),
        make_row(**MNIST, budget=1000, floor=True),
        make_row(method="ideal", config={"generator_steps": 5}, budget=1000),  # digits
    )
    (figure,) = drawn("--preset", "fig2")
    (axes,) = figure.axes
    assert named(axes) == {"ideal", "dfme"} and lines(axes, "--") == []
    steps = [tuple(line.get_ydata()) for line in lines(axes, "-")]
    assert steps == [(5, 10), (10, 25), (25, 50), (2, 4), (4, 10), (10, 20)]
    (figure,) = drawn("--preset", "fig2", "--methods", "dfme")
    assert named(figure.axes[0]) == {"dfme"}


def figure_3() -> list[dict]:
    ideal = {"method": "ideal", "config": {"generator_steps": 10}}
    return [
        make_row(**CIFAR, **ideal, budget=200_000, accuracy=65.0),
        make_row(**CIFAR, method="dfme", budget=200_000, accuracy=20.0),
        make_row(**CIFAR, method="dfme", budget=10_000_000, accuracy=60.0),
        make_row(**CIFAR, method="zskt", budget=10_000_000, accuracy=50.0),
    ]


def test_figure_3_is_a_panel_for_each_budget(drawn, tmp_path):
    fill(tmp_path, *figure_3())
    (figure,) = drawn("--preset", "fig3")
    left, right = figure.axes
    assert titles(figure) == ["200,000 queries", "10,000,000 queries"]
    assert named(left) == named(right) == {"ideal", "dfme"}
    assert {"dfme  20.0", "ideal  65.0"} <= {text.get_text() for text in left.texts}
    assert {"dfme", "ideal, to 200k"} <= {text.get_text() for text in right.texts}


def test_a_panel_without_any_row_is_left_out(drawn, tmp_path):
    fill(tmp_path, *figure_3()[:2])
    (figure,) = drawn("--preset", "fig3")
    assert len(figure.axes) == 1 and named(figure.axes[0]) == {"ideal", "dfme"}


def test_a_rehearsal_has_panels_of_its_own_budgets(drawn, tmp_path):
    rows = figure_3()
    small = [
        replace(one, id=make_row().id, budget=one.budget // 10, scale=0.1, accuracy=11.0)
        for one in rows
    ]
    fill(tmp_path, *rows[:2], *small)
    (figure,) = drawn("--preset", "fig3", "--scale", "0.1")
    assert titles(figure) == ["20,000 queries", "1,000,000 queries"]
    head = figure.texts[0].get_text().replace("\n", " ")
    assert head.endswith("rehearsal at 0.1 of the budget")
    assert {"dfme", "ideal, to 20k"} <= {text.get_text() for text in figure.axes[1].texts}


def test_scaled_budgets_that_meet_show_each_run_once(drawn, tmp_path):
    rows = [make_row(**IDEAL, budget=budget, scale=0.05) for budget in (250, 500)]  # 250 thrice
    fill(tmp_path, *rows)
    (figure,) = drawn("--preset", "fig2", "--scale", "0.05", "--methods", "ideal")
    (line,) = lines(figure.axes[0], "-")
    assert data(line)[0] == [250, 500]


def test_a_preset_of_one_budget_has_the_ordinary_picture_of_each_setting(drawn, tmp_path):
    rows = [*seeds(90, 91, budget=25_000, **IDEAL), make_row(**MNIST, method="dfme", budget=25_000)]
    fill(tmp_path, *rows, make_row(**IDEAL | {"teacher": "mlp"}, budget=25_000), *figure_3())
    assert [len(figure.axes) for figure in drawn("--preset", "table2", "--dataset", "mnist")] == [
        1,
        1,
    ]


def test_numbers_are_of_the_chosen_methods(cli, tmp_path):
    fill(tmp_path, *figure_3())
    code, text, _ = cli("curve", "--methods", "dfme", "--numbers")
    assert code == 0 and "| dfme" in text and "zskt" not in text


def test_methods_and_a_setting_choose_rows(drawn, tmp_path):
    fill(
        tmp_path,
        make_row(method="dfme"),
        make_row(method="dfme", overrides={"batch": 5}),
        make_row(method="dfme", variant="l1"),
        make_row(),
        make_row(access="score"),
        make_row(**MNIST),
    )
    (figure,) = drawn("--methods", "dfme")
    assert named(figure.axes[0]) == {"dfme", "dfme (batch=5)"}
    (figure,) = drawn("--setting", "digits: lenet to lenet", "--methods", "dfme:l1,noise")
    assert named(figure.axes[0]) == {"dfme:l1", "noise"}


FIG2_ROW = make_row(**IDEAL, budget=1000)
BAD = [
    (("--preset", "fig3"), "there are no rows of fig3; `bench run --preset fig3` makes them"),
    (("--preset", "fig2", "--scale", "0.1"), "no rows of fig2 --scale 0.1; `bench run --preset"),
    (("--preset", "fig2", "--methods", "dast"), "there are no rows of fig2"),
    (("--preset", "fig2", "--methods", "zskt"), "fig2 has no method zskt; it has dast, dfme"),
    (("--preset", "fig2", "--dataset", "digits"), "fig2 has no dataset digits; it has mnist"),
    (("--preset", "fig22"), "unknown preset 'fig22'. Did you mean fig2"),
    (("--scale", "0.1"), "--scale is for the cells of a --preset"),
    (("--methods", "dfme"), "no rows of the method dfme; there are those of ideal"),
    (("--methods", "ideal,dfme"), "no rows of the method dfme"),
    (("--setting", "mnist"), "of the setting 'mnist'; there are: mnist: lenet to lenet"),
    (("--preset", "table4"), "there are no complete rows to draw"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=lambda value: " ".join(value)[:40])
def test_what_there_is_no_row_of_is_exit_code_2_and_says_so(arguments, message, cli, tmp_path):
    failed = IDEAL | FAILED
    fill(tmp_path, FIG2_ROW, make_row(**failed, budget=25_000))
    code, output, errors = cli("curve", *arguments)
    assert (code, output) == (2, "") and message in errors.splitlines()[-1]
    assert not (tmp_path / "results" / "figures").exists()
