"""Every command on a real terminal, of 80 and of 120 columns: nothing is cut, nothing crashes."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from benchmark.cli import screen
from support import forked
from support.suite import ROOT, bench_environment

pty = pytest.importorskip("pty", reason="there are no pseudo-terminals here")

WIDTHS = (80, 120)
HELP = ["", "run", "list", "teacher", "teacher train", "teacher list", "teacher show"]
HELP += ["table", "curve", "samples", "report", "check", "audit", "profile", "tune"]
TINY = "--dataset digits --device cpu --budget 300 --set noise.passes=2 --set noise.batch=100"
RUN = f"run --methods noise,noise:blobs {TINY}"
TUNE = "tune tunes.py --dataset digits --device cpu --budget 300 --trials"
CHEAP = {
    **{f"{command} --help": 0 for command in HELP},
    "--version": 0,
    "list": 0,
    "list methods noise": 0,
    "list methods ideal:released --results REPOSITORY": 0,
    "teacher list": 0,
    "teacher show digits-lenet": 0,
    f"{RUN} --dry-run": 0,
    f"{RUN} --seeds 0": 0,  # rows are there
    f"run --methods fails.py {TINY.partition(' --set')[0]} --seeds 0": 1,
    "table": 0,
    "table --format csv": 0,
    "table --results REPOSITORY": 0,
    "table --preset table2 --compare published --results REPOSITORY": 0,
    "table --queries": 0,
    "table --cost --results REPOSITORY": 0,
    "table --home-turf --results REPOSITORY": 0,
    "table --parts --results REPOSITORY": 0,
    "table --parts --home-turf": 2,
    "check --home-turf --update": 2,
    "table --preset table2": 2,
    "curve --numbers --results REPOSITORY": 0,
    "report": 0,
    "profile -o REPOSITORY/perf": 0,
    "tune --list": 0,
    "tune --list --results REPOSITORY": 0,
    "tune noise": 2,
    "tune ideal --dataset mnist": 2,
    "tune ideal --trials 0": 2,
    "run --methods nosie --dataset digits": 2,
    "run --methods noise --dataset digits --budget 10": 2,
    "run --bugdet 1k": 2,
}
COSTLY = {
    "teacher train --dataset digits --architecture mlp --device cpu": 0,
    f"{RUN} --seeds 3,4": 0,
    f"run --methods noise {TINY} --seeds 0": 0,
    f"run --methods noise {TINY} --teacher mlp --seeds 0 --teacher-dir new": 0,  # trained first
    f"{RUN} --seeds 5 --stop-after 0.001s": 75,
    "list rounds": 0,
    "curve": 0,
    "samples ROW": 0,
    "audit ROW --device cpu": 0,
    "audit ROW --device cpu --points 1 --isolation thread": 3,
    "check --against results --methods noise --budget 300 --device cpu": 0,
    f"profile noise {TINY}": 0,
    f"{TUNE} 2": 0,
}
AGAIN = {  # the output where the first terminal has run already
    "teacher train --dataset digits --architecture mlp --device cpu --force": 0,
    f"{RUN} --seeds 1,2": 0,
    f"run --methods noise {TINY} --teacher mlp --seeds 0 --teacher-dir newer --force": 0,
    f"{RUN} --seeds 6 --stop-after 0.001s": 75,
    "curve": 0,
    "samples ROW": 0,
    "audit ROW --device cpu": 0,
    f"{TUNE} 4": 0,
}
FAILS = '''"""fails: a method of a test."""
from benchmark.method import Method


class Fails(Method):
    def step(self):
        raise ValueError("as it was told to, in a message that is a good deal longer than a line")
'''
TUNES = '''"""tunes: noise of a test, with a search space."""
from methods._blocks.collect import Collect
import torch


class Tunes(Collect):
    space = {"": {"student_lr": (1e-4, 1e-1), "passes": (1, 12)}}

    def next_images(self, count):
        return torch.rand(count, *self.spec.shape)
'''
CHILD = """
import fcntl, glob, struct, sys, termios
from dataclasses import replace
from functools import cache
from pathlib import Path
from benchmark.rows import file
from benchmark.run import reference, registry
from benchmark.cli.main import main
from benchmark.perf import machine
from teachers import recipe

