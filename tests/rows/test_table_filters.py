"""Rows chosen for a table by data set, method, budget, seed, teacher and student."""

from __future__ import annotations

import pytest

from support.made_rows import fill, lines, make_row, seeds
from support.paper_rows import IDEAL

ROWS = [
    *seeds(80, 82, 87, method="ideal"),
    *seeds(60, 62, 64, method="dfme"),
    *seeds(90, 91, 92, floor=True, variant="blobs"),
    make_row(method="ideal", budget=2000),
    make_row(method="ideal", teacher="mlp", teacher_sha="b" * 64),
    make_row(method="cmi", student="mlp"),
    make_row(method="ideal", dataset="mnist"),
    make_row(method="ideal", variant="released"),
    make_row(method="ideal", seed=100, accuracy=1.0),
]


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (("--methods", "dfme"), ["dfme"]),
        (("--methods", "dfme,ideal:released"), ["dfme", "ideal:released"]),
        (("--budget", "2k"), ["ideal"]),
        (("--teacher", "mlp"), ["ideal"]),
        (("--student", "mlp"), ["cmi"]),
        (("--dataset", "mnist"), ["ideal"]),
        (("--tuning", "--seeds", "100"), ["ideal"]),
        (
            (
                "--dataset",
                "digits",
                "--teacher",
                "lenet",
                "--student",
                "lenet",
                "--budget",
                "1k",
                "--methods",
                "ideal",
                "--seeds",
                "0-2",
            ),
            ["ideal"],
        ),
    ],
)
def test_a_table_has_only_the_rows_that_were_asked_for(arguments, wanted, cli, tmp_path):
    fill(tmp_path, *ROWS)
    code, text, errors = cli("table", *arguments)
    assert code == 0, errors
    assert sorted(line[0] for line in lines(text)) == wanted


def test_seeds_are_chosen_and_counted(cli, tmp_path):
    fill(tmp_path, *ROWS)
    text = cli(
        "table",
        "--methods",
        "ideal",
        "--budget",
        "1k",
        "--teacher",
        "lenet",
        "--dataset",
        "digits",
        "--seeds",
        "0,2",
    )[1]
    assert lines(text)[0][1] == "83.50 † (2)"
    assert "best floor noise:blobs 91.00 † (2)." in text, "of the same seeds"


def test_choosing_methods_does_not_hide_the_floor(cli, tmp_path):
    fill(tmp_path, *ROWS)
    text = cli("table", "--methods", "dfme")[1]
    assert "best floor noise:blobs 91.00 ± 2.48 (3)." in text and lines(text)[0][2] == "-29.00 ▼"


WRONG = [
    (("--methods", "idael"), "there are no rows of the method idael; there are those of cmi, "),
    (("--methods", "ideal:relased"), "did you mean ideal:released"),
    (("--methods", "ideal,zz"), "of the method zz; there are those of cmi, dfme, ideal, "),
    (("--methods", "idael"), "; did you mean ideal"),
    (("--seeds", "0,7"), "there are no rows of seed 7; there are those of 0, 1, 2"),
    (("--seeds", "100"), "seeds from 100 on are tuning seeds, which need --tuning"),
    (("--seeds", "x"), "'x' is no seed"),
    (
        ("--teacher", "lent"),
        "of the teacher lent; there are those of lenet, mlp; did you mean lenet?",
    ),
    (("--student", "resnet18"), "of the student resnet18; there are those of lenet, mlp"),
    (
        ("--dataset", "digit"),
        "there are no rows of digit; there are those of digits, mnist; did you mean digits?",
    ),
    (("--budget", "3k"), "there are no rows with a budget of 3k; there are those of 1k, 2k"),
    (("--dataset", "mnist", "--teacher", "mlp"), "no rows of mnist of the teacher mlp; there are "),
    (("--tuning", "--methods", "dfme"), "of the method dfme of tuning seeds (100 and above)"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG, ids=lambda value: " ".join(value)[:40])
def test_a_value_that_no_row_has_is_named_with_what_there_is(arguments, message, cli, tmp_path):
    fill(tmp_path, *ROWS)
    code, output, errors = cli("table", *arguments)
    assert (code, output) == (2, "") and message in errors and len(errors.splitlines()) == 1


def test_a_preset_is_narrowed_by_teacher_budget_and_seeds(cli, tmp_path):
    rows = [
        make_row(**IDEAL | {"budget": b}, seed=seed, accuracy=b / 100 + seed)
        for b in (1000, 5000)
        for seed in (0, 1)
    ]
    fill(tmp_path, *rows)
    code, text, errors = cli("table", "--preset", "fig2", "--budget", "1k,5k", "--seeds", "1")
    assert code == 0, errors
    assert [line[-1] for line in lines(text)[1:]] == ["11.00 † (1)", "51.00 † (1)"]
    fill(tmp_path, make_row(**IDEAL))
    code, text, errors = cli("table", "--preset", "table2", "--teacher", "lenet")
    assert code == 0 and "MLP" not in text, errors
