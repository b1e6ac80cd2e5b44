"""Teachers on disk: a safetensors file of weights, and its card, a JSON file beside it.

``load`` checks everything before it trusts it: sizes before reading, the card key by key, the
weights by SHA-256, names, shapes, types and finiteness, and the network by its labels for 256 fixed
images. ``benchmark.nets.architectures`` builds the network; pickle is never used.

A teacher belongs to the data whose digests are on its card. The file of a teacher of a well-known
set is called ``<dataset>-<architecture>``; that of a set of files has a digest at the end. A card
with a "name" is of a teacher beside the usual one, whose file ends in that name: it is taken by its
path alone.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from benchmark import datasets, filenames
from benchmark.errors import BenchError
from benchmark.files import StoreError, make_folder, write_together
from benchmark.reading import check_file, read_file, strict_json
from benchmark.version import __version__
from teachers import card_form
from teachers.names import CARD_LIMIT

if TYPE_CHECKING:  # cards are read without torch, which takes seconds
    import torch
    from torch import nn

    from teachers.recipe import Recipe

LARGE_IMAGE, LARGE_HEAD = 2**16, 2**8  # numbers of an image, classes


@dataclass(frozen=True)
class Teacher:
    """A verified network in evaluation mode, without gradients, and its card."""

    module: nn.Module
    card: dict

    @property
    def sha(self) -> str:
        """SHA-256 of the weights file, in hex."""
        return self.card["sha256"]

    @property
    def accuracy(self) -> float:
        """Accuracy on the test set in per cent."""
        return float(self.card["accuracy"])


def plain_stem(dataset_name: str, architecture: str) -> str:
    """The file name, without ending, of a teacher of a well-known data set.

    Older teachers of sets of files have it, too, though several sets may share it.
    """
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", f"{dataset_name}-{architecture}").lstrip(".-")


def stems(card: dict) -> tuple[str, str]:
    """The two possible file names of a teacher, without ending, the usual one first.

    A teacher of a well-known set gets the second where another one has the first.
    """
    told, end = [card["dataset"], card["architecture"]], _end(card)
    plain, unique = plain_stem(*told) + end, f"{filenames.readable(told)}-{digest_of(card)}{end}"
    return (unique, plain) if datasets.of_files(card["dataset"]) else (plain, unique)


def _end(card: dict) -> str:
    return f"-{card['name']}" if "name" in card else ""


def digest_of(card: dict) -> str:
    """The digest at the end of a file's name: of data set, data and architecture."""
    return filenames.digest(card["dataset"], card["architecture"], *digests(card))


def digests(card: dict) -> tuple[str, str]:
    """The digests of the training and test split of a teacher's data."""
    return card["train_digest"], card["test_digest"]


def described(dataset: datasets.Dataset, architecture: str, name: str = "") -> dict:
    """The keys of a card on the data and the network; ``name``: "" for the usual teacher.

    Raises ``BenchError`` for a name that no file should have.
    """
    if name and not card_form.NAME.fullmatch(name):
        raise BenchError(
            f"a teacher cannot be named {name!r}: take up to 40 letters, digits, and _.- after the "
            "first"
        )
    return {
        "dataset": dataset.name,
        "train_digest": dataset.train_digest,
        "test_digest": dataset.test_digest,
        "shape": list(dataset.shape),
        "classes": len(dataset.classes),
        "architecture": architecture,
        **({"name": name} if name else {}),
    }


def save(
    module: nn.Module,
    path: Path,
    dataset: datasets.Dataset,
    architecture: str,
    recipe: Recipe,
    seed: int,
    name: str = "",
) -> None:
    """Round the network, measure it on the test set, and write its weights and its card.

    ``path``: of the weights, see ``teachers.shelf.path_for``; its folder is made if missing.
    ``name``: of a teacher beside the usual one, which is at the end of the path, too. An old
    teacher stays until both new files are on the disk. The card appears last: ``load`` refuses
    weights beside the card of others.
    """
    import torch

    from benchmark.nets.evaluate import percent_equal, predict
    from teachers import weights
    from teachers.probe import probe

    weights.round_weights(module)
    accuracy = percent_equal(predict(module, dataset.test.images), dataset.test.labels)
    content = weights.pack(module)
    card = {
        **described(dataset, architecture, name),
        "recipe": asdict(recipe),
        "seed": seed,
        "accuracy": accuracy,
        "sha256": hashlib.sha256(content).hexdigest(),
        "probe": probe(module, dataset.shape),
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "torch": torch.__version__.split("+")[0],
        "suite": __version__,
    }
    make_folder(path.parent)
    text = json.dumps(card, indent=2) + "\n"
    write_together({path: content, card_of(path): text.encode()})


