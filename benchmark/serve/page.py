"""The page for people: what is served and what was counted. It asks nobody else for anything."""

from __future__ import annotations

from typing import Any

import jinja2

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Cache-Control": "no-store",
}


def html(status: dict[str, Any]) -> str:
    """The page of a status, as ``described.status`` tells it."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("benchmark", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("serve.html").render(status)
