"""Two columns of text, wrapped to the terminal."""

from __future__ import annotations

import shutil

import click


def columns(title: str, rows: list[tuple[str, str]]) -> str:
    """A title and a list of two columns, at most 100 wide."""
    formatter = click.HelpFormatter(max_width=min(100, shutil.get_terminal_size().columns))
    formatter.width = formatter.width or 80
    formatter.write(f"{title}\n")
    with formatter.indentation():
        formatter.write_dl(rows, col_max=68)
    return formatter.getvalue().rstrip()
