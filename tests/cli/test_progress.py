"""The display of a run in progress: pace, phases, plain lines, and screens that go away."""

from __future__ import annotations

import errno
import io
import os
import re
from dataclasses import dataclass, field

import pytest

from benchmark.cli import console, progress, screen
from benchmark.run.pace import Load, Pace
from benchmark.run.watch import Seen


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def pace_of(*loads: Load) -> tuple[Pace, Clock]:
    clock = Clock()
    return Pace(dict(enumerate(loads)), clock), clock


def ran(pace: Pace, clock: Clock, asked_before: int, seconds: int) -> None:
    """The first of two runs, from a saved state of so many queries; the second begins."""
    pace.begin()
    pace.look(asked_before)
    clock.now += seconds
    pace.end()
    pace.number = 1
    pace.begin()


NOISE, IDEAL = Load("noise", 1000), Load("ideal", 1000)


def test_a_single_run_is_timed_by_its_own_queries_and_has_no_place():
    pace, clock = pace_of(NOISE)
    pace.begin()
    assert pace.left(0) is None and pace.spoken(0) == "" and pace.position == ""
    clock.now += 10
    assert pace.left(250) == 30.0 and pace.spoken(250) == "done in about 30 s"
    assert pace.left(1000) is None  # after the last query nothing tells its speed


def test_a_run_that_was_resumed_is_timed_by_what_it_asked_since():
    pace, clock = pace_of(NOISE)
    pace.begin()
    pace.left(500)  # from a saved state
    clock.now += 10
    assert pace.left(600) == 40.0


def test_the_time_left_is_that_of_the_whole_command():
    pace, clock = pace_of(NOISE, NOISE, Load("noise", 3000), IDEAL)
    pace.begin()
    pace.left(0)
    clock.now += 20
    assert pace.position == "run 1 of 4"
    assert pace.left(500) == 20 + 40 + 120 + 40  # ideal, as nothing is known of it, like the rest
    clock.now += 20
    pace.end()
    pace.number = 1
    pace.begin()
    clock.now += 10
    assert pace.left(0) == 30 + 120 + 40  # by the one that ended, however far this one is
    assert pace.left(1000) == 30 + 120 + 40
    assert pace.spoken(0) == "all done in about 3.2 min"
    clock.now += 100
    assert pace.left(1000) == pytest.approx(3000 * 150 / 2000 + 1000 * 150 / 2000)  # slower


def test_runs_of_other_kinds_have_their_own_speed_once_it_is_known():
    pace, clock = pace_of(NOISE, IDEAL, NOISE, IDEAL)
    for number, seconds in enumerate((10, 100)):
        pace.number = number
        pace.begin()
        clock.now += seconds
        pace.end()
    pace.number = 2
    pace.begin()
    assert pace.left(0) == 110 and pace.position == "run 3 of 4"
    pace.number = 3
    pace.begin()
    assert pace.left(0) == 100


def test_a_run_that_outlasts_its_like_is_timed_by_its_own_queries():
    pace, clock = pace_of(NOISE, NOISE)
    ran(pace, clock, asked_before=0, seconds=10)
    pace.look(0)
    clock.now += 30
    assert pace.left(600) == 20.0
    assert pace.left(1000) == 0.0 and pace.spoken(1000) == ""  # nothing tells when it ends


def test_a_run_that_began_from_a_saved_state_says_what_a_whole_one_takes():
    pace, clock = pace_of(NOISE, NOISE)
    ran(pace, clock, asked_before=500, seconds=10)
    assert pace.left(0) == 20.0
    pace, clock = pace_of(NOISE, IDEAL)
    ran(pace, clock, asked_before=1000, seconds=5)
    assert pace.measured == []


def test_what_need_not_run_has_no_place():
    pace = Pace({3: NOISE, 8: NOISE}, Clock())
    pace.number = 8
    assert pace.position == "run 2 of 2"


def drawn(seen: Seen | None, budget: int = 5000) -> progress.Picture:
    pace, clock = pace_of(Load("x", budget), Load("x", budget))
    display = progress.Drawn("ideal  digits", budget, pace)
    pace.begin()
    if seen:
        display.begin(lambda: seen)
        display.picture()
    clock.now += 3661
    return display.picture()


def test_the_display_says_what_its_numbers_are():
    now = drawn(Seen(2500, 10, 81.34, 2000))
    assert now.title == "run 1 of 2  ideal  digits" and now.share == 0.5
    assert now.text == "2,500 of 5,000 queries  accuracy 81.3 % at 2k  after 1:01:01"
    assert drawn(Seen(0, 0)).text == "0 of 5,000 queries  after 1:01:01"


def test_the_display_moves_while_a_method_trains_after_its_last_query():
    now = drawn(Seen(5000, 1234, 81.34, 2000))
    assert now.share is None  # a bar without an end moves by itself
    assert now.text.startswith("training on the bought labels, step 1,234  accuracy 81.3 % at 2k")
    assert now.right == "time left unknown"


def test_the_display_is_there_before_the_first_step():
    now = drawn(None)
    assert (now.share, now.text, now.right) == (None, "starting  after 1:01:01", "")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0:00"), (59.9, "0:59"), (60, "1:00"), (7325, "2:02:05")]
)
def test_elapsed_time_ticks_in_seconds(seconds, text):
    assert progress.clock(seconds) == text


