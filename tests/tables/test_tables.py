"""Tables: every number comes from a row, and rows of other settings never mix."""

from __future__ import annotations

import re

import pytest

from benchmark.errors import BenchError
from benchmark.rows import grouping
from benchmark.rows.store import Store
from benchmark.rows.wanted import Wanted
from support.made_rows import FAILED, lines, make_row, seeds
from support.made_tables import markdown


def test_a_cell_is_the_mean_with_the_t_interval_and_the_seeds():
    assert lines(markdown(seeds(80, 82, 87)))[0][:2] == ["noise", "83.00 ± 8.96 (3)"]


def test_below_three_seeds_there_is_a_dagger_with_its_note():
    text = markdown(seeds(80, 82))
    assert lines(text)[0][1] == "81.00 † (2)" and "† fewer than three seeds" in text
    assert "†" not in markdown(seeds(80, 82, 87))


def test_failed_seeds_are_counted_and_take_no_part_in_the_numbers():
    rows = [*seeds(80, 82), make_row(seed=2, **FAILED), make_row(method="ideal", **FAILED)]
    first, last = lines(markdown(rows))
    assert first[:2] == ["noise", "81.00 † (2/3)"]
    assert last == ["ideal", "failed (0/1)", "—", "—", "—", "—"]


def test_the_columns_are_means_over_the_seeds():
    rows = [
        make_row(agreement=41.0, queries=2000, unique=1500, seconds=10.0),
        make_row(agreement=42.0, queries=1000, unique=1400, seconds=21.0, seed=1),
    ]
    text = markdown(rows)
    assert lines(text)[0][2:] == ["41.50", "1,500", "1,450", "16"]
    header = next(line for line in text.splitlines() if "method" in line)
    assert re.findall(r"\w+", header) == [
        "method",
        "accuracy",
        "agreement",
        "queries",
        "unique",
        "seconds",
    ]


def test_the_best_method_comes_first_and_failed_ones_last():
    rows = [
        make_row(accuracy=30.0, method="dafl"),
        make_row(method="dast", **FAILED),
        make_row(accuracy=70.0, variant="blobs"),
        make_row(accuracy=0.0, method="cmi"),
        make_row(accuracy=50.0, overrides={"passes": 1, "batch": 20}),
    ]
    names = [line[0] for line in lines(markdown(rows))]
    assert names == ["noise:blobs", "noise (passes=1, batch=20)", "dafl", "cmi", "dast"]


def test_the_title_says_what_was_asked_of_whom():
    text = markdown([make_row(student="mlp", budget=25_000)])
    assert text.startswith("### digits: lenet to mlp, 25,000 queries\n")
    assert "Teacher 99.00 %, chance 10.00 %." in text
    assert "float32 queries" in markdown([make_row(precision="float32")])


def test_the_source_line_names_suite_commit_torch_and_device():
    line = markdown([make_row()]).splitlines()[-1]
    assert line == "Suite 0.1.0, commit abcdef012345, torch 2.10.0, a CPU, 1 threads."
    half = make_row(arithmetic="bfloat16", amp="bfloat16")
    mixed = markdown([half, make_row(seed=1)]).splitlines()[-1]
    assert mixed.endswith("a CPU, 1 threads, 1 of 2 runs with networks in bfloat16.")
    mixed = markdown([make_row(dirty=True, commit=""), make_row(torch="2.11.0", seed=1)])
    assert "abcdef012345 (some with changed code), torch 2.10.0, 2.11.0" in mixed
    assert "commit unknown" in markdown([make_row(commit="")])
    mixed = markdown([make_row(), make_row(device="a GPU", seed=1)]).splitlines()[-1]
    assert mixed.endswith("torch 2.10.0, a CPU, 1 threads; a GPU.")


def test_of_many_commits_the_first_and_the_last_are_named_in_order_of_their_runs():
    days = {"c": "2026-01-01", "a": "2026-01-03", "d": "2026-01-02"}
    rows = [
        make_row(commit=name * 12, finished=day, seed=n)
        for n, (name, day) in enumerate(days.items())
    ]
    assert f"commit {'c' * 12}, {'d' * 12}, torch" in markdown([rows[0], rows[2]])
    rows.append(make_row(commit="a" * 12, finished="2026-01-09", seed=3))
    assert f"3 commits from {'c' * 12} to {'a' * 12}, torch" in markdown(rows)


def test_flags_are_shown_below_the_table():
    text = markdown([make_row(flags=["under-used"], seed=4)])
    assert "Flags: noise seed 4: under-used." in text


OTHER = [
    {"budget": 2000},
    {"precision": "float32"},
    {"teacher": "mlp", "teacher_sha": "b" * 64},
    {"teacher_sha": "b" * 64},
    {"student": "mlp"},
    {"dataset": "mnist"},
    {"data_digest": "e" * 64},
    {"access": "score"},
]


@pytest.mark.parametrize("change", OTHER, ids=lambda change: "-".join(change))
def test_rows_of_different_settings_stand_in_tables_of_their_own(change, cli, tmp_path):
    store = Store(tmp_path / "results")
    store.prepare()
    for one in (make_row(accuracy=20.0), make_row(accuracy=60.0, **change)):
        store.write(one)
    code, text, _ = cli("table")
    assert code == 0
    assert sorted(line[1] for line in lines(text)) == ["20.00 † (1)", "60.00 † (1)"]
    titles = [line for line in text.splitlines() if line.startswith("###")]
    assert len(set(titles)) == 2, "two tables that a reader cannot tell apart"


