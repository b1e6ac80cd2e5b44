"""Ways to spoil the file of a row, each with words of its error."""

from __future__ import annotations

import json
import os
import shutil
import socket
from pathlib import Path

from benchmark.rows.checksum import checksum


def changed(**fields: object):
    """Fields changed by somebody who knows the checksum; ``...`` takes one away."""

    def spoil(path: Path) -> None:
        one = json.loads(path.read_text()) | fields
        one = {name: value for name, value in one.items() if value is not ...}
        text = json.dumps(one | {"checksum": checksum(one)})
        path.write_text(text.replace('"1e999"', "1e999"))

    return spoil


def point(**fields: object):
    """As ``changed``, in the last point of the curve."""

    def spoil(path: Path) -> None:
        curve = json.loads(path.read_text())["curve"]
        last = {name: of for name, of in (curve[-1] | fields).items() if of is not ...}
        changed(curve=[*curve[:-1], last])(path)

    return spoil


def text_of(old: str, new: str):
    return lambda path: path.write_text(path.read_text().replace(old, new, 1))


def replaced(make):
    """Something else instead of the file."""

    def spoil(path: Path) -> None:
        path.unlink()
        make(path)

    return spoil


def linked(path: Path) -> None:
    target = path.with_suffix(".elsewhere")
    path.rename(target)
    path.symlink_to(target)


def large(path: Path) -> None:
    with open(path, "r+b") as file:
        file.truncate(300 * 2**20)  # a hole: it takes no room, and would still be read whole


