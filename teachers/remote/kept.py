"""What is kept of an endpoint: a card, and the evaluator's labels of the test images."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load as unpacked
from torch import Tensor

from benchmark.datasets import Dataset
from benchmark.endpoint import Canary, Client, Endpoint, Entered, canary, description, read
from benchmark.endpoint.turns import turn
from benchmark.errors import BenchError
from benchmark.oracle.answering import Answerer
from benchmark.oracle.journal import Form, Journal
from benchmark.reading import read_file
from teachers import cards, shelf
from teachers.names import endpoint_of, shown

LIMIT = 2**30  # bytes of the labels of test images


@dataclass(frozen=True)
class Told:
    """The part "endpoint" of a card."""

    description: str  # SHA-256 of what the endpoint's file says of its identity
    answers_sha256: str  # of the file of labels
    tells: bool  # probabilities, too
    asked: int  # images that the measurement was charged for
    lost: int  # of them, those whose answers nobody has

    @classmethod
    def of_card(cls, path: Path, card: dict) -> Told:
        """That of a card. Raises ``BenchError`` for one of another form."""
        kinds, told = {"str": str, "bool": bool, "int": int}, card["endpoint"]
        wanted = {name: kinds[kind] for name, kind in cls.__annotations__.items()}
        if told.keys() != wanted.keys() or any(type(told[n]) is not wanted[n] for n in wanted):
            raise BenchError(f"teacher {path} refused: its card tells the endpoint in another form")
        return cls(**told)


@dataclass
class Remote:
    """An endpoint, and its kept labels."""

    client: Client
    path: Path  # of the labels
    card: dict
    tells: bool  # probabilities, too
    labels: Tensor  # int64 N, of the test images
    _same: bool = False  # it has answered its canary, in this process

    def check(self) -> None:
        """Ask the canary, once, when queries are to come. Raises ``BenchError``.

        That is where the endpoint does not answer as it did when it was measured.
        """
        if self._same:
            return
        if asked_canary(self.client, self.path).digest != self.card["sha256"]:
            raise BenchError(
                f"{self.client!r} answers otherwise than when it was measured "
                f"({self.card['created']}): another model stands there. Rows of the old one stay; "
                "give the endpoint's file another name to measure the new one"
            )
        self._same = True

    def answerer(
        self,
        journal: Journal,
        budget: int,
        access: str,
        on_trouble: Callable[[str], None],
        stopping: Callable[[], bool],
    ) -> Answerer:
        """Who answers the queries of one run. ``BenchError`` for an access it does not give."""
        from benchmark.endpoint.paid import Paid  # needs the extra [endpoint]

        scores = access == "score"
        if scores and not self.tells:
            raise BenchError(f"{self.client!r} tells labels only: --access score needs its scores")
        return Paid(self.client, journal, budget, scores, on_trouble, stopping)


def find(text: str, data: Dataset, folder: Path) -> Path | None:
    """The file of an endpoint that was measured on exactly these data, None before it was."""
    file = endpoint_of(text)
    assert file is not None, text
    name, wanted = shown(text), description(read(file))
    own = (data.train_digest, data.test_digest)
    for row in shelf.catalogue(folder):
        if "endpoint" in row and cards.digests(row) == own and row["architecture"] == name:
            if Told.of_card(Path(row["file"]), row).description == wanted:
                return Path(row["file"])
            raise BenchError(
                f"{row['file']} is of another endpoint called {name}, or of the same with other "
                f"settings; give {file} another name, or remove that file and its card"
            )
    return None


def check_fits(endpoint: Endpoint, file: Path, data: Dataset) -> None:
    """Refuse an endpoint of other images or classes, before it is asked anything."""
    wanted, given = (data.shape, len(data.classes)), (endpoint.shape, endpoint.classes)
    if wanted != given:
        told = [
            f"{' x '.join(map(str, shape))} and {count} classes" for shape, count in (given, wanted)
        ]
        raise BenchError(f"{file} says {told[0]}, but {data.name} has {told[1]}")


def opened(text: str, path: Path, card: dict) -> Remote:
    """The endpoint, with what ``path`` and its ``card`` keep of it; it is asked nothing yet."""
    file = endpoint_of(text)
    assert file is not None, text
    client = Client(read(file))
    try:
        return Remote(client, path, card, Told.of_card(path, card).tells, kept_labels(path, card))
    except BaseException:
        client.close()
        raise


def asked_canary(client: Client, path: Path) -> Canary:
    """The canary of an endpoint, through a ledger beside its labels ``path``: it is paid for, too.

    One process after the other asks it.
    """
    ledger = path.with_suffix(".canary.queries")
    channels, height, width = client.endpoint.shape
    form = Form("canary", description(client.endpoint), (channels, height, width), 0, 8)
    with turn(ledger.with_suffix(".lock")), closing(Journal(ledger, form, paid=True)) as journal:
        return canary(Entered(client, journal))


def kept_labels(path: Path, card: dict) -> Tensor:
    """The labels in a file, held against its card."""
    content = read_file(path, LIMIT, links=True)
    if hashlib.sha256(content).hexdigest() != Told.of_card(path, card).answers_sha256:
        raise BenchError(
            f"teacher {path} refused: its labels are not those of its card. Restore both files "
            "from where they came; asking anew costs as much again"
        )
    labels = unpacked(content)["labels"].to(torch.int64)
    if not len(labels) or int(labels.min()) < 0 or int(labels.max()) >= card["classes"]:
        raise BenchError(f"teacher {path} refused: it holds labels of no class")
    return labels
