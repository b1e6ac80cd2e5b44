"""Tables in LaTeX, to be read in by ``\\input``; the preamble needs booktabs and graphicx."""

from __future__ import annotations

import re

from benchmark.errors import BenchError
from benchmark.tables.render import letter, letters
from benchmark.tables.table import Column, Entry, Sentence, Sheet, Table
from benchmark.tables.values import Mean, Value, missing, shown

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
    "°": r"$^\circ$",
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
LABEL = r"[A-Za-z0-9:._-]+"
# Notes below a table, in the largest type that leaves the whole on one page; the table is in box 0.
NOTES = r"""\par\medskip
\def\notes{%s}%%
\sbox2{\parbox{\linewidth}{\scriptsize\notes}}%%
\ifdim\dimexpr\ht0+\dp0+\ht2+\dp2+60pt\relax>\textheight
\sbox2{\parbox{\linewidth}{\tiny\notes}}\fi
\ifdim\dimexpr\ht0+\dp0+\ht2+\dp2+60pt\relax>\textheight
\sbox2{\resizebox{\linewidth}{!}{\parbox{1.3\linewidth}{\tiny\notes}}}\fi
\usebox2"""


def render(sheet: Sheet, caption: str = "", label: str = "", wide: bool = False) -> str:
    """A ``table`` for each table; footnotes and notes stand in the last of them, below it.

    ``caption`` is plain text for the title of a single table, and comes before those of several;
    ``label`` is for ``\\ref``, with a number behind it where there are several. ``wide`` makes it
    ``table*``, across both columns of a page.
    """
    if label and not re.fullmatch(LABEL, label):
        raise BenchError(f"{label!r} is no label for LaTeX; write letters, digits and : . _ -")
    tables, single = sheet.tables, len(sheet.tables) == 1
    footnotes = enumerate(sheet.footnotes, start=1)
    notes = [rf"\textsuperscript{{{letter(n)}}}~{_prose(text)}" for n, text in footnotes]
    notes += [_sentence(tables[0].facts)] if single and tables[0].facts else []
    notes += [_prose(text) for text in sheet.notes]
    text = "\n".join(notes)
    parts = []
    for number, one in enumerate(tables, start=1):
        title = caption if single and caption else f"{caption} {one.title}".strip()
        said = [_prose(title if title.endswith(".") else f"{title}.")]
        said += [_sentence(one.facts)] if one.facts and not single else []
        heads = [rf"\caption{{{' '.join(said)}}}"]
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
    columns = "".join("l" if one.is_name else "r" for one in table.columns)
    stacked = len(table.columns) > WIDE
    lines = []
    for number, line in enumerate(table.lines):
        lines += [r"\midrule"] if number in table.breaks and number else []
        lines.append(" & ".join(_entry(entry, stacked) for entry in line) + r" \\")
    parts = [
        rf"\begin{{{environment}}}[!htbp]",
        r"\centering",
        r"\setlength{\belowcaptionskip}{6pt}",
        *heads,
        *([r"\setlength{\tabcolsep}{3pt}"] if stacked else []),
        rf"\sbox0{{{FIT}",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        " & ".join(_head(column, stacked) for column in table.columns) + r" \\",
        r"\midrule",
        *lines,
        r"\bottomrule",
        r"\end{tabular}}}",
        r"\usebox0",
        *([NOTES % notes] if notes else []),
        rf"\end{{{environment}}}",
    ]
    return "\n".join(parts)


def _head(column: Column, stacked: bool) -> str:
    """A head; in a wide table a word a line."""
    words = [escape(word) for word in column.head.split()] if stacked else [escape(column.head)]
    footnotes = _raised(column.footnotes)
    if len(words) < 2:
        return "".join(words) + footnotes
    stack = r"\\[-2pt]".join(words)
    side = "l" if column.is_name else "r"
    return rf"\begin{{tabular}}[b]{{@{{}}{side}@{{}}}}{stack}{footnotes}\end{{tabular}}"


def _entry(entry: Entry, stacked: bool) -> str:
    """An entry; in a wide table the interval of a mean stands below it."""
    if stacked and isinstance(entry.value, Mean) and not missing(entry.value):
        return _stacked(entry, entry.value)
    return _emphasised(_value(entry.value), entry) + _raised(entry.footnotes)


def _stacked(entry: Entry, value: Mean) -> str:
    parts = value.parts()
    above = _emphasised(escape(parts.centre), entry)
    above += rf"{{\scriptsize\,{escape(parts.few + parts.runs)}}}" + _raised(entry.footnotes)
    if not parts.spread:
        return above
    below = rf"{{\scriptsize {escape(parts.spread)}}}"
    return rf"\begin{{tabular}}[t]{{@{{}}r@{{}}}}{above}\\[-3pt]{below}\end{{tabular}}"


def _emphasised(text: str, entry: Entry) -> str:
    text = rf"\underline{{{text}}}" if entry.underline else text
    return rf"\textbf{{{text}}}" if entry.bold else text


def _value(value: Value) -> str:
    """A value; in numbers a hyphen is a sign."""
    text = escape(shown(value))
    return text if isinstance(value, str) or missing(value) else text.replace("-", "$-$")


def _raised(footnotes: tuple[int, ...]) -> str:
    return rf"\textsuperscript{{{letters(footnotes)}}}" if footnotes else ""


def _sentence(parts: Sentence) -> str:
    """A sentence with values in it."""
    return "".join(_prose(part) if isinstance(part, str) else _value(part) for part in parts)


def _prose(text: str) -> str:
    """Words in backticks are set as code."""
    parts = re.split(r"`([^`]+)`", text)
    return "".join(
        rf"\texttt{{{escape(part)}}}" if number % 2 else escape(part)
        for number, part in enumerate(parts)
    )
