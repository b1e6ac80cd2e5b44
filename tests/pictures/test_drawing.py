"""The door to matplotlib: any backend, any letters, no formulas in names, warnings in a line."""

from __future__ import annotations

import logging
import subprocess
import sys
import warnings

import pytest

from benchmark.cli.notices import noticed
from benchmark.pictures import captions, door, drawing, features, figures, fonts, samples, saving
from support.kept import drawing as drawing_of
from support.kept import empty_store, keep, sample_of
from support.made_rows import fill, make_row
from support.suite import bench_command, bench_environment

CHINESE = "数据"
FORMULA = r"$x^2$ \alpha _a^b $\frac{"


@pytest.fixture
def no_other_font(monkeypatch):
    """Only matplotlib's own font is installed."""
    monkeypatch.setattr(fonts, "_others", lambda: ())
    fonts._family.cache_clear()
    yield
    fonts._family.cache_clear()


def test_letters_of_no_font_become_code_points_and_are_named(no_other_font):
    with pytest.warns(fonts.MissingLetters, match="no installed font has 数据: .*as .u6570;"):
        assert fonts.families([f"folder:{CHINESE}", CHINESE]) == [fonts.MAIN]
    assert fonts.drawable(f"a{CHINESE}") == r"a\u6570\u636e"
    assert fonts.drawable("\U0001fae0\ufe0f") == "\\U0001fae0\ufe0f"
    many = "".join(map(chr, range(0x4E00, 0x4E40)))
    with pytest.warns(fonts.MissingLetters, match=f"has {many[:20]}…:"):
        fonts.families([many])


@pytest.mark.parametrize("text", ["plain", "über Ωμ ℓ", "кириллица", "عربي", "e\u0301", "±≤…"])
def test_letters_of_the_usual_font_stay_without_a_word(text, no_other_font):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fonts.families([text]) == [fonts.MAIN]
    assert fonts.drawable(text) == text


def test_signs_that_control_a_terminal_are_blanks():
    assert fonts.drawable("a\nb\x1b[31mc\u202ed\u2028") == "a b [31mc d "


@pytest.fixture
def another_font(monkeypatch):
    """Another font is installed that has a letter that matplotlib's own one has not."""
    from matplotlib import font_manager

    path = font_manager.findfont("STIXGeneral")
    letter = next(
        chr(c)
        for c in sorted(fonts._signs(path) - fonts._signs(fonts._path(fonts.MAIN)))
        if c > 0x2000 and chr(c).isprintable()
    )
    monkeypatch.setattr(fonts, "_others", lambda: (("gone", "/no/such.ttf"), ("STIXGeneral", path)))
    fonts._family.cache_clear()
    yield letter
    fonts._family.cache_clear()


@pytest.mark.parametrize("suffix", saving.SUFFIXES)
def test_a_letter_of_another_font_is_drawn_with_that_font(another_font, suffix, tmp_path):
    path = tmp_path / f"x{suffix}"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fonts.families([f"a{another_font}"]) == [fonts.MAIN, "STIXGeneral"]
        figures.curves([make_row(dataset=f"a{another_font}")], path)
    assert fonts.drawable(another_font) == another_font and path.stat().st_size > 1000


def test_a_file_that_is_no_font_has_no_letters(tmp_path):
    path = tmp_path / "x.ttf"
    path.write_bytes(b"no font")
    assert fonts._signs(str(path)) == fonts._signs(str(tmp_path / "none.ttf")) == frozenset()


def test_a_name_in_another_script_is_told(cli, no_other_font, monkeypatch, tmp_path):
    caught = []
    monkeypatch.setattr(saving, "save", lambda figure, *_: caught.append(figure))
    fill(tmp_path, make_row(dataset=f"folder:{CHINESE}"))
    code, _, errors = cli("curve", "-o", "c.png")
    (line,) = errors.splitlines()
    assert code == 0 and line.startswith(f"bench: note: no installed font has {CHINESE}: pictures")
    assert caught[0].texts[0].get_text() == r"folder:\u6570\u636e: lenet to lenet"


def test_names_are_no_formulas(monkeypatch, tmp_path):
    from matplotlib.text import Text

    store, caught = empty_store(tmp_path), []
    names = {"method": FORMULA, "dataset": FORMULA, "variant": FORMULA, "device": FORMULA}
    monkeypatch.setattr(saving, "save", lambda figure, *_: caught.append(figure))
    other = {"device": "a", "floor": True, "seed": 1, "overrides": {FORMULA: 1}}
    rows = [make_row(**names), make_row(**names | other)]
    figures.curves(rows, tmp_path / "x.png")
    kept = sample_of([2, 1], **{FORMULA: [1.0, 2.0]})
    for kind in (samples, features):
        with monkeypatch.context() as patch:
            caught.append(drawing_of(kind, store, patch)(keep(store, kept, **names)))
    for figure in caught:
        texts = [text for text in figure.findobj(Text) if "$" in text.get_text()]
        assert len(texts) > 1 and not any(text.get_parse_math() for text in texts)
        figure.draw_without_rendering()


def test_every_picture_of_a_formula_is_written(tmp_path):
    for suffix in saving.SUFFIXES:
        path = tmp_path / f"x{suffix}"
        figures.curves([make_row(method=FORMULA, dataset=FORMULA)], path)
        assert path.stat().st_size > 1000


def test_the_backend_does_not_matter(tmp_path):
    fill(tmp_path, make_row())
    environment = bench_environment(tmp_path) | {"MPLBACKEND": "nonsense"}
    done = subprocess.run(
        bench_command("curve", "-o", "c.png"),
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


def test_a_backend_that_exists_is_kept_for_others(tmp_path):
    code = (
        "import os; from benchmark.pictures import door\n"
        "print(door.matplotlib().rcParams['backend'], os.environ['MPLBACKEND'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=bench_environment(tmp_path) | {"MPLBACKEND": "svg"},
    )
    assert done.stdout.split() == ["svg", "svg"]


def test_the_users_own_style_and_the_callers_settings_are_left_alone():
    matplotlib = door.matplotlib()
    with matplotlib.rc_context({"font.size": 20, "text.parse_math": True}):
        with drawing.style(["a"], svg_fonttype="none"):
            assert matplotlib.rcParams["font.size"] == 10
            assert not matplotlib.rcParams["text.parse_math"]
            assert matplotlib.rcParams["svg.fonttype"] == "none"
        assert matplotlib.rcParams["font.size"] == 20 and matplotlib.rcParams["text.parse_math"]


def test_warnings_are_lines_on_standard_error_each_once_also_after_a_failure(capsys):
    with pytest.raises(ValueError, match="later"), noticed():
        for text in ("two\n  lines", "two lines", "another"):
            warnings.warn(text, UserWarning, stacklevel=1)
        logging.getLogger("matplotlib.font_manager").warning("font %s", "lost")
        logging.getLogger("matplotlib").info("not this")
        raise ValueError("later")
    out, errors = capsys.readouterr()
    assert out == "" and errors.splitlines() == [
        "bench: note: two lines",
        "bench: note: another",
        "bench: note: font lost",
    ]
    assert logging.getLogger("matplotlib").propagate


def test_square_letters_take_more_room(monkeypatch):
    monkeypatch.setattr(captions, "drawable", str)  # as if a font had them
    narrow = captions.wrapped([12 * "abcd "], 2, 9).lines
    square = captions.wrapped([12 * "한국말글 "], 2, 9).lines
    assert max(map(len, square)) < max(map(len, narrow))
