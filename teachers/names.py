"""The names of recipes and of teacher files; without torch, to refuse a slip of the pen at once."""

from __future__ import annotations

import functools
import os
import re
from importlib.resources import files
from pathlib import Path

from benchmark.errors import BenchError
from benchmark.files import StoreError
from benchmark.nets.names import ENDPOINT, is_architecture
from benchmark.reading import check_file, read_file, strict_json

CARD_LIMIT = 64 * 1024  # bytes of a card
SHIPPED = Path(__file__).parent / "shipped"
MODELS = (".safetensors", ".pt", ".pth", ".pt2", ".onnx")
PICKLES = (".pkl", ".pickle", ".joblib")  # refused, and told what to do instead
SHIPPED_ENDPOINTS = Path(str(files("benchmark") / "data" / "endpoints"))
RECIPES = ("auto", "glyphs", "photos")  # as asked for; see teachers.kinds


def model_of(text: str) -> tuple[Path, str] | None:
    """File and architecture ("" without one) of ``FILE`` or ``FILE@ARCHITECTURE``; else None.

    A folder's name may hold an @, too.
    """
    endings = "|".join(re.escape(ending) for ending in (*MODELS, *PICKLES))
    found = re.fullmatch(rf"(.*(?:{endings}))(?:@(.+))?", text)
    return (Path(os.path.expanduser(found[1])), found[2] or "") if found else None


def endpoint_of(text: str) -> Path | None:
    """The file of ``endpoint:FILE.toml``, or of the suite's own ``endpoint:NAME``; else None."""
    if not text.startswith(ENDPOINT):
        return None
    name = text.removeprefix(ENDPOINT)
    own = f"{name}.toml" if re.fullmatch(r"[\w-]+", name) else ""
    return SHIPPED_ENDPOINTS / own if own else Path(os.path.expanduser(name))


def shown(text: str) -> str:
    """A teacher as rows and lines name it: files without folder and ending."""
    if endpoint := endpoint_of(text):
        return f"{ENDPOINT}{endpoint.stem}"
    given = None if is_architecture(text) else model_of(text)
    return given[0].stem if given else text


@functools.cache
def shipped_names() -> dict[str, str]:
    """SHA-256 to name of the shipped teachers beside the usual ones, as their cards have it."""
    paths = SHIPPED.glob("*.json")
    cards = [strict_json(read_file(path, CARD_LIMIT, links=True)) for path in paths]
    return {card["sha256"]: card["name"] for card in cards if "name" in card}


def teacher_path(text: str) -> Path | None:
    """The path when a teacher was given as a file, None when it is an architecture."""
    if is_architecture(text):
        return None
    endpoint = endpoint_of(text)
    model = (endpoint, "") if endpoint else model_of(text)
    if model is None:
        raise BenchError(
            f"{text!r} is no teacher: give an architecture; a teacher of this suite, which is a "
            ".safetensors file with its card, a .json file of the same name, beside it (`bench "
            "teacher train` makes both, `bench teacher list` shows those there are); a model of "
            "your own, .onnx, .pt, .pt2 or FILE@ARCHITECTURE (see `bench teacher import`); or "
            f"{ENDPOINT}FILE.toml, somebody's prediction API"
        )
    path, _ = model
    try:
        check_file(path)
    except FileNotFoundError:
        if endpoint:
            own = ", ".join(sorted(f"{ENDPOINT}{one.stem}" for one in SHIPPED_ENDPOINTS.glob("*")))
            raise BenchError(
                f"there is no endpoint's file {path}; docs/endpoints.md says how one is written, "
                f"and the suite has {own}"
            ) from None
        raise BenchError(
            f"there is no teacher file {text!r}; `bench teacher list` shows where some are"
        ) from None
    except StoreError as problem:
        raise BenchError(f"{problem}: give --teacher a teacher's file or an architecture") from None
    return path
