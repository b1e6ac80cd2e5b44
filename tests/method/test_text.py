"""Text of others: nothing in it reaches a screen, a row or a table that these would obey."""

from __future__ import annotations

import json

import pytest
from markdown_it import MarkdownIt

from benchmark import text
from benchmark.errors import BenchError
from benchmark.host import failure
from benchmark.host.failure import MethodFailure
from benchmark.method import base, config
from benchmark.run import registry
from benchmark.tables.markdown import escape, prose
from benchmark.tables.render import FORMATS, render
from benchmark.tables.settings import sheet
from support.kept import empty_store
from support.made_rows import make_row
from support.runs import path_run, written

OBEYED = {
    "colour": ("a\x1b[31mb\x1b[0m", "ab"),
    "colour of 8 bits": ("a\x9b31mb", "ab"),
    "screen": ("\x1b[2J\x1b[Hab", "ab"),
    "title": ("\x1b]0;owned\x07ab", "ab"),
    "title, ended otherwise": ("\x1b]0;owned\x1b\\ab", "ab"),
    "title without an end": ("ab\x1b]0;owned", "ab"),
    "link": ("\x1b]8;;http://x\x1b\\ab\x1b]8;;\x1b\\", "ab"),
    "device": ("\x1bP1$r0m\x1b\\ab", "ab"),
    "two letters": ("\x1bMa\x1bcb", "ab"),
    "escape at the end": ("ab\x1b", "ab"),
    "backspace": ("a\b\bb", "ab"),
    "bell": ("a\x07b", "ab"),
    "nothing": ("a\0b", "ab"),
    "return": ("a\rb", "a b"),
    "lines": ("a\nb\u2028c\u2029d\x85e\x0bf", "a b c d e f"),
    "right to left": ("a\u202eb\u2066c\u200fd", "abcd"),
    "no width": ("a\u200bb\ufeffc\u00add\u2060e", "abcde"),
    "tags": ("a\U000e0041b", "ab"),
    "half a letter": ("a\ud800b", "ab"),
    "joiners of scripts": ("می\u200cخواهم \U0001f468\u200d\U0001f469", None),
    "scripts": ("数据 größe ਪੰਜਾਬੀ 🙂", None),
}


@pytest.mark.parametrize("kind", OBEYED)
def test_what_a_screen_obeys_is_taken_out(kind):
    given, seen = OBEYED[kind]
    seen = given if seen is None else seen
    assert text.line(given) == seen and bool(text.hidden(given)) == (given != seen)
    assert not text.hidden(text.lines(given, 100), allowed="\n")
    assert not text.hidden(str(BenchError(given)), allowed="\n")


def test_texts_have_a_length_and_keep_their_beginning():
    assert text.line("x" * 301) == "x" * 299 + "…" and text.line("x" * 300) == "x" * 300
    assert text.lines("a\n\tb\n", 10) == "a\n    b\n" and text.lines("x" * 11, 10) == "x" * 9 + "…"
    assert len(str(BenchError("x" * 10**7))) == 4000


NOTES = """
def step(self):
    for number in range(30_000):
        self.note(f"\\x1b[2J<b>|{number:05}|</b>" + 50 * "many words")
    self.note("\\nlast")
    self.oracle(torch.rand(300, *self.spec.shape))
    return False
"""


def test_notes_are_few_short_and_plain(row_of):
    one = row_of(NOTES)
    assert len(one.notes) == base.NOTES + 1
    assert one.notes[0].startswith("<b>|00000|</b>many words")
    assert one.notes[-1] == "there were more notes, which are left out"
    assert max(map(len, one.notes)) <= text.LONGEST and len(json.dumps(written(one))) < 20_000


BEHIND = """
def step(self):
    self._notes = ["x" * 10**7, 3, None, "a\\x07b"] * 1000
    self._scalars = {}
    self.oracle(torch.rand(300, *self.spec.shape))
    return False
"""


