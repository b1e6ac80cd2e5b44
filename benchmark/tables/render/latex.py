"""Tables in LaTeX, to be read in by ``\\input``; the preamble needs booktabs and graphicx."""

from __future__ import annotations

import re

from benchmark.errors import BenchError
from benchmark.tables.render import letter, letters
from benchmark.tables.table import Document, Styled, Table, Text

HEAD = r"% needs \usepackage{booktabs,graphicx}"
# As wide as it is, or as the text where it is wider.
FIT = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"
SIGNS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": "$<$",
    ">": "$>$",
    "|": "$|$",
    "`": r"\textasciigrave{}",
    '"': "''",
    "±": r"$\pm$",
    "−": "$-$",
    "†": r"$\dagger$",
    "‡": r"$\ddagger$",
    "—": "---",
    "–": "--",
    "Δ": r"$\Delta$",
    "▼": r"$\nabla$",
    "→": r"$\rightarrow$",
    "×": r"$\times$",
    "\n": " ",
}
LATIN = 0x17F  # up to here pdflatex knows the letters; others would stop it
WIDE = 9  # columns from which intervals stand below their means, and words of heads too
LONG = 9000  # letters of notes that no page holds below a table
INTERVAL = re.compile(r"(\S*\d) (?:(†)|([±\[].*)) (\([\d/]+\))")  # mean, dagger, interval, runs
LABEL = r"[A-Za-z0-9:._-]+"
# Notes below a table, in the largest type that leaves the whole on one page; the table is in box 0.
NOTES = r"""\par\medskip
\def\notes{%s}%%
\sbox2{\parbox{\linewidth}{\scriptsize\notes}}%%
\ifdim\dimexpr\ht0+\dp0+\ht2+\dp2+60pt\relax>\textheight
\sbox2{\parbox{\linewidth}{\tiny\notes}}\fi
\usebox2"""


def render(document: Document, caption: str = "", label: str = "", wide: bool = False) -> str:
    """A ``table`` for each table; footnotes and notes stand in the last of them, below it.

    ``caption`` is plain text for the title of a single table, and comes before those of several;
    ``label`` is for ``\\ref``, with a number behind it where there are several. ``wide`` makes it
    ``table*``, across both columns of a page.
    """
    if label and not re.fullmatch(LABEL, label):
        raise BenchError(f"{label!r} is no label for LaTeX; write letters, digits and : . _ -")
    tables, single = document.tables, len(document.tables) == 1
    footnotes = enumerate(document.footnotes, start=1)
    notes = [rf"\textsuperscript{{{letter(n)}}}~{_prose(text)}" for n, text in footnotes]
    notes += [_prose(text) for text in ([tables[0].facts] * single + document.notes) if text]
    text = "\n".join(notes)
    parts = []
    for number, one in enumerate(tables, start=1):
        title = caption if single and caption else f"{caption} {one.title}".strip()
        said = " ".join(filter(None, (_sentence(title), "" if single else one.facts)))
        heads = [rf"\caption{{{_prose(said)}}}"]
        behind = "" if single else f"-{number}"
        heads += [rf"\label{{{label}{behind}}}"] if label else []
        below = text if number == len(tables) and len(text) < LONG else ""
        parts.append(_table(one, heads, below, "table*" if wide else "table"))
    parts += [rf"{{\noindent\scriptsize {text}\par}}"] if len(text) >= LONG else []
    return "\n\n".join([HEAD, *parts]) + "\n"


def escape(text: str) -> str:
    """A text as LaTeX shows it; letters that pdflatex has no form of become question marks."""
    return "".join(SIGNS.get(c, c if c.isprintable() and ord(c) <= LATIN else "?") for c in text)


def _table(table: Table, heads: list[str], notes: str, environment: str) -> str:
    columns = "l" * table.left + "r" * (len(table.header) - table.left)
    stacked = len(table.header) > WIDE
    lines = []
    for number, line in enumerate(table.lines):
        lines += [r"\midrule"] if number in table.breaks and number else []
        lines.append(" & ".join(_text(text, stacked) for text in line) + r" \\")
    parts = [
        rf"\begin{{{environment}}}[!htbp]",
        r"\centering",
        r"\setlength{\belowcaptionskip}{6pt}",
        *heads,
        *([r"\setlength{\tabcolsep}{3pt}"] if stacked else []),
        rf"\sbox0{{{FIT}",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        " & ".join(
            _head(text, stacked, place < table.left) for place, text in enumerate(table.header)
        )
        + r" \\",
        r"\midrule",
        *lines,
        r"\bottomrule",
        r"\end{tabular}}}",
        r"\usebox0",
        *([NOTES % notes] if notes else []),
        rf"\end{{{environment}}}",
    ]
    return "\n".join(parts)


def _head(text: Text, stacked: bool, name: bool) -> str:
    """A head; in a wide table a word a line."""
    styled = text if isinstance(text, Styled) else Styled(text)
    words = [escape(word) for word in styled.text.split()] if stacked else [escape(styled.text)]
    marks = _marks(styled)
    if len(words) < 2:
        return "".join(words) + marks
    stack = r"\\[-2pt]".join(words)
    side = "l" if name else "r"
    return rf"\begin{{tabular}}[b]{{@{{}}{side}@{{}}}}{stack}{marks}\end{{tabular}}"


def _text(text: Text, stacked: bool) -> str:
    styled = text if isinstance(text, Styled) else Styled(text)
    parts = INTERVAL.fullmatch(styled.text) if stacked else None
    shown = escape(parts[1] if parts else styled.text)
    shown = re.sub(r"(?<![^\[ ])-(?=\d)", "$-$", shown)  # a sign, not a hyphen
    shown = rf"\underline{{{shown}}}" if styled.underline else shown
    shown = rf"\textbf{{{shown}}}" if styled.bold else shown
    shown += rf"{{\scriptsize\,{escape((parts[2] or '') + parts[4])}}}" if parts else ""
    shown += _marks(styled)
    if not parts or not parts[3]:
        return shown
    below = rf"{{\scriptsize {escape(parts[3])}}}"
    return rf"\begin{{tabular}}[t]{{@{{}}r@{{}}}}{shown}\\[-3pt]{below}\end{{tabular}}"


def _marks(styled: Styled) -> str:
    marks = letters(styled.marks)
    return rf"\textsuperscript{{{marks}}}" if marks else ""


def _prose(text: str) -> str:
    """A sentence; words in backticks are set as code."""
    parts = re.split(r"`([^`]+)`", text)
    return "".join(
        rf"\texttt{{{escape(part)}}}" if number % 2 else escape(part)
        for number, part in enumerate(parts)
    )


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
