"""The output of ``bench list`` and of ``bench teacher list|show``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmark.cli import screen
from benchmark.cli.columns import columns
from benchmark.errors import BenchError
from benchmark.run import outlines

if TYPE_CHECKING:
    from benchmark.report.method_page import Page


def show(kind: str | None, name: str | None, opened: Callable[[], AbstractContextManager]) -> None:
    """Print all lists, one of them, or one method's page, for which the store is opened."""
    if name and kind == "methods":
        outlines.find(name)  # an unknown name is refused before torch is imported
        from benchmark.report import method_page
        from benchmark.tables import tuned

        with opened() as store:
            found = method_page.contents(name, store.rows(), tuned.gains(store.root))
            screen.show(_page(found, store.runs))
        return
    if name:
        raise BenchError(f"only methods have pages: `bench list methods NAME`, not {kind} {name}")
    if kind == "rounds":
        from benchmark.checks import rounds

        screen.show_tables(rounds.sheet())
        return
    for one in [kind] if kind else ["methods", "datasets", "architectures"]:
        screen.show(columns(f"{one}:", list(_entries(one).items())))


def _page(found: Page, folder: Path) -> str:
    """The page of a method as text; ``folder`` holds the rows of its measured numbers."""
    parts = [found.docstring, "\n".join(found.facts)]
    parts.append(columns("Where it stands:", found.standing))
    title = f"Config of {found.label}, with the source of each default:"
    parts.append(columns(title, found.settings))
    parts += [columns(f"Published, {source}:", of) for source, of in found.published.items()]
    if found.measured:
        parts.append(columns(f"Measured, rows of {folder}:", found.measured))
    return "\n\n".join(part for part in parts if part)


def _entries(kind: str) -> dict[str, str]:
    if kind == "methods":
        return dict(_methods())
    if kind == "datasets":
        from benchmark import datasets

        return datasets.names()
    from benchmark.nets import names

    return names.listed()


def _methods() -> Iterator[tuple[str, str]]:
    """Every method with its summary, every variant with the values that it sets."""
    for name in outlines.names():
        summary, variants = _told(name)
        yield name, summary.partition(": ")[2]
        for variant, overrides in variants.items():
            yield f"{name}:{variant}", ", ".join(f"{k}={v}" for k, v in overrides.items())


def _told(name: str) -> tuple[str, dict]:
    """Summary and variants of a method, from its text where that is enough."""
    if found := outlines.find(name):
        return found.summary, found.variants
    from benchmark.run import registry

    entry = registry.find(name)
    return registry.summary(entry), entry.method.variants


def teachers(folder: Path | None) -> None:
    """Print a line for each teacher, broken ones included."""
    from teachers import shelf

    for card in shelf.catalogue(folder):
        if "error" in card:
            screen.show(f"broken   {card['file']}: {card['error']}")
        else:
            name = f"{card['dataset']} {card['architecture']} {card.get('name', '')}"
            screen.show(f"{name:<28} {card['accuracy']:6.2f} %  {card['file']}")


def teacher_card(text: str, folder: Path | None) -> None:
    """Verify a teacher and print its card as JSON."""
    from teachers import cards, shelf
    from teachers.names import MODELS

    path = Path(text)
    if path.suffix not in MODELS:
        known = shelf.named(folder)
        if text not in known:
            raise shelf.unknown(text, folder)
        path = known[text]
    screen.show(json.dumps(cards.load(path).card, indent=2))
