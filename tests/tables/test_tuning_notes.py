"""Tables name the sets that hyper-parameters were chosen on."""

from __future__ import annotations

from benchmark.papers import presets
from benchmark.tables import best, differences, paper, settings
from benchmark.tuning.sets import DEVELOPED, NOTE
from support.made_rows import fill, make_row, seeds

TOLD = f"Tuning set: digits. {NOTE}"


def told(sheet) -> list[str]:
    return [note for note in sheet.notes if note.startswith("Tuning set")]


def test_a_table_of_a_tuning_set_says_so_and_no_other_does():
    usps = make_row(dataset="folder:usps_png", data_digest="e" * 64)
    assert told(settings.sheet([make_row()])) == [TOLD]
    assert told(settings.sheet([make_row(dataset="mnist")])) == []
    assert told(settings.sheet([make_row(dataset="tuning:digits")])) == []
    both = told(settings.sheet([make_row(), usps, make_row(dataset="mnist")]))
    assert both == [TOLD.replace("digits.", "digits, folder:usps_png.", 1)]


def test_a_set_that_one_method_was_settled_on_is_marked_for_that_method_alone():
    there = {"dataset": "folder:cifar100_jpg"}
    drawn, ideal = make_row(**there, method="drawn"), make_row(**there, method="ideal")
    expected = f"Development set for drawn: folder:cifar100_jpg. {DEVELOPED}"
    assert expected in settings.sheet([drawn, ideal]).notes
    elsewhere = make_row(dataset="mnist", method="drawn")
    for rows in ([ideal], [elsewhere], [elsewhere, ideal]):
        assert not [note for note in settings.sheet(rows).notes if "Development" in note]
    assert expected in best.sheet([drawn]).notes


def test_tables_of_differences_say_so_too():
    rows = [*seeds(90, 91, 92, method="ideal"), *seeds(30, 31, 32, method="dfme")]
    assert told(differences.sheet(rows, "best")) == [TOLD]


def test_the_table_of_a_preset_says_so_where_it_has_such_a_set():
    config = {"generator": "stylegan", "generator_steps": 5}
    for dataset, expected in (("digits", [TOLD]), ("mnist", [])):
        part = presets.narrow(presets.find("stylegan"), [dataset])
        found = make_row(
            dataset=dataset,
            budget=part.settings[0].budget,
            method="ideal",
            config=config,
            overrides={"generator": "stylegan"},
        )
        assert told(paper.sheet(part, [found], False, 1.0, False)) == expected


def test_the_note_stands_in_every_form_of_a_table(cli, tmp_path):
    fill(tmp_path, make_row())
    for form in ("md", "html", "latex"):
        code, output, _ = cli("table", "--format", form)
        assert code == 0 and "Tuning set: digits" in output
