"""Teachers on disk: ``<dataset>-<architecture>.safetensors`` and its card, a JSON file beside it.

Nothing a file says is trusted before it is checked: sizes before reading, the card key by key,
the weights by SHA-256, names, shapes, types and finiteness, and the whole by the labels it gives
to 256 fixed images. The architecture comes from ``teachers.architectures``; pickle is never used.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path

import torch
from torch import Tensor, nn

from benchmark.errors import BenchError
from benchmark.files import make_folder, strict_json, user_folder, write_atomically
from benchmark.version import __version__
from teachers.architectures import build
from teachers.probe import probe
from teachers.recipe import Recipe

SHIPPED = Path(__file__).parent / "shipped"
CARD_LIMIT = 64 * 1024  # bytes
HEADER_LIMIT = 1024 * 1024  # bytes a weights file may hold beyond the weights
KEYS: dict[str, type | tuple[type, ...]] = {
    "dataset": str,
    "train_digest": str,
    "test_digest": str,
    "shape": list,  # channels, height, width
    "classes": int,
    "architecture": str,
    "recipe": dict,  # the fields of teachers.recipe.Recipe
    "seed": int,
    "accuracy": (int, float),  # test accuracy in per cent
    "sha256": str,  # of the weights file
    "probe": str,  # see teachers.probe
    "created": str,  # UTC, ISO 8601
    "torch": str,
    "suite": str,
}


@dataclass(frozen=True)
class Teacher:
    """A verified network in evaluation mode, without gradients, and its card (see ``KEYS``)."""

    module: nn.Module
    card: dict

    @property
    def name(self) -> str:
        return stem(self.card["dataset"], self.card["architecture"])

    @property
    def sha(self) -> str:
        """SHA-256 of the weights file, in hex."""
        return self.card["sha256"]

    @property
    def accuracy(self) -> float:
        """Accuracy on the test set in per cent."""
        return float(self.card["accuracy"])


def stem(dataset_name: str, architecture: str) -> str:
    """The file name of a teacher without its ending, safe on any file system."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", f"{dataset_name}-{architecture}").lstrip(".-")


def path_in(folder: Path, dataset_name: str, architecture: str) -> Path:
    """Where the weights of a teacher lie in a folder."""
    return Path(folder) / f"{stem(dataset_name, architecture)}.safetensors"


def default_teacher_dir() -> Path:
    """The folder of trained teachers: ``BENCH_TEACHERS``, or a place in the user's cache folder."""
    return user_folder("teachers", "BENCH_TEACHERS")


def find(dataset_name: str, architecture: str, teacher_dir: Path | None = None) -> Path | None:
    """The weights file of a teacher, the user's own before a shipped one; None if there is none."""
    places = (teacher_dir or default_teacher_dir(), SHIPPED)
    files = (path_in(place, dataset_name, architecture) for place in places)
    return next(filter(Path.is_file, files), None)


def catalogue(teacher_dir: Path | None = None) -> list[dict]:
    """One dict per weights file, by name: its card, or ``error`` where the card is unusable.

    ``file`` is the path and ``shipped`` tells the suite's own from the user's. Weights are not
    read here; ``load`` verifies them.
    """
    rows = []
    for place in (Path(teacher_dir or default_teacher_dir()), SHIPPED):
        for path in sorted(place.glob("*.safetensors")):
            row = {"file": str(path), "shipped": place == SHIPPED}
            try:
                row |= read_card(path)
            except BenchError as error:
                row["error"] = str(error)
            rows.append(row)
    return rows


def save(
    module: nn.Module,
    folder: Path,
    dataset,
    architecture: str,
    recipe: Recipe,
    seed: int,
    accuracy: float,
) -> Path:
    """Write weights and card into ``folder`` (made if missing); returns the weights file.

    Each file appears whole or not at all. The card is written last: weights without their card are
    refused by ``load``. ``accuracy`` is on the test set in per cent.
    """
    from safetensors.torch import save as to_bytes

    state = {key: value.detach().cpu().contiguous() for key, value in module.state_dict().items()}
    weights = to_bytes(state)
    card = {
        "dataset": dataset.name,
        "train_digest": dataset.train.digest,
        "test_digest": dataset.test.digest,
        "shape": list(dataset.shape),
        "classes": len(dataset.classes),
        "architecture": architecture,
        "recipe": asdict(recipe),
        "seed": seed,
        "accuracy": accuracy,
        "sha256": hashlib.sha256(weights).hexdigest(),
        "probe": probe(module, dataset.shape),
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "torch": torch.__version__.split("+")[0],
        "suite": __version__,
    }
    path = path_in(folder, dataset.name, architecture)
    make_folder(path.parent)
    path.with_suffix(".json").unlink(missing_ok=True)  # never an old card beside new weights
    write_atomically(path, weights)
    write_atomically(path.with_suffix(".json"), (json.dumps(card, indent=2) + "\n").encode())
    return path


