"""The installation: a complete wheel, which runs from anywhere and writes nowhere."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

from support.suite import ROOT, bench_environment

pytestmark = pytest.mark.slow

PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")


def copy_of_the_code(folder: Path) -> Path:
    """The files git knows or would take; without git the folders and files of the package."""
    ask = ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(ask, check=True, capture_output=True, text=True).stdout
        files = [ROOT / name for name in listed.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        names = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE", "bench_command.py")
        files = [ROOT / name for name in names]
        for package in ("benchmark", "methods", "teachers"):
            files += [p for p in (ROOT / package).rglob("*") if "__pycache__" not in p.parts]
    for file in files:
        if file.is_file():
            target = folder / file.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, target)
    readme = folder / "README.md"
    if not readme.exists():
        readme.write_text("A stub.\n")
    return folder


def run(*command: object, **options) -> str:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel of this checkout, built without the network."""
    if not all(importlib.util.find_spec(name) for name in ("pip", "setuptools")):
        pytest.skip("building a wheel needs pip and setuptools in this environment")
    if int(version("setuptools").split(".")[0]) < 77:
        pytest.skip("building a wheel needs setuptools 77 or later in this environment")
    folder = tmp_path_factory.mktemp("wheel")
    code = copy_of_the_code(folder / "code")
    build = ("wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", folder / "out")
    run(*PIP, *build, code, cwd=folder)
    (built,) = (folder / "out").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """A folder into which the wheel is installed, and nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    run(*PIP, "install", "--no-deps", "--no-index", "--target", folder, wheel, cwd=folder)
    return folder


def contents(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of every file below a folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(p): (p.stat().st_size, p.stat().st_mtime_ns) for p in files}


def source_files() -> set[str]:
    """Every Python file of the packages, and the data files that must travel with them."""
    names = set()
    for pattern in (
        "bench_command.py",
        "benchmark/**/*.py",
        "methods/**/*.py",
        "teachers/**/*.py",
        "benchmark/py.typed",
        "benchmark/data/*.json",
        "benchmark/data/*.csv",
        "benchmark/data/endpoints/*.toml",
        "benchmark/templates/*",
        "teachers/shipped/*",
    ):
        names |= {path.relative_to(ROOT).as_posix() for path in ROOT.glob(pattern)}
    return names


def test_the_wheel_holds_code_data_and_shipped_teachers(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == source_files()
    assert {"teachers/shipped/digits-lenet.safetensors", "benchmark/data/bands.json"} <= names
    assert {"benchmark/data/published.csv", "benchmark/data/footnotes.json"} <= names
    assert {f"benchmark/templates/report.{kind}" for kind in ("html", "css", "js")} <= names


def test_the_wheel_brings_command_licence_and_needs(wheel):
    with zipfile.ZipFile(wheel) as archive:
        info = {Path(n).name: n for n in archive.namelist() if ".dist-info/" in n}
        assert "bench = bench_command:main" in archive.read(info["entry_points.txt"]).decode()
        metadata = archive.read(info["METADATA"]).decode()
    assert "LICENSE" in info and re.search(r"^License(-Expression)?: MIT$", metadata, re.MULTILINE)
    assert "Requires-Dist: torch>=" in metadata and "Requires-Python: >=3.10" in metadata


def test_the_installed_suite_runs_from_anywhere_and_writes_only_where_it_is_told(
    installed, tmp_path
):
    environment = bench_environment(tmp_path) | {"PYTHONPATH": str(installed)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a cache that is written must be seen
    options = {"cwd": tmp_path, "env": environment}
    before = contents(installed)
    bench = (sys.executable, "-m", "benchmark")
    where = "import benchmark, methods, teachers; print(benchmark.__file__)"
    assert run(sys.executable, "-c", where, **options).startswith(str(installed))
    listed = run(*bench, "list", **options)
    assert "ideal" in listed and "noise:blobs" in listed and "digits" in listed
    command = ("run", "--methods", "noise", "--dataset", "digits", "--budget", "250")
    output = run(*bench, *command, "--set", "noise.passes=1", "--seeds", "0", **options)
    assert "done     noise" in output and "training" not in output
    assert run(installed / "bin" / "bench", "table", **options).startswith("### digits: lenet")
    (tmp_path / "path" / "benchmark").mkdir(parents=True)  # another project's, found first
    (tmp_path / "path" / "benchmark" / "__init__.py").write_text("")
    shadowed = {**options, "env": environment | {"PYTHONPATH": f"{tmp_path / 'path'}:{installed}"}}
    assert run(installed / "bin" / "bench", "table", **shadowed).startswith("### digits: lenet")
    shutil.rmtree(tmp_path / "path")
    assert contents(installed) == before, "the run wrote into the installation"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["results"]