class Terminal(io.StringIO):
    """A stream that says it is one."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture
def on_terminal(monkeypatch):
    """``on_terminal(term) -> stream`` that takes the place of standard output."""

    def make(term: str = "xterm") -> Terminal:
        stream = Terminal()
        monkeypatch.setattr("sys.stdout", stream)
        monkeypatch.setattr(console.console, "_environ", {"TERM": term})
        for side in ("_width", "_height"):  # rich keeps COLUMNS and LINES of when it was imported
            monkeypatch.setattr(console.console, side, None)
        return stream

    return make


def test_a_display_that_fails_says_so_and_ends_nothing(on_terminal):
    terminal = on_terminal()

    def fails():
        raise KeyError("a number that is not there")

    with progress.run_bar("title", 10) as watch:
        watch.begin(fails)
    assert "nothing can be shown: KeyError" in terminal.getvalue()


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_bars_are_drawn_with_the_letters_of_the_encoding(encoding, on_terminal):
    terminal = on_terminal()
    terminal.encoding = encoding
    with progress.run_bar("title", 10) as watch:
        watch.begin(lambda: Seen(5, 1))
    with progress.run_bar("title", 10) as watch:
        watch.begin(lambda: Seen(10, 1))
    with progress.training_bar("teacher") as report:
        report(1, 2, 0.5)
    text = terminal.getvalue()
    text.encode(encoding if encoding == "utf-8" else "ascii")
    assert "epoch 1 of 2  loss 0.5000" in text and "5 of 10 queries" in text


@pytest.mark.parametrize("columns", [1, 2, 5, 10, 20, 40, 79])
@pytest.mark.parametrize("lines", ["1", "24"])
def test_bars_fit_terminals_of_any_size(columns, lines, on_terminal):
    terminal = on_terminal()
    size = {"COLUMNS": str(columns), "LINES": lines, "TERM": "xterm"}
    console.console._environ.update(size)
    pace = Pace(dict.fromkeys(range(12), Load("x", 2_000_000)))
    with progress.run_bar("noise(passes=2)  digits  lenet->lenet", 2_000_000, pace) as watch:
        watch.begin(lambda: Seen(1_999_999, 12_345, 81.3, 1_000_000))
    with progress.training_bar("teacher digits lenet") as report:
        report(1, 2, 0.5)
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue())
    assert "nothing can be shown" not in shown
    assert max(map(screen.columns_of, re.split(r"[\r\n]+", shown))) <= columns


@pytest.mark.parametrize("term", ["dumb", "unknown"])
def test_a_terminal_that_cannot_move_gets_plain_lines(term, on_terminal):
    terminal = on_terminal(term)
    with progress.run_bar("title", 10) as watch:
        watch.begin(lambda: Seen(5, 1, 12.0, 2))
        watch.report()
        watch.report()  # nothing new
    with progress.training_bar("teacher") as report:
        report(1, 2, 0.5)
    lines = terminal.getvalue().splitlines()
    assert lines == [
        "title          5/10 queries  accuracy  12.0 %  0 s",
        "teacher  epoch 1/2  loss 0.5000",
    ]


def test_force_color_makes_no_terminal_of_a_pipe(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr("sys.stdout", stream)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert not console.console.is_terminal and not console.console.is_interactive
    with progress.run_bar("title", 10) as watch:
        watch.begin(lambda: Seen(5, 1, 12.0, 2))
        watch.report()
    assert stream.getvalue() == "title          5/10 queries  accuracy  12.0 %  0 s\n"


def test_plain_lines_say_which_run_it_is_and_how_long_all_will_take(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr("sys.stdout", stream)
    pace, clock = pace_of(NOISE, NOISE)
    with progress.run_bar("noise", 1000, pace) as watch:
        seen = [Seen(0, 0)]
        watch.begin(lambda: seen[0])
        clock.now += 10
        seen[0] = Seen(500, 2, 50.0, 200)
        watch.report()
    text = (
        "noise        500/1,000 queries  accuracy  50.0 %  10 s  run 1 of 2  all done in about 30 s"
    )
    assert stream.getvalue() == f"{text}\n"


@dataclass
class Gone:
    """A stream whose terminal was closed."""

    number: int
    descriptor: int
    written: list[str] = field(default_factory=list)

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        return self.descriptor

    def write(self, text: str) -> int:
        if not os.path.samestat(os.fstat(self.descriptor), os.stat(os.devnull)):
            raise OSError(self.number, "gone")
        self.written.append(text)
        return len(text)

    def flush(self) -> None:
        """Nothing is kept back."""


@pytest.mark.parametrize("number", [errno.EIO, errno.EPIPE], ids=["terminal", "pipe"])
def test_a_run_goes_on_when_its_terminal_or_its_pipe_is_closed(number, tmp_path):
    with open(tmp_path / "terminal", "w") as file:
        stream = console.Lasting(Gone(number, file.fileno()))
        assert stream.write("lost") == 4
        stream.flush()
        assert stream.write("to nowhere") == 10 and stream.written == ["to nowhere"]


def test_a_full_disk_is_still_an_error(tmp_path):
    with open(tmp_path / "disk", "w") as file:
        stream = console.Lasting(Gone(errno.ENOSPC, file.fileno()))
        with pytest.raises(OSError, match="gone"):
            stream.write("text")
