"""Wherever the command is started: variables, encodings, folders, closed streams, packages."""

from __future__ import annotations

import io
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from benchmark import own
from benchmark.run import registry
from support.made_rows import fill, make_row
from support.runs import NOISE, only_row, rows
from support.suite import ROOT, bench_environment

pytestmark = pytest.mark.starts
LISTED = ("ideal", "noise:blobs", "digits", "folder:PATH", "lenet", "timm:NAME")
OLD = {"PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}  # Python keeps to the locale as it is
VARIABLES = {
    "no home": {"HOME": None},
    "a home that is a file": {"HOME": "/dev/null"},
    "a relative home": {"HOME": "nowhere"},
    "a dumb terminal": {"TERM": "dumb"},
    "no terminal": {"TERM": None},
    "no colour": {"NO_COLOR": "1"},
    "colour by force": {"FORCE_COLOR": "1"},
    "20 columns": {"COLUMNS": "20"},
    "1 column": {"COLUMNS": "1"},
    "no columns": {"COLUMNS": "0"},
    "columns below 0": {"COLUMNS": "-3"},
    "columns that are none": {"COLUMNS": "wide"},
    "the C locale": {"LC_ALL": "C", **OLD},
    "a locale that is not there": {"LC_ALL": "xx_YY.zz", "LANG": "zz"},
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "ascii, strict": {"PYTHONIOENCODING": "ascii:strict"},
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    "cp437": {"PYTHONIOENCODING": "cp437"},
    "utf-16": {"PYTHONIOENCODING": "utf-16"},
    "python -O": {"PYTHONOPTIMIZE": "1"},
    "python -OO": {"PYTHONOPTIMIZE": "2"},
    "a safe path": {"PYTHONSAFEPATH": "1"},
    "no bytecode": {"PYTHONDONTWRITEBYTECODE": "1"},
    "bytecode elsewhere": {"PYTHONPYCACHEPREFIX": "/dev/null/cache"},
    "warnings are errors": {"PYTHONWARNINGS": "error"},
    "development mode": {"PYTHONDEVMODE": "1"},
    "a matplotlib backend that is not there": {"MPLBACKEND": "nonsense"},
    "no folder for temporary files": {"TMPDIR": "/nowhere"},
    "a cache folder in the home folder": {"XDG_CACHE_HOME": "~/cache"},
    "empty variables": {"BENCH_DATA": "", "BENCH_TEACHERS": "", "BENCH_RESULTS": ""},
    "a device as results": {"BENCH_RESULTS": "/dev/null"},
    "another repository": {"GIT_DIR": "/nowhere", "GIT_WORK_TREE": "/"},
    "a time zone that is not there": {"TZ": "Nowhere/Else"},
    "no threads": {"OMP_NUM_THREADS": "0"},
}


def start(folder: Path, *words: str, changes: dict | None = None, shell: str = "") -> tuple:
    """(exit code, output, errors) of the command in its own process; ``shell`` redirects it."""
    environment = {**bench_environment(folder), **(changes or {})}
    environment = {name: value for name, value in environment.items() if value is not None}
    command = f"{shlex.join([sys.executable, '-m', 'benchmark', *words])} {shell}"
    done = subprocess.run(
        ["sh", "-c", f"exec {command}"],
        capture_output=True,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
    )
    encoding = "utf-16" if "utf-16" in str(changes) else "utf-8"
    return done.returncode, done.stdout.decode(encoding, "replace"), done.stderr.decode("latin-1")


@pytest.mark.parametrize("changes", VARIABLES.values(), ids=VARIABLES)
def test_the_lists_are_printed_whatever_the_variables_are(changes, tmp_path):
    code, output, errors = start(tmp_path, "list", changes=changes)
    assert (code, errors) == (0, "")
    assert [name for name in LISTED if f"  {name} " not in output.replace("\n", " \n")] == []
    described = "random images without any learning" in " ".join(output.lower().split())
    assert described  # without docstrings too


REDIRECTED = {
    "no input": "<&-",
    "no output": ">&-",
    "no errors": "2>&-",
    "nothing": "<&- >&- 2>&-",
    "only input": ">&- 2>&-",
}


@pytest.mark.parametrize("shell", REDIRECTED.values(), ids=REDIRECTED)
def test_closed_streams_are_no_error(shell, tmp_path):
    code, output, errors = start(tmp_path, "list", shell=shell)
    assert (code, errors) == (0, "") and ("digits" in output) == (">&-" not in shell.split())
    code, output, errors = start(tmp_path, "list", "methods", "nosie", shell=shell)
    assert code == 2 and output == "" and "Traceback" not in errors


def test_a_working_folder_that_was_deleted_is_no_traceback(tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    command = f"rmdir {gone}; exec {sys.executable} -m benchmark list"
    done = subprocess.run(
        ["sh", "-c", command],
        capture_output=True,
        text=True,
        cwd=gone,
        env=bench_environment(tmp_path),
    )
    assert done.returncode == 0 and "digits" in done.stdout


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes anywhere")
def test_a_working_folder_that_cannot_be_written_is_an_error_in_words(cli, tmp_path, monkeypatch):
    shut = tmp_path / "shut"
    shut.mkdir(mode=0o500)
    monkeypatch.chdir(shut)
    code, _, errors = cli(*NOISE, "--results", "results")
    assert code == 2 and errors.startswith("bench: cannot make results")


FOREIGN = {
    "a package": {"methods/__init__.py": "X = 1", "teachers/__init__.py": ""},
    "a folder": {"methods/code.py": "", "teachers/data.csv": ""},
    "a method of our name": {"methods/__init__.py": "", "methods/noise.py": "1 / 0"},
    "what fails": {"methods/__init__.py": "1 / 0", "teachers/__init__.py": "1 / 0"},
    "modules": {"methods.py": "1 / 0", "teachers.py": "1 / 0"},
}


@pytest.mark.parametrize("content", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("folder", ["path", "."])
def test_code_of_ones_own_under_the_name_of_ours_is_left_alone(folder, content, tmp_path):
    for file, text in content.items():
        path = tmp_path / folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    found_first = {"PYTHONPATH": f"{tmp_path / folder}{os.pathsep}{ROOT}"}
    code, output, errors = start(tmp_path, "list", changes=found_first)
    assert (code, errors) == (0, "") and "noise:blobs" in output and "lenet" in output


@pytest.mark.slow
def test_a_run_whose_output_nobody_reads_any_more_is_not_lost(tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "benchmark", *NOISE, "--seeds", "0,1"]
    done = subprocess.run(
        command,
        stdout=writer,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=bench_environment(tmp_path),
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")
    assert [one.status for one in rows(tmp_path / "results")] == ["complete"] * 2


COMMANDS = """
import sys
from benchmark.cli.main import main
for words in {!r}:
    sys.argv = ["bench", *words]
    try:
        main()
    except SystemExit as end:
        assert not end.code
"""


@pytest.mark.slow
def test_a_run_and_its_picture_come_out_of_odd_surroundings(tmp_path):
    for name in ("methods", "teachers"):
        (tmp_path / "path" / name).mkdir(parents=True)
        (tmp_path / "path" / name / "__init__.py").write_text("")
    (tmp_path / "both.py").write_text(COMMANDS.format([NOISE, ("curve", "-o", "curve.png")]))
    path = f"{tmp_path / 'path'}{os.pathsep}{ROOT}"
    odd = {"PYTHONPATH": path, "MPLBACKEND": "nonsense", "LC_ALL": "C", **OLD}
    command = f"exec {sys.executable} both.py <&- >&- 2>&-"  # no file must become standard output
    done = subprocess.run(
        ["sh", "-c", command], cwd=tmp_path, env=bench_environment(tmp_path) | odd
    )
    assert done.returncode == 0 and (tmp_path / "curve.png").read_bytes()[1:4] == b"PNG"
    assert only_row(tmp_path / "results").complete


def test_the_installed_command_finds_its_own_package_behind_another_of_its_name(tmp_path):
    (tmp_path / "benchmark").mkdir()
    (tmp_path / "benchmark" / "__init__.py").write_text("raise RuntimeError('foreign')")
    code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}]; sys.argv = ['bench', '--version']\n"
    code += "import bench_command; bench_command.main()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=bench_environment(tmp_path),
    )
    assert done.stdout.startswith("bench, version") and done.stderr == ""


def test_a_process_that_has_imported_another_methods_is_told_which(tmp_path):
    (tmp_path / "methods").mkdir()
    (tmp_path / "methods" / "__init__.py").write_text("")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import methods; import benchmark"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=bench_environment(tmp_path),
    )
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError: this process has imported another package called methods")
    assert str(tmp_path / "methods") in last


