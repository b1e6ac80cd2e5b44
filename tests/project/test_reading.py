"""No module of the suite opens or parses a stranger's file beside ``benchmark.reading``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from support.suite import ROOT

# Calls that open a file, or parse bytes into objects without the checks of ``benchmark.reading``.
NAMES = {"open", "safe_open", "load_file"}
METHODS = {"open", "read_bytes", "read_text", "loadtxt", "ZipFile"}
CALLS = {"json.load", "json.loads", "np.load", "pickle.load", "pickle.loads", "torch.load"}

STREAM = "of a file from the door, with limits"
OWN = "a file of the suite itself"
PACKAGE = "package data, as installed"
INSIDE = "files('benchmark').joinpath"
ALLOWED = {
    ("benchmark/reading.py", "os.open"): "it is the door",
    ("benchmark/reading.py", "json.loads"): "it is the door",
    ("benchmark/files.py", "open"): "a new file that it writes",
    ("benchmark/files.py", "os.open"): "a folder, to make its names survive a power cut",
    ("benchmark/rows/lease.py", "open"): "of a handle from os.open",
    ("benchmark/rows/lease.py", "os.open"): "a new file, or its own; flags as in the door",
    ("benchmark/rows/owner.py", "BOOT.read_text"): "of the kernel",
    ("benchmark/own.py", "file.read_bytes"): OWN,
    ("benchmark/run/sharing.py", "QUOTA.read_text"): "of the kernel",
    ("benchmark/perf/pool.py", "STATUS.read_text"): "of the kernel",
    ("benchmark/run/wire.py", "json.loads"): "a line of a worker, shown to a person",
    ("benchmark/cli/working.py", "json.loads"): "from the suite, in a worker's command line",
    ("benchmark/rows/packed.py", "torch.load"): "of bytes from the door, without code",
    ("benchmark/rows/packed.py", "zipfile.ZipFile"): "of these bytes; it unpacks none",
    ("teachers/imported/forms.py", "torch.load"): "of bytes from the door, without code",
    ("teachers/imported/forms.py", "zipfile.ZipFile"): "of these bytes; it unpacks none",
    ("benchmark/rows/file.py", "json.loads"): "of the text that is about to be written",
    ("benchmark/tuning/trials.py", "json.loads"): "of the text that is about to be written",
    ("benchmark/oracle/journal/appended.py", "open"): "of a handle from os.open",
    ("benchmark/oracle/journal/appended.py", "os.open"): "appends; flags and kind as in the door",
    ("benchmark/datasets/archives.py", "tarfile.open"): STREAM,
    ("benchmark/datasets/archives.py", "bz2.open"): STREAM,
    ("benchmark/datasets/archives.py", "gzip.open"): STREAM,
    ("benchmark/datasets/archives.py", "lzma.open"): STREAM,
    ("benchmark/datasets/images.py", "Image.open"): STREAM,
    (
        "benchmark/serve/pictures.py",
        "Image.open",
    ): "of a body within limits, its size looked at first",
    ("benchmark/datasets/built_in.py", "gzip.open"): "a file of scikit-learn, as installed",
    ("benchmark/datasets/built_in.py", "np.loadtxt"): "of that stream",
    ("benchmark/datasets/known.py", "path.read_bytes"): OWN,
    ("benchmark/confine/trial.py", "Path(__file__).read_bytes"): OWN,
    ("benchmark/confine/folders.py", "distribution.read_text"): "an installed package's metadata",
    ("benchmark/confine/imports.py", "open"): "whether a method's import may be opened; not read",
    ("benchmark/confine/landlock.py", "os.open"): "O_PATH: names a folder, opens nothing",
    ("benchmark/confine/limits.py", "os.open"): "/dev/null",
    ("benchmark/cli/screen.py", "os.open"): "/dev/null",
    ("benchmark/env.py", "Path('/proc/cpuinfo').read_text"): "of the kernel",
    ("benchmark/host/described.py", "json.loads"): "of a question that it has made itself",
    ("benchmark/host/telling.py", "json.loads"): "from the suite",
    ("benchmark/host/begin.py", "json.loads"): "from the suite, before a package can be imported",
    ("benchmark/run/runner.py", "self.hosting().open"): "opens no file",
    ("benchmark/checks/bands.py", "_file().read_text"): PACKAGE,
    ("benchmark/checks/bands.py", "json.loads"): PACKAGE,
    ("benchmark/datasets/derived.py", f"{INSIDE}(SUPERCLASSES).read_bytes"): PACKAGE,
    ("benchmark/papers/home_turf.py", f"{INSIDE}(FILE).read_bytes"): PACKAGE,
    ("benchmark/papers/presets.py", f"{INSIDE}(FILE).read_bytes"): PACKAGE,
    ("benchmark/papers/published.py", f"{INSIDE}(name).read_text"): PACKAGE,
    ("benchmark/papers/statements.py", f"{INSIDE}(FILE).read_bytes"): PACKAGE,
    ("benchmark/pictures/styles.py", f"{INSIDE}(ORDER).read_text"): PACKAGE,
    ("benchmark/report/environment.py", f"{INSIDE}('templates', name).read_text"): PACKAGE,
    ("benchmark/run/registry.py", f"{INSIDE}(RENAMED).read_bytes"): PACKAGE,
}


def opens(text: str) -> Iterator[str]:
    """The functions in a module that open or parse a file, as they are written."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name) and node.id in NAMES:
            yield node.id
        elif isinstance(node, ast.Attribute):
            called = ast.unparse(node)
            if node.attr in METHODS or called in CALLS:
                yield called


def found() -> set[tuple[str, str]]:
    """Each module of the suite, with a call that opens a file in it."""
    return {
        (path.relative_to(ROOT).as_posix(), call)
        for room in ("benchmark", "teachers")
        for path in (ROOT / room).rglob("*.py")
        for call in opens(path.read_text())
    }


def test_no_module_opens_a_file_beside_the_door():
    around = found() - ALLOWED.keys()
    assert not around, f"use benchmark.reading, or say in ALLOWED why not: {sorted(around)}"


def test_no_exception_outlives_its_reason():
    assert ALLOWED.keys() - found() == set()


@pytest.mark.parametrize(
    "text, call",
    [
        ("with open(path) as file: pass", "open"),
        ("Path(path).read_text()", "Path(path).read_text"),
        ("def read(path):\n    return path.open()", "path.open"),
        ("rows = json.load(file)", "json.load"),
        ("torch.load(path, weights_only=True)", "torch.load"),
        ("os.open(path, os.O_RDONLY)", "os.open"),
        ("list(map(Path.read_bytes, paths))", "Path.read_bytes"),
    ],
)
def test_a_way_around_the_door_is_found(text, call):
    assert list(opens(text)) == [call]
    assert not list(opens("read_file(path, LIMIT)\nstrict_json(content)\nre.compile('open(x)')"))
