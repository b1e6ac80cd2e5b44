"""Version and validation of methods, as tables label them: read from the text, without torch."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmark.run import outlines, registry
from benchmark.run.sources import NotInText, Scope
from benchmark.tables import settings, validity
from benchmark.tables.render import render
from support.made_rows import make_row

METHOD = "from benchmark.method import Method\n\n\n"


@pytest.mark.parametrize("name", outlines.names())
def test_the_text_of_each_method_tells_the_facts_of_its_class(name):
    method, text = registry.find(name).method, outlines.find(name)
    assert text and (text.version, text.not_validated) == (method.version, method.not_validated)
    assert validity.missing(name) == method.not_validated
    assert validity.designed(name) == text.designed == method.designed


def test_only_rows_of_the_present_version_and_of_the_folder_are_current():
    version = registry.find("ideal").method.version
    now = make_row(method="ideal", method_version=version)
    rows = [now, make_row(method="ideal", method_version=version - 1), make_row(method="elsewhere")]
    assert validity.current(rows) == [now]


def test_a_fact_comes_from_the_nearest_base_and_must_be_plain(tmp_path):
    file = tmp_path / "m.py"
    file.write_text(
        f"{METHOD}class A(Method):\n    not_validated = 'why'\n\n\n"
        "class B(A):\n    version = 3\n\n\nclass C(A):\n    version = int('3')\n"
    )
    a, b, c = Scope(file, tmp_path).methods()
    facts = [(one.fact("version", 1), one.fact("not_validated", "")) for one in (a, b)]
    assert facts == [(1, "why"), (3, "why")]
    with pytest.raises(NotInText):
        c.fact("version", 1)


def test_images_designed_by_hand_are_labelled_in_tables_and_no_floor():
    by_hand = registry.find("drawn").method.designed
    assert by_hand and not registry.find("noise").method.designed
    rows = [make_row(method="drawn"), make_row(method="noise")]
    assert validity.called("drawn:no-moves", "drawn") == "drawn:no-moves (designed prior)"
    assert validity.named("noise", rows[1:]) == "noise"
    assert validity.notes(rows) == [f"drawn is a designed prior: {by_hand}."]
    assert not any(
        m.floor for name in outlines.names() if (m := registry.find(name).method).designed
    )


def test_a_method_with_both_labels_has_both_in_its_name(monkeypatch):
    monkeypatch.setattr(validity, "missing", lambda method: "why")
    monkeypatch.setattr(validity, "designed", lambda method: "by hand")
    name = validity.named("ideal", [make_row(method="ideal")])
    assert name == "ideal (not validated, designed prior)"


def test_the_class_answers_where_the_text_does_not(monkeypatch):
    monkeypatch.setattr(outlines, "find", lambda name: None)
    validity._facts.cache_clear()
    validity.missing.cache_clear()
    method = registry.find("zsdb3").method
    assert validity.missing("zsdb3") == method.not_validated != ""
    validity._facts.cache_clear()
    validity.missing.cache_clear()


def test_tables_do_not_import_torch():
    code = (
        "import sys\n"
        "from benchmark.tables import differences, home_turf, paper, parts, settings, validity\n"
        "assert validity.missing('zsdb3')\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_method_that_is_none_of_the_suite_is_marked_in_name_and_footnote(monkeypatch):
    validity.origin.cache_clear()
    monkeypatch.setattr(outlines, "plugins", lambda: {"bought-in": None})
    own, plugin, usual = (make_row(method=name) for name in ("my_idea", "bought-in", "ideal"))
    assert validity.named("my_idea:fast", [own]) == "my_idea:fast (by path)"
    assert validity.named("bought-in", [plugin]) == "bought-in (plugin)"
    assert validity.named("ideal", [usual]) == validity.called("ideal", "ideal") == "ideal"
    assert validity.notes([own, plugin, usual]) == [
        "bought-in: plugin, not part of the suite.",
        "my_idea: method given by path, not part of the suite.",
    ]
    validity.origin.cache_clear()


@pytest.mark.parametrize("form", ["md", "csv", "html", "latex"])
def test_every_form_of_a_table_marks_a_method_that_was_given_by_its_path(form):
    text = render(settings.sheet([make_row(method="my_idea")]), form)
    assert "given by path, not part of the suite" in text
