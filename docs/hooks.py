"""Adds the repository's files and every command's help to the pages in ``docs/``.

Links are written as a reader of the repository needs them; the site's files lie in one folder.
"""

from __future__ import annotations

from pathlib import Path

import click
from mkdocs.structure.files import File

from benchmark.cli.main import cli

ROOT = Path(__file__).resolve().parents[1]
OWN = ("CONTRIBUTING.md", "CHANGELOG.md")
PAGES = {"README.md": "index.md", **{name: name for name in OWN}}
RESULTS = ("results/tables/*.md", "results/figures/*.png", "results/perf/*.csv")
HELP = "<!-- help of every command -->"


def on_files(files, config):
    """Add the repository's own documents, tables, pictures and measurements."""
    found = {path.relative_to(ROOT).as_posix() for one in RESULTS for path in ROOT.glob(one)}
    for name, uri in {**PAGES, **dict.fromkeys(found)}.items():
        files.append(File.generated(config, uri or name, abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown, page, **_):
    """Turn the repository's links into the site's; put help where the page asks for it."""
    prefix = "docs/" if page.file.src_uri in PAGES.values() else "../"
    markdown = markdown.replace(f"]({prefix}", "](").replace("](README.md", "](index.md")
    return markdown.replace(HELP, "\n".join(helps(cli, "bench"))) if HELP in markdown else markdown


def helps(command: click.Command, name: str, parent: click.Context | None = None):
    """The help of a command and of those below it, as the terminal shows it."""
    word = name.split()[-1]
    options = command.context_settings | {"terminal_width": 100}
    context = click.Context(command, info_name=word, parent=parent, **options)
    yield f"## {name}\n\n```text\n{command.get_help(context)}\n```\n"
    for below in getattr(command, "commands", {}):
        yield from helps(command.commands[below], f"{name} {below}", context)
