"""One sheet in Markdown, LaTeX, CSV and HTML: emphasis, footnotes, all special signs escaped."""

from __future__ import annotations

import csv
import html.parser
import io
import re
import shutil
import subprocess
from dataclasses import replace

import pytest

from benchmark.errors import BenchError
from benchmark.papers import presets
from benchmark.rows import grouping
from benchmark.rows.store import Store
from benchmark.tables import differences, paper, settings
from benchmark.tables.render import FORMATS, latex, letter, letters, render
from benchmark.tables.table import Column, Entry, Sheet, Table, heads, line
from benchmark.tables.values import (
    Mean,
    Number,
    Span,
    mean_of,
)
from support.made_rows import fill, make_row, seeds
from support.suite import ROOT

NASTY = r"a_b & 5 % of $x$ {y} #1 ~ ^ \z <b>|</b> `code` ± † ‡ — Δ ▼ 日本"
PIECES = Table(
    "A & B: 50 % <i>",
    ("Facts_1.",),
    (Column("method", True), Column("x", footnotes=(1, 2))),
    [
        (Entry("one|two"), Entry(mean_of([9.4, 9.5, 9.6]), bold=True, footnotes=(2,))),
        (Entry("<script>"), Entry(Number(-8), underline=True)),
        (Entry("c"), Entry("")),
    ],
    breaks=frozenset({0, 1}),
    records=[{"table": "A", "value": Number(0.1 + 0.2), "n": None}],
)
SHEET = Sheet([PIECES], [NASTY], ["First `note`.", "Second <note>."])


def test_footnotes_are_lettered():
    assert [letter(n) for n in (1, 2, 26, 27, 52, 53)] == ["a", "b", "z", "aa", "az", "ba"]
    assert letters((1, 3)) == "a,c" and letters(()) == ""


def test_markdown_shows_bold_underlined_and_marks():
    assert render(SHEET, "md") == (
        "### A & B: 50 % \\<i\\>\n\nFacts_1.\n\n"
        "| method     |                 xᵃ˒ᵇ |\n"
        "|:-----------|---------------------:|\n"
        "| one\\|two   | **9.50 ± 0.25 (3)**ᵇ |\n"
        "| \\<script\\> |     <ins>-8.00</ins> |\n"
        "| c          |                      |\n\n"
        "ᵃ First `note`.\n\nᵇ Second \\<note\\>.\n\n"
        r"a_b & 5 % of \$x\$ {y} #1 ~ ^ \\z \<b\>\|\</b\> `code` ± † ‡ — Δ ▼ 日本"
        "\n"
    )


def test_the_ends_of_an_interval_are_no_link_and_stay_readable_in_markdown():
    wide = Table("t", ("Best ", mean_of([0, 40, 90]), "."), heads(["m"], ["x"]), [])
    lines = [line("[a](b)", mean_of([0, 40, 90])), line("c", Span(-100, 28.03))]
    text = render(Sheet([replace(wide, lines=lines)], []), "md")
    assert "43.33 [0.00, 100.00] (3) |" in text and "[-100.00, +28.03] |" in text
    assert "Best 43.33 [0.00, 100.00] (3).\n" in text and r"| \[a\](b) |" in text


def test_latex_is_made_of_booktabs_and_escapes():
    text = render(SHEET, "latex")
    lines = text.splitlines()
    assert lines[0] == r"% needs \usepackage{booktabs,graphicx}"
    for rule in ("toprule", "bottomrule"):
        assert lines.count(f"\\{rule}") == 1
    assert lines.count(r"\midrule") == 2, "below the header and before the second block"
    assert r"\caption{A \& B: 50 \% $<$i$>$.}" in lines
    assert r"\begin{tabular}{lr}" in lines
    assert r"method & x\textsuperscript{a,b} \\" in lines
    assert r"one$|$two & \textbf{9.50 $\pm$ 0.25 (3)}\textsuperscript{b} \\" in lines
    assert r"$<$script$>$ & \underline{$-$8.00} \\" in lines
    assert r"\textsuperscript{a}~First \texttt{note}." in text and r"Facts\_1." in text
    assert r"\textbackslash{}z" in text and "日" not in text and "??" in text
    assert hline_free(text)
    for name in ("table", "tabular"):
        assert text.count(rf"\begin{{{name}}}") == text.count(rf"\end{{{name}}}") == 1


