"""The page for people: what is served and what was counted. It asks nobody else for anything."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import jinja2

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Cache-Control": "no-store",
}


def html(status: dict[str, Any]) -> str:
    """The page of a status, as ``described.status`` tells it."""
    text = files("benchmark").joinpath("templates", "serve.html").read_text(encoding="utf-8")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(text).render(status)
