"""Tables in Markdown. An underline is ``<ins>``, which GitHub shows as one."""

from __future__ import annotations

from benchmark.tables.markdown import escape, pipes, prose
from benchmark.tables.render import letter, letters
from benchmark.tables.table import Entry, Sentence, Sheet, Table
from benchmark.tables.values import Value, shown

RAISED = str.maketrans("abcdefghijklmnoprstuvwxyz,", "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ˒")


def render(sheet: Sheet) -> str:
    """Every table under its title, then footnotes and notes, a paragraph each."""
    parts = [_table(one) for one in sheet.tables]
    footnotes = enumerate(sheet.footnotes, start=1)
    parts += [f"{raised(letter(n))} {prose(text, begins=False)}" for n, text in footnotes]
    return "\n\n".join([*parts, *map(prose, sheet.notes)]) + "\n"


def _table(table: Table) -> str:
    lines = [[_entry(entry) for entry in line] for line in table.lines]
    header = [escape(one.head) + raised(letters(one.footnotes)) for one in table.columns]
    text = pipes(header, lines, [one.is_name for one in table.columns])
    title = f"### {escape(table.title)}" if table.title else ""
    return "\n\n".join(part for part in (title, _sentence(table.facts), text) if part)


def _sentence(parts: Sentence) -> str:
    """A sentence with values in it."""
    found = [
        prose(part, begins=not number) if isinstance(part, str) else _text(part)
        for number, part in enumerate(parts)
    ]
    return "".join(found)


def _entry(entry: Entry) -> str:
    text = _text(entry.value)
    text = f"<ins>{text}</ins>" if entry.underline else text
    text = f"**{text}**" if entry.bold else text
    return text + raised(letters(entry.footnotes))


def _text(value: Value) -> str:
    """Only words need to be escaped. The ends of an interval are no link: no address follows."""
    text = shown(value)
    return escape(text) if isinstance(value, str) else text.replace("<", r"\<").replace(">", r"\>")


def raised(letters_: str) -> str:
    """Small raised letters; there is no such q."""
    return letters_.translate(RAISED)