def hline_free(text: str) -> bool:
    """Booktabs tables have neither ``hline`` nor vertical rules."""
    return r"\hline" not in text and not re.search(r"begin\{tabular\}\{[^}]*\|", text)


def test_escapes_leave_no_special_sign_of_latex():
    shown = latex.escape(NASTY)
    bare = re.sub(r"\\[a-zA-Z]+(\{\})?|\\[{}$&#%_]|\$[^$]*\$", "", shown)
    assert not re.search(r"[\\{}$&#%_^~<>|±†‡—Δ▼]", bare), bare
    assert latex.escape("a\nb\x00") == "a b?"


def test_wide_tables_put_intervals_below_their_means_and_words_of_heads_below_each_other():
    means = (mean_of([12, 12.5, 13]), Mean((1.0, 6.0, 20.0), 4), mean_of([50]))
    wide = Table("t", (), heads([], ["best floor", *"bcdefghij"]), [line(*means, *"defghij")])
    text = render(Sheet([wide], []), "latex")
    stack = r"\begin{tabular}[t]{@{}r@{}}"
    assert stack + r"12.50{\scriptsize\,(3)}\\[-3pt]{\scriptsize $\pm$ 1.24}\end{tabular}" in text
    assert stack + r"9.00{\scriptsize\,(3/4)}\\[-3pt]{\scriptsize [0.00, 33.47]}" in text
    assert r"& 50.00{\scriptsize\,$\dagger$(1)} &" in text
    assert r"\begin{tabular}[b]{@{}r@{}}best\\[-2pt]floor\end{tabular}" in text
    assert r"\setlength{\tabcolsep}{3pt}" in text
    assert "[-3pt]" not in render(SHEET, "latex")


def test_notes_stand_in_the_float_unless_no_page_holds_them():
    sheet = Sheet([PIECES], ["word " * 1000])
    before, after = render(sheet, "latex").split(r"\end{table}")
    assert "word" in before and "word" not in after, "in smaller type where there is little room"
    assert before.index("word") > before.index(r"\end{tabular}") and r"\tiny\notes" in before
    before, after = render(Sheet([PIECES], ["word " * 2000]), "latex").split(r"\end{table}")
    assert "word" in after and "word" not in before
    two = render(Sheet([PIECES, PIECES], ["A note."]), "latex")
    assert two.count("Facts") == 2 and two.count("A note.") == 1
    _, second, rest = two.split(r"\end{table}")
    assert "A note." in second and rest == "\n"


def test_caption_label_and_width_are_chosen():
    text = latex.render(SHEET, caption="Ours: 5 % & more_x", label="tab:a-1.b_2", wide=True)
    lines = text.splitlines()
    at = lines.index(r"\caption{Ours: 5 \% \& more\_x.}")
    assert lines[at + 1] == r"\label{tab:a-1.b_2}", "after the caption, or it counts the section"
    assert lines.count(r"\begin{table*}[!htbp]") == lines.count(r"\end{table*}") == 1
    assert "50" not in lines[at] and r"\begin{table}" not in text
    two = latex.render(Sheet([PIECES, PIECES], []), caption="Ours:", label="x")
    assert two.count(r"\caption{Ours: A \& B: 50 \% $<$i$>$. Facts\_1.}") == 2
    assert r"\label{x-1}" in two and r"\label{x-2}" in two and r"\label{x}" not in two
    assert r"\label" not in latex.render(SHEET) and "table*" not in latex.render(SHEET)


@pytest.mark.parametrize("label", ["a b", "a}", "x%", "日本", "a\\b", "#1"])
def test_a_label_that_latex_cannot_read_is_refused(label):
    with pytest.raises(BenchError, match="is no label for LaTeX; write letters, digits"):
        latex.render(SHEET, label=label)


def test_the_command_passes_caption_label_and_width_on(cli, tmp_path):
    fill(tmp_path, make_row())
    code, text, errors = cli(
        "table", "--format", "latex", "--caption", "Mine", "--label", "tab:x", "--wide"
    )
    assert code == 0, errors
    assert r"\caption{Mine.}" in text and r"\label{tab:x}" in text and "{table*}" in text


