"""Tables as a fragment of HTML: no styles, no scripts, every text escaped."""

from __future__ import annotations

import re
from html import escape

from benchmark.tables.render import letter, letters
from benchmark.tables.table import Document, Styled, Table, Text


def render(document: Document) -> str:
    """A section for each table, then one with footnotes and notes."""
    parts = [table(one) for one in document.tables]
    footnotes = enumerate(document.footnotes, start=1)
    notes = [f"<sup>{letter(number)}</sup> {prose(text)}" for number, text in footnotes]
    notes += [prose(text) for text in document.notes]
    paragraphs = "\n".join(f"<p>{text}</p>" for text in notes)
    return "\n".join([*parts, f'<section class="bench-notes">\n{paragraphs}\n</section>']) + "\n"


def table(one: Table) -> str:
    """One table with its title and facts."""
    head = "".join(cell("th", text, number < one.left) for number, text in enumerate(one.header))
    lines = []
    for number, line in enumerate(one.lines):
        cells = "".join(cell("td", text, place < one.left) for place, text in enumerate(line))
        kind = ' class="block"' if number in one.breaks else ""
        lines.append(f"<tr{kind}>{cells}</tr>")
    facts = f"<p>{prose(one.facts)}</p>\n" if one.facts else ""
    return (
        f'<section class="bench-table">\n<h3>{escape(one.title)}</h3>\n{facts}<table>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n" + "\n".join(lines) + "\n</tbody>\n</table>\n"
        "</section>"
    )


def cell(tag: str, text: Text, name: bool) -> str:
    """One cell, a name or a number."""
    styled = text if isinstance(text, Styled) else Styled(text)
    shown = escape(styled.text if name else styled.text.replace(" ", "\u00a0"))  # never broken
    shown = f"<u>{shown}</u>" if styled.underline else shown
    shown = f"<strong>{shown}</strong>" if styled.bold else shown
    marks = f"<sup>{letters(styled.marks)}</sup>" if styled.marks else ""
    kind = "name" if name else "number"
    return f'<{tag} class="{kind}">{shown}{marks}</{tag}>'


def prose(text: str) -> str:
    """A sentence; words in backticks are set as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
