"""Measuring an endpoint: its canary, and each test image once, on the evaluator's own account."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path

import torch
from safetensors.torch import save as packed
from torch import Tensor

from benchmark.datasets import Dataset
from benchmark.endpoint import Client, description, read
from benchmark.errors import BenchError
from benchmark.files import make_folder, write_together
from benchmark.nets.evaluate import percent_equal
from benchmark.oracle.journal import Form, Journal
from benchmark.version import __version__
from teachers import cards, shelf
from teachers.names import endpoint_of, shown
from teachers.remote.kept import Told, asked_canary, check_fits

OnPart = Callable[[int, int], None]  # images that are labelled, and of how many


def measure(
    text: str,
    data: Dataset,
    folder: Path,
    say: Callable[[str], None],
    stopping: Callable[[], bool] = lambda: False,
    on_part: OnPart = lambda done, of: None,
) -> Path:
    """Ask an endpoint for the labels of the test images, and keep them; returns their file.

    An interrupted measurement goes on where it was: what was answered is in its ledger. Raises
    ``BenchError``, also where it was stopped.
    """
    file = endpoint_of(text)
    assert file is not None, text
    endpoint, name = read(file), shown(text)
    check_fits(endpoint, file, data)
    make_folder(folder)
    path = shelf.path_for(folder, data, name)
    with closing(Client(endpoint)) as client:
        identity, tells = asked_canary(client, path)
        form = Form("evaluator", description(endpoint), data.shape, 0, 8, len(data.test.images))
        with closing(Journal(path.with_suffix(".queries"), form, paid=True)) as ledger:
            labels = _labels(client, ledger, data.test.images, say, stopping, on_part)
            charges = ledger.records.charges
            counts = (charges.total, charges.unknown)
    content = packed({"labels": labels.to(torch.int32)})
    told = Told(form.source, hashlib.sha256(content).hexdigest(), tells, *counts)
    card = {
        **cards.described(data, name),
        "endpoint": asdict(told),
        "accuracy": percent_equal(labels, data.test.labels),
        "sha256": identity,
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "torch": torch.__version__.split("+")[0],
        "suite": __version__,
    }
    written = (json.dumps(card, indent=2) + "\n").encode()
    write_together({path: content, cards.card_of(path): written})
    return path


def _labels(
    client: Client,
    ledger: Journal,
    images: Tensor,
    say: Callable[[str], None],
    stopping: Callable[[], bool],
    on_part: OnPart,
) -> Tensor:
    """Labels of all test images, int64 N."""
    from benchmark.endpoint.paid import Paid

    total, size = len(images), client.endpoint.batch
    # Twice the images: a measurement may lose answers, and has to come to its end.
    paid = Paid(client, ledger, 2 * total, on_trouble=say, stopping=stopping)
    parts = []
    for first in range(0, total, size):
        if stopping():
            raise BenchError("stopped while the endpoint was measured; the same command goes on")
        parts.append(paid.answer(images[first : first + size], first).labels)
        on_part(min(first + size, total), total)
    return torch.cat(parts)
