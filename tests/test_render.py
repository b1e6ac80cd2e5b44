"""One document in Markdown, LaTeX, CSV and HTML: emphasis, marks, and all special signs escaped."""

from __future__ import annotations

import csv
import html.parser
import io
import re
import shutil
import subprocess

import pytest

from benchmark.papers import presets
from benchmark.store import Store
from benchmark.tables import grouping, paper, table
from benchmark.tables.render import FORMATS, latex, letter, letters, render
from benchmark.tables.table import Document, Styled, Table
from conftest import ROOT
from test_tables import row, seeds

NASTY = r"a_b & 5 % of $x$ {y} #1 ~ ^ \z <b>|</b> `code` ± † ‡ — Δ ▼ 日本"
PIECES = Table(
    "A & B: 50 % <i>", "Facts_1.", ("method", Styled("x", marks=(1, 2))),
    [("one|two", Styled("9.50 ± 0.10 (3)", bold=True, marks=(2,))),
     ("<script>", Styled("-8.00", underline=True)), ("c", "")],
    breaks=frozenset({0, 1}), records=[{"table": "A", "mean": 0.1 + 0.2, "n": None}],
)  # fmt: skip
DOCUMENT = Document([PIECES], [NASTY], ["First `note`.", "Second <note>."])


def test_footnotes_are_lettered():
    assert [letter(n) for n in (1, 2, 26, 27, 52, 53)] == ["a", "b", "z", "aa", "az", "ba"]
    assert letters((1, 3)) == "a,c" and letters(()) == ""


def test_markdown_shows_bold_underlined_and_marks():
    assert render(DOCUMENT, "md") == (
        "### A & B: 50 % <i>\n\nFacts_1.\n\n"
        "| method   |                 xᵃ˒ᵇ |\n"
        "|:---------|---------------------:|\n"
        "| one\\|two | **9.50 ± 0.10 (3)**ᵇ |\n"
        "| <script> |     <ins>-8.00</ins> |\n"
        "| c        |                      |\n\n"
        f"ᵃ First `note`.\n\nᵇ Second <note>.\n\n{NASTY}\n"
    )


def test_latex_is_made_of_booktabs_and_escapes():
    text = render(DOCUMENT, "latex")
    lines = text.splitlines()
    assert lines[0] == r"% needs \usepackage{booktabs,graphicx}"
    for rule in ("toprule", "bottomrule"):
        assert lines.count(f"\\{rule}") == 1
    assert lines.count(r"\midrule") == 2, "below the header and before the second block"
    assert r"\caption{A \& B: 50 \% $<$i$>$.}" in lines
    assert r"\begin{tabular}{lr}" in lines
    assert r"method & x\textsuperscript{a,b} \\" in lines
    assert r"one$|$two & \textbf{9.50 $\pm$ 0.10 (3)}\textsuperscript{b} \\" in lines
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


def test_wide_tables_put_intervals_below_their_means():
    wide = Table("t", "", tuple("abcdefghij"), [("12.50 ± 1.00 (3)", *"bcdefghij")], 0)
    text = render(Document([wide], []), "latex")
    assert r"\begin{tabular}[t]{@{}r@{}}12.50\\[-4pt]{\scriptsize $\pm$ 1.00 (3)}" in text
    assert r"\setlength{\tabcolsep}{3pt}" in text
    assert "shortstack" not in text and "[-4pt]" not in render(DOCUMENT, "latex")


def test_long_notes_stand_outside_the_float():
    long = Document([PIECES], ["word " * 1000])
    before, after = render(long, "latex").split(r"\end{table}")
    assert "word" in after and "word" not in before and "word" not in latex.render(DOCUMENT)
    two = render(Document([PIECES, PIECES], ["A note."]), "latex")
    assert two.count("Facts") == 2 and two.rindex("A note.") > two.rindex(r"\end{table}")


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
    text = render(DOCUMENT, "html")
    reader = Reader()
    reader.feed(text)
    assert reader.open == [] and not {"html", "body", "script", "style", "i", "b"} & {*reader.tags}
    assert "A & B: 50 % <i>" in reader.texts and "<script>" in reader.texts
    assert "<strong>9.50\u00a0±\u00a00.10\u00a0(3)</strong><sup>b</sup>" in text
    assert "<u>-8.00</u>" in text and "<code>note</code>" in text
    assert text.count('<tr class="block">') == 2 and reader.tags.count("tr") == 4


def test_csv_rounds_away_binary_noise_and_leaves_no_value_empty():
    assert render(DOCUMENT, "csv") == "table,mean,n\nA,0.3,\n"
    other = Table("B", "", ("m",), [], records=[{"table": 'B, "x"', "mean": 1, "n": 2}])
    found = list(csv.reader(io.StringIO(render(Document([PIECES, other], []), "csv"))))
    assert found == [["table", "mean", "n"], ["A", "0.3", ""], ['B, "x"', "1", "2"]]


def test_todays_tables_have_all_formats_too():
    rows = [*seeds(80, 82, 87), row(method="a", accuracy=30.0), *seeds(1, 2, 3, budget=2000)]
    document = table.document(rows)
    assert render(document, "md") == table.markdown(rows)
    for form in FORMATS:
        assert "83.0" in render(document, form)
    assert render(document, "latex").count(r"\begin{table}") == 2
    found = list(csv.DictReader(io.StringIO(render(document, "csv"))))
    assert [(one["method"], one["budget"], one["mean"], one["n"]) for one in found] == [
        ("a", "1000", "30.0", "1"), ("noise", "1000", "83.0", "3"), ("noise", "2000", "2.0", "3"),
    ]  # fmt: skip


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex here")
def test_latex_compiles_by_input_in_a_minimal_document(tmp_path):
    place = {"dataset": "mnist", "budget": 25_000}
    rows = [*seeds(90, 91, 92, method="ideal", config={"generator_steps": 5}, **place),
            *seeds(60, 61, 62, method="dfme", **place)]  # fmt: skip
    preset = presets.find("table2")
    documents = {
        "pieces": DOCUMENT,
        "paper": paper.document(preset, rows, compare=True),
        "plain": table.document(rows),
        "committed": paper.document(preset, grouping.select(Store(ROOT / "results")), True),
    }
    for name, document in documents.items():
        (tmp_path / f"{name}.tex").write_text(render(document, "latex"), encoding="utf-8")
    inputs = "\n".join(rf"\input{{{name}}}" for name in documents)
    (tmp_path / "main.tex").write_text(
        "\\documentclass{article}\n\\usepackage{booktabs,graphicx}\n\\begin{document}\n"
        f"{inputs}\n\\end{{document}}\n"
    )
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "main.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace")
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "main.pdf").read_bytes().startswith(b"%PDF")
    assert "Overfull" not in done.stdout and "too large" not in done.stdout