def test_what_is_ours_already_may_be_claimed_again():
    own.claim("methods", "teachers", "benchmark")


def test_without_docstrings_nothing_is_missing(cli, tmp_path, monkeypatch):
    fill(tmp_path, make_row())
    commands = [("list", "methods", "noise"), ("report",), ("list", "rounds"), ("list",)]
    monkeypatch.setattr(registry, "labels", lambda: ["noise"])
    before = [cli(*words) for words in commands]
    page = (tmp_path / "results" / "report" / "index.html").read_bytes()
    ours = ("benchmark", "methods", "teachers")
    for module in [m for name, m in sys.modules.items() if name.partition(".")[0] in ours]:
        monkeypatch.setattr(module, "__doc__", None)
    assert [cli(*words) for words in commands] == before
    assert "Queries of one round." in before[0][1] and "batch while budget" in before[2][1]
    assert (tmp_path / "results" / "report" / "index.html").read_bytes() == page


@pytest.mark.parametrize(
    ("encoding", "errors", "shown"),
    [
        ("ascii", "strict", "51.00 +- 2.48 (3)"),
        ("ascii", "surrogateescape", "60.00 ^ (1)"),
        ("ascii", "replace", "60.00 ? (1)"),  # as PYTHONIOENCODING=ascii:replace says
        ("ascii", "backslashreplace", "60.00 \\u2020 (1)"),
        ("cp1252", "strict", "51.00 ± 2.48 (3)"),
        ("cp437", "strict", "60.00 ^ (1)"),
        ("latin-1", "strict", "51.00 ± 2.48 (3)"),
        ("utf-8", "strict", "60.00 † (1)"),
    ],
)
def test_a_table_is_printed_in_any_encoding(encoding, errors, shown, cli, tmp_path, monkeypatch):
    rows = [make_row(seed=seed, accuracy=50.0 + seed) for seed in range(3)]
    fill(tmp_path, *rows, make_row(method="ideal", accuracy=60.0))
    stream = io.TextIOWrapper(io.BytesIO(), encoding, errors)
    monkeypatch.setattr("sys.stdout", stream)
    assert cli("table")[0] == 0
    stream.flush()
    assert shown in stream.buffer.getvalue().decode(encoding)
