"""A report's page as a reader and as a browser sees it, and what an attacker writes."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

from benchmark.rows.row import Row
from benchmark.rows.store import Store
from support.made_rows import FAILED, make_row, seeds

HOSTILE = "<script>window.pwned = 1</script>\"'&</td>$x^$"


def store_of(folder: Path, rows: list[Row]) -> Store:
    store = Store(folder / "results")
    store.prepare()
    for one in rows:
        store.write(one)
    return store


def many() -> list[Row]:
    """Two settings, two budgets, a floor, a hostile name, a failed run, a tuning seed."""
    return [
        *seeds(80, 82, 87, method="ideal"),
        *seeds(70, 71, 72, floor=True),
        *seeds(91, 92, 93, method="ideal", budget=5000, dataset="mnist"),
        *seeds(50, 52, 54, method="ideal", budget=1000, dataset="mnist"),
        *seeds(20, 21, method=HOSTILE, flags=["under-used"], dataset="mnist"),
        make_row(
            method="dfme", dirty=True, **FAILED | {"error": f"{HOSTILE}\nValueError: {HOSTILE}"}
        ),
        make_row(method="ideal", seed=100, notes=[HOSTILE], finished="2026-01-02T03:04:05+00:00"),
    ]


class Page(HTMLParser):
    """A parsed page: tags that are open, identifiers, links, addresses it would load, its text."""

    VOID = ("meta", "input", "br", "link", "img")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open, self.ids, self.links, self.loads, self.words = [], [], [], [], []
        self.scripts = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes) -> None:
        found = dict(attributes)
        self.open += [] if tag in self.VOID else [tag]
        self.scripts += tag == "script"
        self.ids += [found["id"]] if "id" in found else []
        for name in ("href", "xlink:href", "src", "action", "data"):
            link = found.get(name)
            if link:
                (self.links if link.startswith("#") else self.loads).append(link)

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attributes) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in self.VOID:
            self.handle_endtag(tag)

    def handle_data(self, data) -> None:
        if "script" not in self.open and "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())