class Reader(html.parser.HTMLParser):
    """Checks that tags are closed in order, and collects texts."""

    def __init__(self) -> None:
        super().__init__()
        self.open, self.tags, self.texts = [], [], []

    def handle_starttag(self, tag, attributes) -> None:
        self.open.append(tag)
        self.tags.append(tag)

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        self.texts.append(data)


def test_html_is_a_fragment_with_everything_escaped():
    text = render(SHEET, "html")
    reader = Reader()
    reader.feed(text)
    assert reader.open == [] and not {"html", "body", "script", "style", "i", "b"} & {*reader.tags}
    assert "A & B: 50 % <i>" in reader.texts and "<script>" in reader.texts
    assert "<strong>9.50\u00a0±\u00a00.25\u00a0(3)</strong><sup>b</sup>" in text
    assert "<u>-8.00</u>" in text and "<code>note</code>" in text
    assert text.count('<tr class="block">') == 2 and reader.tags.count("tr") == 4


def test_csv_rounds_away_binary_noise_and_leaves_no_value_empty():
    assert render(SHEET, "csv") == "table,value,n\nA,0.3,\n"
    other = Table("B", (), heads(["m"], []), [], records=[{"table": 'B, "x"', "value": 1, "n": 2}])
    found = list(csv.reader(io.StringIO(render(Sheet([PIECES, other], []), "csv"))))
    assert found == [["table", "value", "n"], ["A", "0.3", ""], ['B, "x"', "1", "2"]]


def test_todays_tables_have_all_formats_too():
    rows = [*seeds(80, 82, 87), make_row(method="a", accuracy=30.0), *seeds(1, 2, 3, budget=2000)]
    sheet = settings.sheet(rows)
    for form in FORMATS:
        assert "83.0" in render(sheet, form)
    assert render(sheet, "latex").count(r"\begin{table}") == 2
    found = list(csv.DictReader(io.StringIO(render(sheet, "csv"))))
    assert [(one["method"], one["budget"], one["mean"], one["n"]) for one in found] == [
        ("a", "1000", "30.0", "1"),
        ("noise", "1000", "83.0", "3"),
        ("noise", "2000", "2.0", "3"),
    ]


def test_a_short_sheet_keeps_first_sentences_and_where_its_numbers_come_from():
    sheet = Sheet([PIECES], ["† few seeds. None.", "v1.2 is out", "Suite 0.1. All of it."], ["x"])
    short = sheet.shortened()
    assert short.notes == ["† few seeds.", "v1.2 is out", "Suite 0.1. All of it."]
    assert short.footnotes == ["x"] and Sheet([PIECES], []).shortened().notes == []


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex here")
@pytest.mark.parametrize(("columns", "wide"), [("one", False), ("two", False), ("two", True)])
def test_latex_compiles_by_input_in_a_minimal_document(columns, wide, tmp_path):
    setting = {"dataset": "mnist", "budget": 25_000}
    rows = [
        *seeds(90, 91, 92, method="ideal", config={"generator_steps": 5}, **setting),
        *seeds(60, 61, 62, method="dfme", **setting),
        *seeds(97, 98, 99, floor=True, **setting),
    ]
    preset = presets.find("table2")
    here = grouping.select(Store(ROOT / "results"))
    sheets = {
        "pieces": SHEET,
        "paper": paper.sheet(preset, rows, compare=True),
        "plain": settings.sheet(rows),
        "committed": paper.sheet(preset, here, True),
        "complete": paper.sheet(preset, here, True, only_run=True),
        "differences": differences.of_preset(preset, here, "best"),
    }
    for name, sheet in sheets.items():
        text = latex.render(sheet, "A caption", f"tab:{name}", wide)
        (tmp_path / f"{name}.tex").write_text(text, encoding="utf-8")
    inputs = "\n".join(rf"\input{{{name}}}" for name in sheets)
    (tmp_path / "main.tex").write_text(
        f"\\documentclass[{columns}column]{{article}}\n\\usepackage{{booktabs,graphicx}}\n"
        f"\\begin{{document}}\n{inputs}\nTable~\\ref{{tab:paper}}\n\\end{{document}}\n"
    )
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "main.tex"]
    for _ in range(2):  # the second time it knows its references
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, errors="replace"
        )
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "main.pdf").read_bytes().startswith(b"%PDF")
    for fault in ("Overfull", "too large", "undefined", "multiply"):
        assert fault not in done.stdout