def test_a_title_names_the_test_set_only_where_there_are_two_of_the_name():
    other = {"dataset": "folder:pets", "data_digest": "e" * 64}
    rows = [
        make_row(dataset="folder:pets"),
        make_row(**other, seed=1),
        make_row(),
        make_row(teacher="mlp", **other),
    ]
    assert [grouping.title_of(one, rows) for one in rows] == [
        "folder:pets (test set dddddddd): lenet to lenet",
        "folder:pets (test set eeeeeeee): lenet to lenet",
        "digits: lenet to lenet",
        "folder:pets: mlp to lenet",
    ]
    assert grouping.of_setting(rows, grouping.title_of(rows[1], rows)) == [rows[1]]


@pytest.mark.parametrize("change", OTHER[1:], ids=lambda change: "-".join(change))
def test_rows_of_different_settings_are_drawn_in_pictures_of_their_own(change, cli, tmp_path):
    store = Store(tmp_path / "results")
    store.prepare()
    for one in (make_row(accuracy=20.0), make_row(accuracy=60.0, **change)):
        store.write(one)
    code, text, _ = cli("curve", "-o", tmp_path / "curve.png")
    assert code == 0
    pictures = sorted(tmp_path.glob("curve*.png"))
    assert len(pictures) == 2, "one picture took the other's place"
    assert sorted(text.splitlines()) == [f"wrote {path}" for path in pictures]


def test_rows_of_two_versions_of_a_method_are_never_averaged():
    text = markdown([make_row(accuracy=20.0), make_row(accuracy=60.0, method_version=2)])
    assert "(2)" not in text and "40.00 †" not in text


def test_rows_of_other_defaults_or_of_tuning_seeds_never_share_a_cell(tmp_path):
    store = Store(tmp_path)
    store.prepare()
    rows = [
        make_row(seed=0, id="a" * 12, config={"n": 1}),
        make_row(seed=0, id="b" * 12, config={"n": 2}),
    ]
    for one in [*rows, make_row(seed=100, id="c" * 12, config={"n": 1})]:
        store.write(one)
    found = grouping.select(store)
    assert {one.seed for one in found} == {0}
    assert [len(group) for group in grouping.by_method(found).values()] == [1, 1]
    assert [one.id for one in grouping.select(store, tuning=True)] == ["c" * 12]
    with pytest.raises(BenchError, match=r"no rows of mnist of tuning seeds \(100 and above\)"):
        grouping.select(store, Wanted("mnist"), tuning=True)


def test_real_images_and_notes_of_a_run_are_visible():
    text = markdown([make_row(real_images="photos", notes=["no BatchNorm"], unique=1000)])
    assert lines(text)[0][0] == "noise ‡" and "real images of photos" in text
    assert "Noted: noise: no BatchNorm." in text and "unique" not in text.split("\n\n")[2]


def test_published_numbers_stand_beside_measured_ones_where_the_paper_has_them():
    cell = {"dataset": "mnist", "budget": 25_000}
    rows = [*seeds(90, 91, 92, method="ideal", **cell), make_row(accuracy=97.0, **cell)]
    text = markdown(rows, compare=True)
    compared = {line[0]: line[2:4] for line in lines(text)}
    assert compared == {"ideal": ["96.32", "-5.32"], "noise": ["—", "—"]}
    assert "one number for three runs" in text and "Δ" not in markdown(rows)
    other = [
        make_row(**one, method="ideal") for one in (cell | {"budget": 24_000}, {"budget": 25_000})
    ]
    assert all(line[2] == "—" for line in lines(markdown(other, compare=True)))


def test_a_methods_page_shows_published_and_measured_numbers(cli, tmp_path):
    store = Store(tmp_path / "results")
    store.prepare()
    for one in [*seeds(80, 82, 87, method="dfme"), make_row(method="dfme", seed=100, accuracy=1.0)]:
        store.write(one)
    code, text, errors = cli("list", "methods", "dfme")
    assert code == 0, errors
    assert "Access: hard-label, score." in text and "ICLR 2023" in text
    assert re.search(r"dfme, mnist, lenet to lenet, 25k +62.86", text)
    assert re.search(r"dfme, digits: lenet to lenet, 1k +83.00 ± 8.96 \(3\)", text)
    assert "1.00" not in text.partition("Measured")[2]
    assert "Measured" not in cli("list", "methods", "zskt")[1]


def test_rows_are_chosen_by_budget(tmp_path):
    store = Store(tmp_path)
    store.prepare()
    for one in (make_row(budget=1000), make_row(budget=2000)):
        store.write(one)
    assert [one.budget for one in grouping.select(store, Wanted(budget=[2000]))] == [2000]
    with pytest.raises(BenchError, match="no rows of digits with a budget of 3k"):
        grouping.select(store, Wanted("digits", budget=[3000]))
    with pytest.raises(BenchError, match="no rows with a budget of 3k"):
        grouping.select(store, Wanted(budget=[2000, 3000]))
    with pytest.raises(BenchError, match="no rows of mnsit; there are those of digits"):
        grouping.select(store, Wanted("digits,mnsit"))
