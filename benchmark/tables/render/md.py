"""Tables in Markdown. An underline is ``<ins>``, which GitHub shows as one."""

from __future__ import annotations

from benchmark.tables.markdown import escape, pipes, prose
from benchmark.tables.render import letter, letters
from benchmark.tables.table import Document, Styled, Table, Text

RAISED = str.maketrans("abcdefghijklmnoprstuvwxyz,", "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ˒")


def render(document: Document) -> str:
    """Every table under its title, then footnotes and notes, a paragraph each."""
    parts = [_table(one) for one in document.tables]
    footnotes = enumerate(document.footnotes, start=1)
    parts += [f"{_raised(letter(n))} {prose(text, begins=False)}" for n, text in footnotes]
    return "\n\n".join([*parts, *map(prose, document.notes)]) + "\n"


def _table(table: Table) -> str:
    lines = [[_text(text) for text in line] for line in table.lines]
    text = pipes([_text(text) for text in table.header], lines, table.left)
    parts = (f"### {escape(table.title)}", prose(table.facts), text)
    return "\n\n".join(part for part in parts if part)


def _text(text: Text) -> str:
    styled = text if isinstance(text, Styled) else Styled(text)
    shown = escape(styled.text)
    shown = f"<ins>{shown}</ins>" if styled.underline else shown
    shown = f"**{shown}**" if styled.bold else shown
    return shown + _raised(letters(styled.marks))


def _raised(marks: str) -> str:
    """Small raised letters; there is no such q."""
    return marks.translate(RAISED)