def is_bound(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        here = os.getcwd()
        os.chdir(path.parent)  # such a name has at most a hundred letters
        one.bind(path.name)
        os.chdir(here)


def beside(name: str, content: bytes):
    """A file more, which is no row."""
    return lambda path: path.with_name(name).write_bytes(content)


def copied(path: Path) -> None:
    shutil.copy(path, path.with_name(f"{path.stem} (1).json"))


def twin(path: Path) -> None:
    shutil.copy(path, path.with_name(f"another-name-{path.stem.rpartition('-')[2]}.json"))


SPOILT = {
    # damaged files
    "torn": (lambda path: path.write_bytes(path.read_bytes()[:700]), "is torn or no JSON; del"),
    "empty": (lambda path: path.write_bytes(b""), "is torn or no JSON; delete it"),
    "bytes": (lambda path: path.write_bytes(b"\xff\xfe\x00\x81"), "is torn or no JSON"),
    "zeros": (lambda path: path.write_bytes(bytes(3000)), "is torn or no JSON"),
    "html": (lambda path: path.write_text("<html>404</html>"), "is torn or no JSON"),
    "two rows": (lambda path: path.write_text(2 * path.read_text()), "is torn or no JSON"),
    "conflict": (text_of("{", "<<<<<<< HEAD\n{"), "is torn or no JSON"),
    "edited": (text_of("70.0", "99.0"), "was changed after it was written"),
    "deep": (lambda path: path.write_text("[" * 90_000), "nested too deeply"),
    "deep inside": (changed(new=json.loads("[" * 50 + "]" * 50)), "its new is nested too deeply"),
    "large": (large, "has 300.0 MB, more than the 8 allowed; take it out"),
    "folder": (replaced(os.mkdir), "is a folder, not a file; take it out of the folder"),
    "link": (linked, "is a symbolic link, not a file"),
    "link to nothing": (replaced(lambda path: path.symlink_to("nothing")), "is a symbolic link"),
    "link to an endless file": (replaced(lambda path: path.symlink_to("/dev/zero")), "is a symb"),
    "FIFO": (replaced(getattr(os, "mkfifo", None)), "is a FIFO, not a file"),
    "socket": (replaced(is_bound), "is a socket, not a file"),
    # things that are no row
    "foreign": (lambda path: path.write_text('{"name": "x"}'), "no row of this suite (no checksum"),
    "list": (lambda path: path.write_text("[1, 2]"), "is no row of this suite"),
    "null": (lambda path: path.write_text("null"), "is no row of this suite"),
    "AppleDouble": (
        beside("._x.json", b"\0\5\26\7\0\2\0\0Mac OS X"),
        "is a file that macOS writes",
    ),
    "hidden": (beside(".hidden.json", b"{}"), "is no row of this suite"),
    "copy": (copied, "holds the run 0000"),
    "twin": (twin, "hold the same run; delete one"),
    "newer": (changed(schema=99), "has schema 99, this suite reads 2; update it"),
    # its JSON
    "NaN": (text_of("70.0", "NaN"), "torn or no JSON (NaN is not a number)"),
    "infinite": (text_of("70.0", "1e999"), "torn or no JSON (1e999 is not a number)"),
    "key twice": (text_of('"seed"', '"seed": 1, "seed"'), "(the key 'seed' is there twice)"),
    "key twice inside": (text_of('"step"', '"step": 1, "step"'), "(the key 'step' is there twice)"),
    "10,000 digits": (text_of("70.0", "7" * 10_000), "is torn or no JSON"),
    # its fields
    "schema: true": (changed(schema=True), "is no row of this suite (no checksum or no schema)"),
    "schema as text": (changed(schema="1"), "is no row of this suite"),
    "schema: 1.0": (changed(schema=1.0), "is no row of this suite"),
    "no schema": (changed(schema=...), "is no row of this suite"),
    "no accuracy": (changed(accuracy=...), "its accuracy is missing; delete it and run its cell"),
    "no seed": (changed(seed=...), "its seed is missing"),
    "no curve": (changed(curve=...), "its curve is missing"),
    "accuracy as text": (changed(accuracy="70"), "its accuracy is '70', not a number from 0 to"),
    "accuracy: true": (changed(accuracy=True), "its accuracy is True, not a number from 0 to 100"),
    "accuracy: null": (changed(accuracy=None), "its accuracy is null, though the run is complete"),
    "accuracy above 100": (changed(accuracy=100.5), "its accuracy is 100.5, not a number"),
    "failed without a word": (changed(status="failed"), "its error is null, though the run failed"),
    "another status": (changed(status="done"), "its status is 'done', not complete or failed"),
    "status as a list": (changed(status=["complete"]), "its status is a list, not complete or"),
    "budget of 0": (changed(budget=0), "its budget is 0, not a whole number from 1"),
    "negative queries": (changed(queries=-1), "its queries is -1, not a whole number from 0"),
    "no classes": (changed(classes=0), "its classes is 0, not a whole number from 1"),
    "too large": (changed(seconds=10**40), "its seconds is a number of many digits, not a number"),
    "curve as an object": (changed(curve={}), "its curve is an object, not a list of points"),
    "curve of numbers": (changed(curve=[1, 2]), "its curve is a list, not a list of points"),
    "empty curve": (changed(curve=[]), "its curve has no point, though the run is complete"),
    "10,000 points": (changed(curve=[{}] * 10_000), "its curve is a list, not a list of points"),
    "flags as text": (changed(flags="under-used"), "its flags is 'under-used', not a list of te"),
    "notes of numbers": (changed(notes=[1]), "its notes is a list, not a list of texts"),
    "1,000 notes": (changed(notes=["x"] * 1000), "its notes is a list, not a list of texts"),
    "a long note": (changed(notes=["x" * 10**6]), "its notes is a list, not a list of texts"),
    "config as a list": (changed(config=[]), "its config is a list, not plain values by name"),
    "config of lists": (changed(config={"a": []}), "its config is an object, not plain values"),
    "id with a path": (changed(id="../../x"), "its id is '../../x', not letters and digits"),
    "no digest": (changed(teacher_sha="z" * 64), "not a SHA-256 in hexadecimal digits"),
    "no device": (changed(device=""), "its device is '', not a short text"),
    "point without a count": (point(queries=...), "in point 2 of its curve queries is missing"),
    "point of text": (point(accuracy="x"), "in point 2 of its curve accuracy is 'x', not a"),
    "point of a method": (point(logged={"a": "b"}), "logged is an object, not numbers by"),
    # texts that a screen would obey
    "escape": (changed(notes=["\x1b[2J"]), "its notes holds the invisible character U+001B"),
    "escape in a name": (changed(method="a\x9b31m"), "holds the invisible character U+009B"),
    "right to left": (changed(dataset="a\u202etxt"), "its dataset holds the invisible character"),
    "half a letter": (changed(dataset="a\ud800"), "dataset holds the invisible character U+D800"),
    "line in a name": (changed(variant="a\nb"), "its variant holds the invisible character U+000A"),
    "in a key": (changed(config={"a\x07": 1}), "its config holds the invisible character U+0007"),
    "in a new field": (changed(**{"a\x1b": 1}), "holds the invisible character U+001B"),
}
NEEDS = {"FIFO": "mkfifo", "socket": "getuid"}  # of a system