def test_notes_that_are_put_there_behind_its_back_are_held_to_the_same(row_of):
    notes = row_of(BEHIND).notes
    assert len(notes) == base.NOTES + 1 and max(map(len, notes)) <= text.LONGEST
    assert notes[1] == "ab" and notes[-1].startswith("there were more")


def test_a_note_is_a_text(row_of):
    error = row_of("def step(self):\n    self.note(['x' * 10**6])", code=1).error
    assert error.endswith("TypeError: note() takes a text, not list") and len(error) < 500


LOGS = {
    "self.log(**{f'n{i}': i for i in range(51)})": "log() has 51 names by now, at most 50 are",
    "[self.log(**{f'n{i}': i}) for i in range(60)]": "log() has 51 names by now",
    "self.log(**{'a|b': 1})": "log('a|b'=...): a name is up to 60 letters, digits, spaces and _./-",
    "self.log(**{'x' * 10**6: 1})": "a name is up to 60 letters",
    "self.log(**{'\\x1b[2J': 1})": "log('\\x1b[2J'=...): a name is up to",
    "self.log(**{'': 1})": "log(''=...): a name is up to 60",
    "self._scalars = {f'n{i}': i for i in range(10**5)}": "log() has 100,000 names by now",
    "self._scalars = {'<b>': 1}": "log('<b>'=...): a name is",
    "self._scalars = {3: 1}": "log('3'=...): a name is",
}


@pytest.mark.parametrize("what", ["3", "None", "{}", "object()"])
def test_notes_that_are_no_list_are_none(what, row_of):
    assert row_of(BEHIND.replace("[", f"{what} if 1 else [", 1)).notes == ()


@pytest.mark.parametrize("statement", LOGS)
def test_names_of_logged_numbers_are_few_and_short(statement, row_of):
    error = row_of(f"def step(self):\n    {statement}\n    return False", code=1).error
    assert LOGS[statement] in error and error.splitlines()[-1].startswith("ValueError: log(")
    assert len(error) < 2000


def test_an_error_is_short_and_plain_on_the_screen_and_in_its_row(row_of):
    body = (
        "def step(self):\n    raise ValueError('\\x1b]0;title\\x07<b>|x|</b>\\u202e' + 10**7 * 'y')"
    )
    error = row_of(body, code=1).error
    assert len(error) < failure.MESSAGE + 1000 and "ValueError: <b>|x|</b>yyy" in error
    assert not text.hidden(error, allowed="\n") and not text.hidden(row_of.output, allowed="\n")
    (line,) = [one for one in row_of.output.splitlines() if one.startswith("failed")]
    assert len(line) < 400


RAISES = {
    "def dig(n):\n    return dig(n + 1)\ndig(0)": "RecursionError: maximum recursion depth",
    "class Odd(Exception):\n    def __str__(self):\n        raise ValueError\nraise Odd": (
        "Odd: (its text cannot be had)"
    ),
    "raise ValueError": "ValueError:",
    "raise type('x' * 10**6, (Exception,), {})": "xxx",
}


@pytest.mark.parametrize("code", RAISES)
def test_any_exception_has_a_text(code):
    with pytest.raises(Exception) as caught:
        exec(code, {})
    text_of = MethodFailure(caught.value).text
    assert RAISES[code] in text_of and len(text_of) < 20_000
    assert failure.reason(text_of) and len(text_of.splitlines()) < 30


@pytest.mark.parametrize("error", ["", "\n", "  only.py:1 in frames: x", "\x85"])
def test_a_reason_is_found_in_any_error(error):
    assert isinstance(failure.reason(error), str)


@pytest.mark.parametrize("name", ["x" * 81, "a\x1b[31m", "a\u202eb", "a\nb"])
def test_a_method_file_is_named_so_that_a_table_can_show_it(name, cli, method_file):
    path = method_file("fine", "def step(self):\n    return False")
    path = path.rename(path.with_name(f"{name}.py"))
    code, output, errors = cli(*path_run(path))
    assert code == 2 and "rename the file to at most 80 visible letters" in errors
    assert not text.hidden(errors, allowed="\n") and not output


