"""The end of a command: the table of its runs, the next step, and the line of a failure."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark.cli import closing
from benchmark.host import failure
from benchmark.rows.store import Store
from benchmark.tables import summary
from support.made_rows import FAILED, make_row
from support.made_tables import head, texts
from support.runs import IDLE, path_run


def test_the_summary_is_methods_by_budgets_for_each_setting():
    rows = [
        *(
            make_row(seed=seed, budget=budget, accuracy=budget / 1000 + seed)
            for seed in range(3)
            for budget in (5000, 25_000)
        ),
        make_row(method="ideal", variant="all", budget=25_000, accuracy=99.0),
        make_row(method="dfme", budget=5000, **FAILED),
        make_row(dataset="mnist", teacher="mlp", accuracy=10.0),
    ]
    sheet = summary.sheet(rows)
    first, second = sheet.tables
    assert second.title == "mnist: mlp to lenet" and texts(second)[0][0] == "noise"
    assert first.title == "digits: lenet to lenet"
    assert head(first) == ("method", "5k queries", "25k queries")
    assert texts(first) == [
        ("ideal:all", "—", "99.00 † (1)"),
        ("noise", "6.00 ± 2.48 (3)", "26.00 ± 2.48 (3)"),
        ("dfme", "failed (0/1)", "—"),
    ]
    (note,) = sheet.notes
    assert note.startswith("Accuracy of the final student in %") and "† fewer than three" in note


def test_the_summary_explains_only_the_signs_that_are_there():
    (note,) = summary.sheet([make_row(seed=seed) for seed in range(3)]).notes
    assert "†" not in note


class Shown:
    """A console, a terminal or not, that keeps the printed text."""

    def __init__(self, is_terminal: bool) -> None:
        self.is_terminal, self.texts = is_terminal, []

    def print(self, text: object = "", soft_wrap: bool = True) -> None:
        self.texts.append(text)


@pytest.fixture
def shown(monkeypatch):
    def show(rows, root="results", terminal=True, stopped=False) -> list[str]:
        console = Shown(terminal)
        monkeypatch.setattr(closing, "console", console)
        closing.show(rows, Store(Path(root)), stopped)
        return console.texts

    return show


def test_a_terminal_gets_the_table_and_the_next_command(shown):
    assert shown([make_row()])[-1] == "next: bench table"
    assert shown([make_row()], "a folder/r")[-1] == "next: bench table --results 'a folder/r'"
    assert shown([make_row(seed=100)])[-1] == "next: bench table --tuning"
    title, _, grid, _, note = shown([make_row()])[1:6]
    assert str(title) == "digits: lenet to lenet" and grid.row_count == 1
    assert str(note).startswith("Accuracy of the final student")


def test_a_pipe_gets_no_table_and_a_stopped_command_no_next_one(shown):
    assert shown([make_row()], terminal=False) == []
    assert not any(str(one).startswith("next") for one in shown([make_row()], stopped=True))
    assert shown([], stopped=True) == []


@pytest.mark.parametrize("terminal", [True, False])
def test_a_failure_says_everywhere_where_its_traceback_is(terminal, shown):
    last = shown([make_row(), make_row(method="dfme", id="f" * 12, **FAILED)], terminal=terminal)[
        -1
    ]
    assert last.startswith('1 of 2 failed; whole traceback: "error" in results/runs/')
    assert f"{'f' * 12}.json; the same command tries again" in last


ERROR = """\
  runner.py:150 in _method_does: return action()
  mine.py:10 in step: self.train()
  mine.py:20 in train: loss = distil(x)
  losses.py:5 in distil: return x / 0
  functional.py:99 in linear: return linear(x)
ZeroDivisionError: division by zero"""


@pytest.mark.parametrize(
    ("files", "frame"),
    [
        (["mine.py", "losses.py"], "mine.py:20 in train: loss = distil(x)"),
        (["losses.py"], "losses.py:5 in distil: return x / 0"),
        (["other.py"], ""),
        ([], ""),
    ],
)
def test_the_frame_of_a_failure_is_the_innermost_line_of_the_methods_own_file(files, frame):
    assert failure.frame_in(ERROR, files) == frame


@pytest.mark.parametrize("error", ["", "TypeError: x", "  a b.py:1 in f", "  : in"])
def test_an_error_without_frames_has_no_place(error):
    assert failure.frame_in(error, ["a.py"]) == ""


BODIES = {
    "setup": ("def setup(self):\n    1 / 0\n\n" + IDLE, "fails.py:13 in setup: 1 / 0"),
    "step": (
        "def step(self):\n    return self.helper()\n\n\ndef helper(self):\n    1 / 0",
        "fails.py:17 in helper: 1 / 0",
    ),
    "torch": (
        "def step(self):\n    return torch.ones(2) @ torch.ones(3)",
        "fails.py:13 in step: return torch.ones(2) @ torch.ones(3)",
    ),
    "deliver": (IDLE + "\n\ndef deliver(self):\n    1 / 0", "fails.py:17 in deliver: 1 / 0"),
}


@pytest.mark.parametrize(("body", "frame"), BODIES.values(), ids=BODIES)
def test_a_failing_method_shows_its_file_and_line(body, frame, cli, method_file):
    code, output, _ = cli(*path_run(method_file("fails", body)))
    assert code == 1
    failed = output.splitlines().index(next(x for x in output.splitlines() if "failed  " in x))
    assert output.splitlines()[failed + 1] == f"         {frame}"


def test_what_the_suite_itself_finds_wrong_has_no_line_of_the_method(cli, method_file):
    code, output, _ = cli(*path_run(method_file("fails", "def step(self):\n    return 5")))
    assert code == 1 and "step() returned 5" in output and "fails.py:" not in output
