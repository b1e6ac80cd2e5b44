"""Standard output: lines that fit, letters that an encoding has not got."""

from __future__ import annotations

import codecs
import io

import pytest

from benchmark.cli import screen

NOTES = "‡ not data-free: its queries are real images of digits, and of nothing else."


def widths(text: str) -> list[int]:
    return [screen.columns_of(line) for line in text.split("\n")]


@pytest.mark.parametrize("columns", [20, 40, 80, 120])
def test_lines_are_broken_between_words_and_nothing_is_lost(columns):
    text = (
        f"{NOTES}\n\n    set in, {NOTES}\ndone     noise  digits  lenet->lenet  5k  seed 0  90.1 %"
    )
    fitted = screen.fit(text, columns)
    assert max(widths(fitted)) <= columns
    assert fitted.split() == text.split()
    assert text.count("\n\n") == fitted.count("\n\n")


def test_what_fits_stays_as_it_is():
    for text in ("", "\n", "a\n\nb\n", NOTES, f"# title\n\n{NOTES}\n"):
        assert screen.fit(text, 200) == text


def test_the_second_line_begins_under_the_second_column_or_where_the_first_began():
    assert screen.fit("ok   noise on digits", 16) == "ok   noise on\n     digits"
    assert screen.fit("  ab cd ef", 7) == "  ab cd\n  ef"
    assert screen.fit("nothing of the kind", 10) == "nothing of\nthe kind"


def test_a_word_longer_than_the_line_is_left_whole_to_be_copied():
    path = "results/runs/" + "x" * 40
    assert screen.fit(f"wrote {path} now", 20).split("\n") == ["wrote", path, "now"]


def test_letters_of_east_asia_take_two_columns_and_accents_none():
    assert widths("数字\ne\u0301\né") == [4, 1, 1]
    assert max(widths(screen.fit("数字 数字 数字 数字", 10))) <= 10


@pytest.fixture(autouse=True)
def handler():
    codecs.register_error(screen.HANDLER, screen.substitute)


@pytest.mark.parametrize(
    ("encoding", "text", "shown"),
    [
        ("ascii", "81.69 ± 0.5 † (1) ▼", "81.69 +- 0.5 ^ (1) v"),
        ("cp1252", "81.69 ± 0.5 † (1) ▼ Δ", "81.69 ± 0.5 † (1) v delta"),
        ("ascii", "lenet → lenet ‡, —, 1ᵃ˒ᵇ", "lenet -> lenet #, -, 1a,b"),
        ("ascii", "é ß 数", "e \\xdf \\u6570"),
        ("latin-1", "é 数", "é \\u6570"),
        ("utf-8", "▼ 数 \udcff", b"\xe2\x96\xbc \xe6\x95\xb0 \xff"),
        ("ascii", "a\udcffb", b"a\xffb"),
        ("ascii", "\udcff▼", "\\udcffv"),
    ],
)
def test_what_an_encoding_has_not_got_is_shown_in_other_letters(encoding, text, shown):
    expected = shown if isinstance(shown, bytes) else shown.encode(encoding)
    assert text.encode(encoding, screen.HANDLER) == expected


def test_every_sign_of_the_suites_tables_has_a_readable_substitute():
    from benchmark.tables.render import latex, md

    signs = {sign for sign in latex.SIGNS if not sign.isascii()} | {*md.RAISED.values()}
    for sign in (chr(s) if isinstance(s, int) else s for s in signs):
        shown = sign.encode("ascii", screen.HANDLER).decode()
        assert shown and "\\" not in shown, sign


def test_bytes_that_cannot_be_read_are_another_matter():
    with pytest.raises(UnicodeDecodeError):
        b"\xff".decode("ascii", screen.HANDLER)


def test_ascii_keeps_its_behaviour_under_another_name():
    codecs.register(screen._ascii)
    stream = io.TextIOWrapper(io.BytesIO(), encoding=screen.ASCII, errors=screen.HANDLER)
    stream.write("1 ± 2")
    stream.flush()
    assert stream.buffer.getvalue() == b"1 +- 2"
    assert codecs.lookup(screen.ASCII).name == screen.ASCII
    with pytest.raises(LookupError):
        codecs.lookup("bench-something")


def test_a_stream_that_is_closed_or_missing_is_no_terminal():
    closed = io.StringIO()
    closed.close()
    assert not screen.is_terminal(closed) and not screen.is_terminal(None)
    assert screen.fitted("a b", closed) == "a b"
