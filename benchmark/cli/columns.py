"""Two columns of text, wrapped to the terminal."""

from __future__ import annotations

import click

from benchmark.cli import screen


def columns(title: str, rows: list[tuple[str, str]]) -> str:
    """A title and a list of two columns, at most 100 wide."""
    width = max(20, min(100, screen.width()))
    formatter = click.HelpFormatter(width=width)
    formatter.write(f"{title}\n")
    with formatter.indentation():
        formatter.write_dl(rows, col_max=min(68, width // 2))
    return formatter.getvalue().rstrip()
