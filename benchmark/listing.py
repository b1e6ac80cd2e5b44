"""What ``bench list`` and ``bench teacher list|show`` print."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import click

from benchmark import config, registry
from benchmark.errors import BenchError, unknown


def show(what: str | None, name: str | None) -> None:
    """All lists, one of them, or one method's page."""
    if name and what == "methods":
        _method_page(name)
        return
    if name:
        raise BenchError(f"only methods have pages: `bench list methods NAME`, not {what} {name}")
    if what == "rounds":
        from benchmark import rounds

        click.echo(rounds.markdown())
        return
    for kind in [what] if what else ["methods", "datasets", "architectures"]:
        click.echo(_columns(f"{kind}:", list(_entries(kind).items())))


def _columns(title: str, rows: list[tuple[str, str]]) -> str:
    """A title and a list of two columns, wrapped to the width of the terminal."""
    formatter = click.HelpFormatter(max_width=min(100, shutil.get_terminal_size().columns))
    formatter.width = formatter.width or 80
    formatter.write(f"{title}\n")
    with formatter.indentation():
        formatter.write_dl(rows)
    return formatter.getvalue().rstrip()


def _entries(kind: str) -> dict[str, str]:
    if kind == "methods":
        return dict(_methods())
    if kind == "datasets":
        from benchmark import datasets

        return datasets.names()
    from teachers import architectures

    return architectures.names()


def _methods():
    for name in registry.names():
        method = registry.find(name).method
        yield name, registry.summary(method).partition(": ")[2]
        for variant, overrides in method.variants.items():
            yield f"{name}:{variant}", ", ".join(f"{k}={v}" for k, v in overrides.items())


def _method_page(name: str) -> None:
    entry = registry.find(name)
    click.echo(sys.modules[entry.method.__module__].__doc__.strip())
    accesses = ", ".join(entry.method.access)
    click.echo(f"\nPaper: {entry.method.paper}. Version {entry.method.version}.")
    click.echo(f"Access: {accesses}.\n")
    resolved = config.as_dict(config.resolve(entry.method, entry.label, entry.overrides))
    sources = config.sources(entry.method)
    rows = [(f"{field} = {value}", sources[field]) for field, value in resolved.items()]
    click.echo(_columns(f"Config of {entry.label}, with the source of each default:", rows))


def teachers(folder: Path | None) -> None:
    """One line a teacher; a broken one is listed as broken."""
    from teachers import cards

    for card in cards.catalogue(folder or cards.default_teacher_dir()):
        if "error" in card:
            click.echo(f"broken   {card['file']}: {card['error']}")
        else:
            name = f"{card['dataset']} {card['architecture']}"
            click.echo(f"{name:<28} {card['accuracy']:6.2f} %  {card['file']}")


def teacher_card(text: str, folder: Path | None) -> None:
    """Verify a teacher and print its card as JSON."""
    from teachers import cards

    folder = folder or cards.default_teacher_dir()
    path = Path(text)
    if path.suffix != ".safetensors":
        known = {Path(card["file"]).stem: Path(card["file"]) for card in cards.catalogue(folder)}
        if text not in known:
            raise unknown("teacher", text, known, "`bench teacher train` makes one.")
        path = known[text]
    click.echo(json.dumps(cards.load(path).card, indent=2))
