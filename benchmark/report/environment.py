"""The building blocks of an HTML page: templates, styles, and tables as fragments."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from benchmark.report import prose
from benchmark.tables.render import html as fragments
from benchmark.tables.table import Sentence, Sheet

if TYPE_CHECKING:
    import jinja2
    from markupsafe import Markup


def environment() -> jinja2.Environment:
    """Renders templates of the suite; every text is escaped, and an unknown name is an error."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(read),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "table_of": lambda *given: safe(fragments.table(*given)),
        "notes_of": _notes,
        "sentence": _sentence,
        "safe": safe,
        "note": lambda text: safe(fragments.prose(text)),
        "inline": prose.inline,
    }
    return environment


def _notes(sheet: Sheet) -> Markup:
    return safe(fragments.notes(sheet, "dim"))


def _sentence(parts: Sentence) -> Markup:
    return safe(fragments.sentence(parts))


def safe(text: str) -> Markup:
    """Text that is HTML already."""
    from markupsafe import Markup

    return Markup(text)


def read(name: str) -> str:
    """The text of a template or of styles."""
    return files("benchmark").joinpath("templates", name).read_text(encoding="utf-8")
