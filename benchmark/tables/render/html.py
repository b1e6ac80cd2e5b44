"""Tables as a fragment of HTML: no styles, no scripts, every text escaped."""

from __future__ import annotations

import re
from html import escape

from benchmark.tables.render import letter, letters
from benchmark.tables.table import Column, Entry, Sentence, Sheet, Table
from benchmark.tables.values import Value, shown


def render(sheet: Sheet) -> str:
    """A section for each table, then one with footnotes and notes."""
    parts = [_section(one) for one in sheet.tables]
    return "\n".join([*parts, f'<section class="bench-notes">\n{notes(sheet)}\n</section>']) + "\n"


def notes(sheet: Sheet, kind: str = "") -> str:
    """Footnotes and notes, a paragraph each. ``kind``: their class."""
    numbered = enumerate(sheet.footnotes, start=1)
    texts = [f"<sup>{letter(number)}</sup> {prose(text)}" for number, text in numbered]
    texts += [prose(text) for text in sheet.notes]
    opened = f'<p class="{kind}">' if kind else "<p>"
    return "\n".join(f"{opened}{text}</p>" for text in texts)


def _section(one: Table) -> str:
    facts = f"<p>{sentence(one.facts)}</p>\n" if one.facts else ""
    return (
        f'<section class="bench-table">\n<h3>{escape(one.title)}</h3>\n{facts}{table(one)}\n'
        "</section>"
    )


def table(one: Table, links: list[str] | None = None) -> str:
    """One table alone. ``links``: where the first entry of each line leads."""
    head = "".join(_head(column) for column in one.columns)
    lines = []
    for number, line in enumerate(one.lines):
        entries = [_entry(entry, of) for entry, of in zip(line, one.columns, strict=True)]
        if links:
            name = escape(shown(line[0].value))
            entries[0] = f'<td class="name"><a href="{escape(links[number])}">{name}</a></td>'
        kind = ' class="block"' if number in one.breaks else ""
        lines.append(f"<tr{kind}>{''.join(entries)}</tr>")
    body = "\n".join(lines)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def sentence(parts: Sentence) -> str:
    """A sentence with values in it."""
    return "".join(prose(part) if isinstance(part, str) else _number(part) for part in parts)


def _head(column: Column) -> str:
    text = escape(column.head)
    return _tagged("th", text if column.is_name else _unbroken(text), column, column.footnotes)


def _entry(entry: Entry, column: Column) -> str:
    text = escape(shown(entry.value)) if column.is_name else _number(entry.value)
    text = f"<u>{text}</u>" if entry.underline else text
    text = f"<strong>{text}</strong>" if entry.bold else text
    return _tagged("td", text, column, entry.footnotes)


def _tagged(tag: str, text: str, column: Column, footnotes: tuple[int, ...]) -> str:
    raised = f"<sup>{letters(footnotes)}</sup>" if footnotes else ""
    kind = "name" if column.is_name else "number"
    return f'<{tag} class="{kind}">{text}{raised}</{tag}>'


def _number(value: Value) -> str:
    return _unbroken(escape(shown(value)))


def _unbroken(text: str) -> str:
    """A text that stays in one line."""
    return text.replace(" ", "\u00a0")


def prose(text: str) -> str:
    """A sentence; words in backticks are set as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
