"""Tables in LaTeX, to be read in by ``\\input``; the preamble needs booktabs and graphicx."""

from __future__ import annotations

import re

from benchmark.render import letter, letters
from benchmark.table import Document, Styled, Table, Text

HEAD = r"% needs \usepackage{booktabs,graphicx}"
# As wide as it is, or as the text where it is wider.
FIT = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"
SIGNS = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": "$<$",
    ">": "$>$", "|": "$|$", "`": r"\textasciigrave{}", '"': "''", "±": r"$\pm$", "−": "$-$",
    "†": r"\textdagger{}", "‡": r"\textdaggerdbl{}", "—": "---", "–": "--", "Δ": r"$\Delta$",
    "▼": r"$\nabla$", "→": r"$\rightarrow$", "×": r"$\times$", "\n": " ",
}  # fmt: skip
LATIN = 0x17F  # up to here pdflatex knows the letters; others would stop it


def render(document: Document) -> str:
    """A ``table`` for each table; footnotes and notes below the last."""
    footnotes = enumerate(document.footnotes, start=1)
    notes = [rf"\textsuperscript{{{letter(n)}}}~{_prose(text)}" for n, text in footnotes]
    notes += [_prose(text) for text in document.notes]
    below = ["" for _ in document.tables[1:]] + [_small(notes)]
    parts = [_table(one, note) for one, note in zip(document.tables, below, strict=True)]
    return "\n\n".join([HEAD, *parts]) + "\n"


def escape(text: str) -> str:
    """A text as LaTeX shows it; letters that pdflatex has no form of become question marks."""
    return "".join(SIGNS.get(c, c if c.isprintable() and ord(c) <= LATIN else "?") for c in text)


def _table(table: Table, below: str) -> str:
    columns = "l" * table.left + "r" * (len(table.header) - table.left)
    lines = []
    for number, line in enumerate(table.lines):
        lines += [r"\midrule"] if number in table.breaks and number else []
        lines.append(_line(line))
    parts = [
        r"\begin{table}[p]",
        r"\centering",
        rf"\caption{{{_prose(' '.join(filter(None, (_sentence(table.title), table.facts))))}}}",
        FIT,
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        _line(table.header),
        r"\midrule",
        *lines,
        r"\bottomrule",
        r"\end{tabular}}",
        below,
        r"\end{table}",
    ]
    return "\n".join(part for part in parts if part)


def _line(texts: tuple[Text, ...]) -> str:
    return " & ".join(_text(text) for text in texts) + r" \\"


def _text(text: Text) -> str:
    styled = text if isinstance(text, Styled) else Styled(text)
    shown = escape(styled.text)
    shown = rf"\underline{{{shown}}}" if styled.underline else shown
    shown = rf"\textbf{{{shown}}}" if styled.bold else shown
    marks = letters(styled.marks)
    return shown + (rf"\textsuperscript{{{marks}}}" if marks else "")


def _small(notes: list[str]) -> str:
    """Notes in small print across the page."""
    text = "\\par\n".join(notes)
    return rf"\par\medskip\parbox{{\linewidth}}{{\scriptsize\raggedright {text}}}" if notes else ""


def _prose(text: str) -> str:
    """A sentence; words in backticks are set as code."""
    parts = re.split(r"`([^`]+)`", text)
    return "".join(
        rf"\texttt{{{escape(part)}}}" if number % 2 else escape(part)
        for number, part in enumerate(parts)
    )


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
