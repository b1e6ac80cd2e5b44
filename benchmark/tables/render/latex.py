"""Tables in LaTeX, to be read in by ``\\input``; the preamble needs booktabs and graphicx."""

from __future__ import annotations

import re

from benchmark.tables.render import letter, letters
from benchmark.tables.table import Document, Styled, Table, Text

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
WIDE = 9  # columns from which intervals stand below their means
LONG = 2500  # letters of notes that would push a table off its page
INTERVAL = re.compile(r"(\S*\d) ([±†(\[].*)")


def render(document: Document) -> str:
    """A ``table`` for each table; footnotes and notes below a single short one, else as text."""
    footnotes = enumerate(document.footnotes, start=1)
    notes = [rf"\textsuperscript{{{letter(n)}}}~{_prose(text)}" for n, text in footnotes]
    single = len(document.tables) == 1
    notes += [_prose(text) for text in ([document.tables[0].facts] * single + document.notes)]
    text = "\n".join(notes)
    inside = single and len(text) < LONG
    below = rf"\par\medskip\parbox{{\linewidth}}{{\scriptsize {text}}}" if inside else ""
    parts = [_table(one, below, "" if single else one.facts) for one in document.tables]
    parts += [] if inside else [rf"{{\noindent\scriptsize {text}\par}}"]
    return "\n\n".join([HEAD, *parts]) + "\n"


def escape(text: str) -> str:
    """A text as LaTeX shows it; letters that pdflatex has no form of become question marks."""
    return "".join(SIGNS.get(c, c if c.isprintable() and ord(c) <= LATIN else "?") for c in text)


def _table(table: Table, below: str, facts: str) -> str:
    columns = "l" * table.left + "r" * (len(table.header) - table.left)
    lines = []
    for number, line in enumerate(table.lines):
        lines += [r"\midrule"] if number in table.breaks and number else []
        lines.append(_line(line, len(table.header) > WIDE))
    parts = [
        r"\begin{table}[!htbp]",
        r"\centering",
        r"\setlength{\belowcaptionskip}{6pt}",
        rf"\caption{{{_prose(' '.join(filter(None, (_sentence(table.title), facts))))}}}",
        *([r"\setlength{\tabcolsep}{3pt}"] if len(table.header) > WIDE else []),
        FIT,
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        _line(table.header, False),
        r"\midrule",
        *lines,
        r"\bottomrule",
        r"\end{tabular}}",
        below,
        r"\end{table}",
    ]
    return "\n".join(part for part in parts if part)


def _line(texts: tuple[Text, ...], stacked: bool) -> str:
    return " & ".join(_text(text, stacked) for text in texts) + r" \\"


def _text(text: Text, stacked: bool) -> str:
    styled = text if isinstance(text, Styled) else Styled(text)
    parts = INTERVAL.fullmatch(styled.text) if stacked else None
    shown = escape(parts[1] if parts else styled.text)
    shown = re.sub(r"^-(?=\d)", "$-$", shown)  # a sign, not a hyphen
    shown = rf"\underline{{{shown}}}" if styled.underline else shown
    shown = rf"\textbf{{{shown}}}" if styled.bold else shown
    marks = letters(styled.marks)
    shown += rf"\textsuperscript{{{marks}}}" if marks else ""
    if not parts:
        return shown
    below = rf"{{\scriptsize {escape(parts[2])}}}"
    return rf"\begin{{tabular}}[t]{{@{{}}r@{{}}}}{shown}\\[-4pt]{below}\end{{tabular}}"


def _prose(text: str) -> str:
    """A sentence; words in backticks are set as code."""
    parts = re.split(r"`([^`]+)`", text)
    return "".join(
        rf"\texttt{{{escape(part)}}}" if number % 2 else escape(part)
        for number, part in enumerate(parts)
    )


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
