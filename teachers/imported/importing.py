"""A file becomes a teacher: opened, measured on the test set, copied beside its card."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import torch
from torch import nn

from benchmark.datasets import Dataset
from benchmark.errors import BenchError
from benchmark.files import StoreError, make_folder, write_together
from benchmark.nets import own_network
from benchmark.nets.evaluate import percent_equal, predict
from benchmark.nets.health import NotFinite
from benchmark.nets.names import OWN, own_parts
from benchmark.reading import read_file
from benchmark.version import __version__
from teachers import cards, shelf
from teachers.imported import forms
from teachers.imported.adapted import Adapted
from teachers.imported.given import Given, checked
from teachers.names import model_of

LIMIT = 4 * 2**30  # bytes of a model's file


def find_or_import(text: str, data: Dataset, folder: Path) -> Path | None:
    """The teacher that a model's file has become, imported now where it was not yet.

    None for a text that names no model, and for the file of a teacher, which has its card.
    """
    named = model_of(text)
    if named is None or cards.card_of(named[0]).exists():
        return None
    file, architecture = named
    if file.suffix == ".safetensors" and not architecture:
        return None  # a teacher of this suite, whose card is missing
    return import_model(file, data, folder, architecture)


def import_model(
    file: Path,
    data: Dataset,
    folder: Path,
    architecture: str = "",
    name: str = "",
    **settings: Any,
) -> Path:
    """Measure a model on the test images of ``data`` and keep it in ``folder``; returns its file.

    ``settings``: fields of ``Given``. The same model again changes nothing. Raises ``BenchError``
    for a file that is no model of these data; nothing is written then.
    """
    try:
        content = read_file(file, LIMIT, links=True)
    except FileNotFoundError:
        raise BenchError(f"there is no file {file}") from None
    except StoreError as problem:
        raise BenchError(str(problem)) from None
    given = checked(Given(forms.form_of(file, content), architecture, **settings))
    forms.demand_network(file, given)
    source = own_network.read(architecture).content if own_parts(architecture) else b""
    if source:
        given = replace(given, network_sha256=hashlib.sha256(source).hexdigest())
    file_sha = hashlib.sha256(content).hexdigest()
    kept = replace(given, architecture=own_network.short(architecture)) if source else given
    name = name or re.sub(r"\W+", "-", file.stem)
    card = _described(data, name, kept, file_sha)
    path = _path(folder, card, file.suffix)
    if path.exists() and cards.read_card(path)["sha256"] == card["sha256"]:
        return path
    if path.exists():
        raise BenchError(
            f"{path} is another model of that name, or the same with other settings; import {file} "
            "by `bench teacher import` with another --name"
        )
    module = Adapted(_opened(file, content, given, data), given, data.shape, len(data.classes))
    card["accuracy"] = _measured(module, data, file)
    _write(path, card, content, source)
    return path


def load(path: Path, card: dict, device: torch.device | str) -> nn.Module:
    """The module of an imported teacher, its file held against its card.

    Raises ``ValueError`` with the fault, ``BenchError`` where it may not be run.
    """
    given = Given.of_card(card["imported"])
    content = read_file(path, LIMIT, links=True)
    if given.digest(hashlib.sha256(content).hexdigest()) != card["sha256"]:
        raise ValueError("its SHA-256 is not the one on its card")
    if given.network_sha256:
        own = path.with_suffix(".py")
        given = replace(given, architecture=f"{own}:{given.architecture.rpartition(':')[2]}")
    shape = tuple(card["shape"])
    inner = forms.OPENERS[given.form](path, content, given, given.shape(shape), card["classes"])
    return Adapted(inner, given, shape, card["classes"]).requires_grad_(False).eval().to(device)


def _described(data: Dataset, name: str, given: Given, file_sha: str) -> dict:
    told = {key: list(of) if isinstance(of, tuple) else of for key, of in asdict(given).items()}
    return {
        **cards.described(data, f"{OWN}{name}"),
        "imported": told,
        "accuracy": 0.0,
        "sha256": given.digest(file_sha),
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "torch": torch.__version__.split("+")[0],
        "suite": __version__,
    }


def _path(folder: Path, card: dict, suffix: str) -> Path:
    """Where a model of that name and these data lies, whatever its ending."""
    stem = cards.stems(card)[0]
    there = [path for path in map(Path, shelf.files(folder)) if path.stem == stem]
    return there[0] if there else folder / f"{stem}{suffix}"


def _opened(file: Path, content: bytes, given: Given, data: Dataset) -> nn.Module:
    opener = forms.OPENERS[given.form]
    return opener(file, content, given, given.shape(data.shape), len(data.classes))


def _measured(module: nn.Module, data: Dataset, file: Path) -> float:
    """Test accuracy in %. What fails here is the model, whatever it raises."""
    try:
        return percent_equal(predict(module, data.test.images), data.test.labels)
    except (BenchError, NotFinite) as problem:
        raise BenchError(f"{file} is no teacher of {data.name}: {problem}") from None
    except Exception as problem:
        told = str(problem).strip().splitlines()[-1:] or [type(problem).__name__]
        raise BenchError(
            f"{file} cannot take images of {data.name} "
            f"({'x'.join(map(str, data.shape))}): {told[0][:200]}; see --input-size and --channels"
        ) from None


def _write(path: Path, card: dict, content: bytes, source: bytes) -> None:
    make_folder(path.parent)
    files = {path: content, cards.card_of(path): (json.dumps(card, indent=2) + "\n").encode()}
    if source:
        files[path.with_suffix(".py")] = source
    write_together(files)