def load(path: Path, device: torch.device | str = "cpu", probed: bool = True) -> Teacher:
    """The teacher in a weights file with its card beside it, every check passed.

    ``probed=False`` leaves out the probe, the one slow check, for a file that has passed it before;
    the SHA-256 is still compared.
    """
    path = Path(path)
    card = read_card(path)
    shape = tuple(card["shape"])
    with torch.random.fork_rng([]):
        module = build(card["architecture"], shape, card["classes"])
    weights = _read_weights(path, module.state_dict(), card)
    module.load_state_dict(weights, strict=True)
    module = module.requires_grad_(False).eval().to(device)
    if probed and probe(module, shape) != card["probe"]:
        raise _refusal(path, "its labels on the fixed probe images are not those of its card")
    return Teacher(module, card)


def read_card(path: Path) -> dict:
    """The card beside the weights file ``path``, checked key by key; the weights are not read."""
    path = Path(path)
    card_path = path.with_suffix(".json")
    if not path.is_file():
        raise BenchError(f"there is no teacher at {path}; bench teacher list shows those there are")
    if not card_path.is_file():
        raise _refusal(path, f"its card {card_path.name} is missing")
    if card_path.stat().st_size > CARD_LIMIT:
        raise _refusal(path, f"its card is larger than {CARD_LIMIT} bytes")
    try:
        card = strict_json(card_path.read_bytes())
    except ValueError as error:
        raise _refusal(path, f"its card is not valid JSON ({error})") from error
    if wrong := _wrong_with(card):
        raise _refusal(path, f"its card {wrong}")
    if path.stem != stem(card["dataset"], card["architecture"]):
        raise _refusal(path, f"its card is for {card['architecture']} on {card['dataset']}")
    return card


def _wrong_with(card: object) -> str:
    """What is wrong with the contents of a card, or nothing."""
    keys = set(card) if isinstance(card, dict) else set()
    if keys != set(KEYS):
        return f"has missing or unknown keys: {', '.join(sorted(map(repr, keys ^ set(KEYS))))}"
    for key, kind in KEYS.items():
        if not isinstance(card[key], kind) or isinstance(card[key], bool):
            return f"has a value of the wrong type for {key!r}"
    sizes = [*card["shape"], card["classes"]]
    whole = len(sizes) == 4 and all(type(size) is int and size > 0 for size in sizes)
    if not whole or math.prod(card["shape"]) > 2**22 or card["classes"] > 2**16:
        return "has an impossible shape or number of classes"
    return "" if 0 <= card["accuracy"] <= 100 else "has an accuracy outside 0 to 100"


def _read_weights(path: Path, wanted: dict[str, Tensor], card: dict) -> dict[str, Tensor]:
    """The tensors of ``path``, equal to ``wanted`` in names, shapes and types, all finite."""
    from safetensors import SafetensorError
    from safetensors.torch import load as from_bytes

    limit = HEADER_LIMIT + sum(value.numel() * value.element_size() for value in wanted.values())
    if path.stat().st_size > limit:
        raise _refusal(path, f"it is larger than the {limit} bytes {card['architecture']} can need")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != card["sha256"]:
        raise _refusal(path, "its SHA-256 is not the one on its card")
    try:
        weights = from_bytes(data)
    except SafetensorError as error:
        raise _refusal(path, f"it is not a safetensors file ({error})") from error
    if set(weights) != set(wanted):
        wrong = ", ".join(sorted(set(weights) ^ set(wanted))[:5])
        raise _refusal(path, f"missing or unknown tensors for {card['architecture']}: {wrong}")
    for key, value in weights.items():
        if value.shape != wanted[key].shape or value.dtype != wanted[key].dtype:
            raise _refusal(path, f"tensor {key} has another shape or type than in the architecture")
        if not torch.isfinite(value).all():
            raise _refusal(path, f"tensor {key} holds values that are not finite")
    return weights


def _refusal(path: Path, reason: str) -> BenchError:
    return BenchError(
        f"teacher {path} refused: {reason}. Restore both files from where they came, or delete "
        "them and train the teacher again (bench teacher train)."
    )