def test_a_value_of_a_config_is_a_short_text_or_a_number_that_fits(method_file):
    path = method_file(
        "takes",
        """
        @dataclass(frozen=True)
        class Config:
            word: str = param("x", "a test")
            count: int = param(1, "a test")
    """,
    )
    entry = registry.find(str(path))
    for value in ("x" * 101, "a\x1b[31m", "a\nb"):
        with pytest.raises(BenchError, match=r"takes\.word must have at most 100 visible letters"):
            config.resolve(entry.method, "takes", {"word": value})
    for value in ("9" * 30, "9" * 5000, 2**63):
        with pytest.raises(BenchError, match=r"takes\.count must be (below 2\*\*63|of type int)"):
            config.resolve(entry.method, "takes", {"count": value})


def test_a_folder_of_images_is_called_by_what_can_be_seen_of_its_name(tmp_path):
    from PIL import Image

    from benchmark import datasets

    place = tmp_path / "a\x1b[31mred\u202e set"
    for split in ("train", "test"):
        for of in ("one", "two"):
            (place / split / of).mkdir(parents=True)
            Image.new("L", (8, 8)).save(place / split / of / "1.png")
    assert datasets.load(f"folder:{place}", tmp_path).name == "folder:ared set"


STRUCTURE = [
    "a|b",
    "`a`",
    "a`b",
    "<b>a</b>",
    "<script>x</script>",
    "<!-- a -->",
    "![a](http://b)",
    "[a](javascript:b)",
    "[a][b]",
    "**a**",
    "*a*",
    "_a_",
    "__a__",
    "a_b_c",
    "~~a~~",
    "$a$",
    "&lt;b&gt;",
    "&#60;",
    "R&D",
    "http://a.b",
    "www.a.b",
    "<http://a.b>",
    "a\\|b",
    "\\",
    "a\\",
    "# a",
    "- a",
    "+ a",
    "1. a",
    "> a",
    "=== a",
    "[^1]: a",
    "| a | b |",
    "a  ",
    "<!-- end of table -->",
]


def tokens(markdown: str) -> tuple[set[str], str]:
    """The kinds of elements that a reader of Markdown finds, and the text that it shows."""
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    kinds, shown = set(), []
    for token in reader.parse(markdown):
        for one in token.children or [token]:
            kinds.add(one.type)
            shown += [one.content] if one.type in ("text", "code_inline", "text_special") else []
    return kinds - {"text", "text_special", "paragraph_open", "paragraph_close", "inline"}, "".join(
        shown
    )


@pytest.mark.parametrize("name", STRUCTURE)
def test_no_name_is_markdown(name):
    assert tokens(escape(f"x{name}y")) == (set(), f"x{name}y".rstrip())
    kinds, shown = tokens(prose(name))
    assert not kinds - {"code_inline"} and shown.replace("`", "") == name.replace("`", "").strip()


@pytest.mark.parametrize("name", STRUCTURE)
def test_no_name_or_note_of_a_row_is_structure_of_a_table(name):
    one = make_row(
        method=name,
        dataset=f"folder:{name}",
        notes=[name],
        config={"a": name},
        overrides={"a": name},
        variant=name,
        flags=[name],
        device=name,
    )
    plain = make_row(
        method="m",
        dataset="folder:m",
        notes=["m"],
        overrides={"a": "m"},
        variant="m",
        flags=["m"],
        device="m",
    )
    found, expected = (tokens(render(sheet([r]), "md")) for r in (one, plain))
    assert found[0] - {"code_inline"} == expected[0]
    for form in FORMATS:
        assert len(render(sheet([one]), form).splitlines()) == len(
            render(sheet([plain]), form).splitlines()
        )


def test_a_row_with_such_names_goes_through_every_command(cli, tmp_path):
    store = empty_store(tmp_path)
    for number, name in enumerate(STRUCTURE):
        store.write(make_row(method=name, notes=[name], seed=number))
    for command in (("table",), ("curve", "--numbers"), ("report",), ("table", "--queries")):
        code, _, errors = cli(*command)
        assert code == 0, errors
    assert "<script>x" not in (tmp_path / "results/report/index.html").read_text()