usual = recipe.recipe_for  # quicker: teachers of two epochs, one pass of
reference.MOST = 1  # reference students, and rounds of few methods
recipe.recipe_for = lambda *a, **b: replace(usual(*a, **b), epochs=2)
registry.labels = lambda: ["noise", "ideal", "dfme:l1"]
machine.rates = lambda *a: {"matmul_flops": 5e10, "copy_bytes": 5e9}
read, once = file.read_row, cache(file.read_row)  # of the repository, where no row changes
is_kept = lambda path: Path(REPOSITORY) in path.parents
file.read_row = lambda path, **how: (once if is_kept(path) else read)(path, **how)
for number, (columns, words) in enumerate(COMMANDS):
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    rows = sorted(glob.glob("results/runs/digits-lenet-lenet-noise-300-0-*.json"))
    names = (("ROW", rows[0] if rows else ""), ("REPOSITORY", REPOSITORY))
    for name, value in names:
        words = [word.replace(name, value) for word in words]
    sys.argv = ["bench", *words]
    code = 0
    try:
        main()
    except SystemExit as end:
        code = end.code or 0
    print(chr(30), code, sep="", flush=True)
"""


def on_a_terminal(folder: Path, commands: list[tuple[int, str]]) -> list[tuple[str, int]]:
    """The output of each command on a terminal of so many columns, and the exit codes.

    All of them run in one process, which imports torch once.
    """
    split = [(columns, line.split()) for columns, line in commands]
    code = f"{forked.COPY}COMMANDS, REPOSITORY = {split!r}, {str(ROOT / 'results')!r}\n{CHILD}"
    environment = bench_environment(folder) | {
        "TERM": "xterm-256color",
        "BENCH_TEACHERS": "teachers",
        "BENCH_RESULTS": "results",
    }
    del environment["COLUMNS"]
    reader, terminal = pty.openpty()
    process = forked.Popen(  # a fixture of the module comes before that of each test
        [sys.executable, "-c", code],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        cwd=folder,
        env=environment,
    )
    os.close(terminal)
    output = b""
    while chunk := _read(reader):
        output += chunk
    os.close(reader)
    process.wait()
    *parts, rest = re.split(r"\x1e(-?\d+)\r\n", output.decode())
    assert rest == "", rest[-3000:]
    return list(zip(parts[::2], map(int, parts[1::2]), strict=True))


def _read(reader: int) -> bytes:
    try:
        return os.read(reader, 65536)
    except OSError:  # Linux says so where nobody has the terminal open any more
        return b""


def lines_of(output: str) -> list[str]:
    """The text in each line at any time, without the sequences that move and colour."""
    return re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", output))


@pytest.fixture(scope="module")
def shown(tmp_path_factory) -> dict[tuple[int, str], tuple[str, int]]:
    """Output and exit code of every command on both terminals."""
    folder = tmp_path_factory.mktemp("terminal")
    (folder / "fails.py").write_text(FAILS)
    (folder / "tunes.py").write_text(TUNES)
    (folder / "results" / "perf").mkdir(parents=True)
    order = [(80, line) for line in (*COSTLY, *CHEAP)] + [(120, line) for line in (*AGAIN, *CHEAP)]
    found = on_a_terminal(folder, order)
    assert len(found) == len(order), f"{order[len(found)]} ended it"
    return dict(zip(order, found, strict=True))


@pytest.mark.slow
def test_every_command_ends_as_it_should_without_a_traceback(shown):
    expected = {(80, k): v for k, v in (COSTLY | CHEAP).items()}
    expected |= {(120, k): v for k, v in (AGAIN | CHEAP).items()}
    wrong = {key: shown[key] for key, code in expected.items() if shown[key][1] != code}
    assert wrong == {}
    assert [key for key, (output, _) in shown.items() if "Traceback" in output] == []


@pytest.mark.slow
def test_no_line_is_longer_than_the_terminal(shown):
    long = [
        (columns, command, line)
        for (columns, command), (output, _) in shown.items()
        for line in lines_of(output)
        if screen.columns_of(line) > columns and len(line.split()) > 1 and "csv" not in command
    ]
    assert long == []


@pytest.mark.slow
@pytest.mark.parametrize("columns", WIDTHS)
def test_the_bar_of_a_run_names_its_numbers_and_its_place(columns, shown):
    command = f"{RUN} --seeds 3,4" if columns == 80 else f"{RUN} --seeds 1,2"
    output, runs = "\n".join(lines_of(shown[columns, command][0])), 4
    for number in range(1, runs + 1):
        assert f"run {number} of {runs}  noise" in output
    assert re.search(r"\d+ of 300 queries|training on the bought labels, step \d", output)
    assert re.search(r"accuracy \d+\.\d % at \d+  after 0:\d\d", output)
    assert "done     noise(passes=2,batch=100)  digits" in output
    assert "all done in about" in output  # once a run has ended, others are known


@pytest.mark.slow
@pytest.mark.parametrize("columns", WIDTHS)
def test_a_run_ends_with_its_table_and_what_to_type_next(columns, shown):
    done = lines_of(shown[columns, f"{RUN} --seeds 0"][0])[-12:]
    assert re.search(r"noise:blobs .* \(1\)", "\n".join(done))
    assert [line for line in done if line][-1] == "next: bench table"
    stopped = shown[columns, f"{RUN} --seeds {5 if columns == 80 else 6} --stop-after 0.001s"][0]
    assert "the same command goes on from here" in " ".join(lines_of(stopped))
    assert "next:" not in stopped


@pytest.mark.slow
@pytest.mark.parametrize("columns", WIDTHS)
def test_a_failure_shows_the_methods_file_and_line_and_where_the_rest_stands(columns, shown):
    (command,) = (key for key in CHEAP if "fails.py" in key)
    output = " ".join(" ".join(lines_of(shown[columns, command][0])).split())
    assert "ValueError: as it was told to, in a message that is a good deal longer" in output
    assert 'fails.py:7 in step: raise ValueError("as it was told to' in output
    assert '1 of 1 failed; whole traceback: "error" in results/runs/' in output


@pytest.mark.slow
@pytest.mark.parametrize("columns", WIDTHS)
def test_the_bar_of_a_teacher_shows_epochs_and_loss(columns, shown):
    force = "" if columns == 80 else " --force"
    command = f"teacher train --dataset digits --architecture mlp --device cpu{force}"
    output = "\n".join(lines_of(shown[columns, command][0]))
    assert "teacher digits mlp" in output and re.search(r"epoch \d+ of \d+  loss \d\.\d{4}", output)
    missing = [out for (_, line), (out, _) in shown.items() if "--teacher mlp" in line]
    for output in missing:
        assert "there is no mlp teacher of digits; training one" in output
        assert "epoch 2 of 2" in output and "done     noise" in output
    assert len(missing) == 2


@pytest.mark.slow
@pytest.mark.parametrize("columns", WIDTHS)
def test_a_tuning_names_its_trials_and_ends_each_with_its_number(columns, shown):
    first, last = (1, 2) if columns == 80 else (3, 4)
    output = "\n".join(lines_of(shown[columns, f"{TUNE} {last}"][0]))
    for number in range(first, last + 1):
        assert f"trial {number} of {last}  tunes" in output
        assert re.search(rf"trial {number} of {last}  mean \d+\.\d\d %  best \d+\.\d\d %", output)
    assert re.search(r"\d+ of 300 queries|training on the bought labels, step \d", output)
    listed = "\n".join(lines_of(shown[columns, "tune --list"][0]))
    assert re.search(rf"tunes +{last} † ", listed)
    refused = " ".join(lines_of(shown[columns, "tune noise"][0]))
    assert "noise has no search space" in refused
