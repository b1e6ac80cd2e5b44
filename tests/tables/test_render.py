"""One document in Markdown, LaTeX, CSV and HTML: emphasis, marks, and all special signs escaped."""

from __future__ import annotations

import csv
import html.parser
import io
import re
import shutil
import subprocess

import pytest

from benchmark.errors import BenchError
from benchmark.papers import presets
from benchmark.rows import grouping
from benchmark.rows.store import Store
from benchmark.tables import differences, markdown, paper, table
from benchmark.tables.render import FORMATS, latex, letter, letters, render
from benchmark.tables.table import Document, Styled, Table
from support.made_rows import fill, make_row, seeds
from support.suite import ROOT

NASTY = r"a_b & 5 % of $x$ {y} #1 ~ ^ \z <b>|</b> `code` ± † ‡ — Δ ▼ 日本"
PIECES = Table(
    "A & B: 50 % <i>",
    "Facts_1.",
    ("method", Styled("x", marks=(1, 2))),
    [
        ("one|two", Styled("9.50 ± 0.10 (3)", bold=True, marks=(2,))),
        ("<script>", Styled("-8.00", underline=True)),
        ("c", ""),
    ],
    breaks=frozenset({0, 1}),
    records=[{"table": "A", "mean": 0.1 + 0.2, "n": None}],
)
DOCUMENT = Document([PIECES], [NASTY], ["First `note`.", "Second <note>."])


def test_footnotes_are_lettered():
    assert [letter(n) for n in (1, 2, 26, 27, 52, 53)] == ["a", "b", "z", "aa", "az", "ba"]
    assert letters((1, 3)) == "a,c" and letters(()) == ""


def test_markdown_shows_bold_underlined_and_marks():
    assert render(DOCUMENT, "md") == (
        "### A & B: 50 % \\<i\\>\n\nFacts_1.\n\n"
        "| method     |                 xᵃ˒ᵇ |\n"
        "|:-----------|---------------------:|\n"
        "| one\\|two   | **9.50 ± 0.10 (3)**ᵇ |\n"
        "| \\<script\\> |     <ins>-8.00</ins> |\n"
        "| c          |                      |\n\n"
        "ᵃ First `note`.\n\nᵇ Second \\<note\\>.\n\n"
        r"a_b & 5 % of \$x\$ {y} #1 ~ ^ \\z \<b\>\|\</b\> `code` ± † ‡ — Δ ▼ 日本"
        "\n"
    )


def test_the_ends_of_an_interval_stay_readable_in_markdown_and_nothing_else_in_brackets_does():
    for text in ("59.46 [0.00, 100.00] (3)", "[-100.00, +28.03]"):
        assert markdown.escape(text) == text
    for text in (
        "[0.00, 1.00](x)",
        "[0.00, 1.00]: x",
        "[0.00, 1.00][x]",
        "[a] (3)",
        "![0.0, 1.0]x",
    ):
        assert r"\[" in markdown.escape(text) and r"\]" in markdown.escape(text)
    assert markdown.escape("a|b [1.0, 2.0] *c*") == r"a\|b [1.0, 2.0] \*c\*"


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


def test_wide_tables_put_intervals_below_their_means_and_words_of_heads_below_each_other():
    cells = ("12.50 ± 1.00 (3)", "9.00 [0.00, 21.00] (2/3)", "50.00 † (1)")
    wide = Table("t", "", ("best floor", *"bcdefghij"), [(*cells, *"defghij")], 0)
    text = render(Document([wide], []), "latex")
    stack = r"\begin{tabular}[t]{@{}r@{}}"
    assert stack + r"12.50{\scriptsize\,(3)}\\[-3pt]{\scriptsize $\pm$ 1.00}\end{tabular}" in text
    assert stack + r"9.00{\scriptsize\,(2/3)}\\[-3pt]{\scriptsize [0.00, 21.00]}" in text
    assert r"& 50.00{\scriptsize\,$\dagger$(1)} &" in text
    assert r"\begin{tabular}[b]{@{}r@{}}best\\[-2pt]floor\end{tabular}" in text
    assert r"\setlength{\tabcolsep}{3pt}" in text
    assert "[-3pt]" not in render(DOCUMENT, "latex")