def card_of(path: Path) -> Path:
    """The card beside a weights file."""
    return path.with_suffix(".json")


def load(
    path: Path,
    device: torch.device | str = "cpu",
    probed: bool = True,
    card: dict | None = None,
) -> Teacher:
    """The teacher in a weights file with its card beside it, every check passed.

    ``probed=False`` leaves out the probe, the one slow check, for a file that has passed it before;
    the SHA-256 is still compared. ``card``: as ``read_card`` gave it before, so that the teacher is
    the one that somebody has seen then; without it the card is read now.
    """
    import torch

    from benchmark.nets.architectures import build
    from teachers import weights
    from teachers.probe import probe

    path = Path(path)
    card = read_card(path) if card is None else card
    if "imported" in card:
        return _imported(path, card, device)
    if "endpoint" in card:
        raise BenchError(f"{path} is an endpoint, which only answers: there is no network to load")
    shape = tuple(card["shape"])
    try:
        _check_claim(path, card["architecture"], shape, card["classes"])
        with torch.random.fork_rng([]):
            module = build(card["architecture"], shape, card["classes"])
        state = weights.unpack(path, module, card["sha256"])
    except (ValueError, OSError) as error:  # the file may have gone since its card was read
        raise _refusal(path, str(error)) from error
    module.load_state_dict(state, strict=True)
    module = module.requires_grad_(False).eval().to(device)
    if probed and probe(module, shape) != card["probe"]:
        raise _refusal(path, "its labels on the fixed probe images are not those of its card")
    return Teacher(module, card)


def _imported(path: Path, card: dict, device: torch.device | str) -> Teacher:
    from teachers import imported  # it writes cards, too

    try:
        return Teacher(imported.load(path, card, device), card)
    except (ValueError, StoreError, OSError) as error:
        raise BenchError(
            f"teacher {path} refused: {error}. Import the model again (bench teacher import)."
        ) from None


def _check_claim(path: Path, architecture: str, shape: tuple[int, ...], classes: int) -> None:
    """``ValueError`` for a card that claims a network which its weights file cannot hold.

    Only a network that would take much memory is outlined first, on a device without any.
    """
    import torch

    from benchmark.nets.architectures import build
    from teachers import weights

    pixels = math.prod(shape)
    if pixels > LARGE_IMAGE or classes > LARGE_HEAD or pixels * classes > LARGE_IMAGE * LARGE_HEAD:
        with torch.device("meta"):
            weights.check_claim(path, build(architecture, shape, classes))


def read_card(path: Path) -> dict:
    """The card beside the weights file ``path``, checked key by key; the weights are not read."""
    path = Path(path)
    card_path = card_of(path)
    try:
        check_file(path)
    except FileNotFoundError:
        raise BenchError(
            f"there is no teacher at {path}; bench teacher list shows those there are"
        ) from None
    except StoreError as problem:
        raise _refusal(path, str(problem)) from None
    try:
        card = strict_json(read_file(card_path, CARD_LIMIT, links=True))
    except FileNotFoundError:
        raise _refusal(path, f"its card {card_path.name} is missing") from None
    except StoreError as problem:
        raise _refusal(path, f"its card {problem}") from None
    except ValueError as error:
        raise _refusal(path, f"its card is not valid JSON ({error})") from error
    if wrong := card_form.fault(card):
        raise _refusal(path, f"its card {wrong}")
    told, end = (card["dataset"], card["architecture"]), _end(card)
    plain, unique = plain_stem(*told) + end, f"-{digest_of(card)}{end}"
    if path.stem != plain and not path.stem.endswith(unique):
        whose = f"{card['architecture']} on {card['dataset']}"
        whose += f", named {card['name']}" if end else ""
        raise _refusal(path, f"its card is for {whose}")
    return card


def _refusal(path: Path, reason: str) -> BenchError:
    return BenchError(
        f"teacher {path} refused: {reason}. Restore both files from where they came, or delete "
        "them and train the teacher again (bench teacher train)."
    )