def test_notes_stand_in_the_float_unless_no_page_holds_them():
    document = Document([PIECES], ["word " * 1000])
    before, after = render(document, "latex").split(r"\end{table}")
    assert "word" in before and "word" not in after, "in smaller type where there is little room"
    assert before.index("word") > before.index(r"\end{tabular}") and r"\tiny\notes" in before
    before, after = render(Document([PIECES], ["word " * 2000]), "latex").split(r"\end{table}")
    assert "word" in after and "word" not in before
    two = render(Document([PIECES, PIECES], ["A note."]), "latex")
    assert two.count("Facts") == 2 and two.count("A note.") == 1
    _, second, rest = two.split(r"\end{table}")
    assert "A note." in second and rest == "\n"


def test_caption_label_and_width_are_chosen():
    text = latex.render(DOCUMENT, caption="Ours: 5 % & more_x", label="tab:a-1.b_2", wide=True)
    lines = text.splitlines()
    at = lines.index(r"\caption{Ours: 5 \% \& more\_x.}")
    assert lines[at + 1] == r"\label{tab:a-1.b_2}", "after the caption, or it counts the section"
    assert lines.count(r"\begin{table*}[!htbp]") == lines.count(r"\end{table*}") == 1
    assert "50" not in lines[at] and r"\begin{table}" not in text
    two = latex.render(Document([PIECES, PIECES], []), caption="Ours:", label="x")
    assert two.count(r"\caption{Ours: A \& B: 50 \% $<$i$>$. Facts\_1.}") == 2
    assert r"\label{x-1}" in two and r"\label{x-2}" in two and r"\label{x}" not in two
    assert r"\label" not in latex.render(DOCUMENT) and "table*" not in latex.render(DOCUMENT)


@pytest.mark.parametrize("label", ["a b", "a}", "x%", "日本", "a\\b", "#1"])
def test_a_label_that_latex_cannot_read_is_refused(label):
    with pytest.raises(BenchError, match="is no label for LaTeX; write letters, digits"):
        latex.render(DOCUMENT, label=label)


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
    rows = [*seeds(80, 82, 87), make_row(method="a", accuracy=30.0), *seeds(1, 2, 3, budget=2000)]
    document = table.document(rows)
    for form in FORMATS:
        assert "83.0" in render(document, form)
    assert render(document, "latex").count(r"\begin{table}") == 2
    found = list(csv.DictReader(io.StringIO(render(document, "csv"))))
    assert [(one["method"], one["budget"], one["mean"], one["n"]) for one in found] == [
        ("a", "1000", "30.0", "1"),
        ("noise", "1000", "83.0", "3"),
        ("noise", "2000", "2.0", "3"),
    ]


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex here")
@pytest.mark.parametrize(("columns", "wide"), [("one", False), ("two", False), ("two", True)])
def test_latex_compiles_by_input_in_a_minimal_document(columns, wide, tmp_path):
    place = {"dataset": "mnist", "budget": 25_000}
    rows = [
        *seeds(90, 91, 92, method="ideal", config={"generator_steps": 5}, **place),
        *seeds(60, 61, 62, method="dfme", **place),
        *seeds(97, 98, 99, floor=True, **place),
    ]
    preset = presets.find("table2")
    here = grouping.select(Store(ROOT / "results"))
    documents = {
        "pieces": DOCUMENT,
        "paper": paper.document(preset, rows, compare=True),
        "plain": table.document(rows),
        "committed": paper.document(preset, here, True),
        "complete": paper.document(preset, here, True, only_run=True),
        "differences": differences.of_preset(preset, here, "best"),
    }
    for name, document in documents.items():
        text = latex.render(document, "A caption", f"tab:{name}", wide)
        (tmp_path / f"{name}.tex").write_text(text, encoding="utf-8")
    inputs = "\n".join(rf"\input{{{name}}}" for name in documents)
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
