"""Methods read from their text: as if imported; a slip of the pen is refused before torch."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import textwrap
import typing

import pytest

from benchmark.errors import BenchError
from benchmark.run import outlines, registry
from benchmark.run.sources import Field
from support.suite import bench_environment


@pytest.mark.parametrize("name", outlines.names())
def test_the_text_of_a_method_says_what_the_imported_class_says(name):
    outline, entry = outlines.find(name), registry.find(name)
    method = entry.method
    assert outline.variants == method.variants
    kinds = typing.get_type_hints(method.Config)
    expected = {
        field.name: Field(
            kinds[field.name],
            {
                side: field.metadata[side]
                for side in ("low", "high")
                if field.metadata.get(side) is not None
            },
        )
        for field in dataclasses.fields(method.Config)
    }
    assert outline.fields == expected
    assert outline.summary == registry.summary(entry) != ""


def outline_of(tmp_path, text: str) -> outlines.Outline | None:
    file = tmp_path / "mine.py"
    file.write_text(textwrap.dedent(text))
    return outlines.outline(file)


HEAD = "from typing import Literal\nfrom dataclasses import dataclass\n"
HEAD += "from benchmark.method import Method, param\n"


def test_constants_names_and_bases_are_followed(tmp_path):
    found = outline_of(
        tmp_path,
        HEAD
        + """
MORE = {"passes": 3}
Kind = Literal["a", "b"]
from methods._blocks.collect import Collect as Base

class Mine(Base):
    variants: dict = {"x": {"kind": "b", **MORE}, "y": {}}

    @dataclass(frozen=True)
    class Config(Base.Config):
        kind: Kind = param("a", "me")
        low: float = param(1.0, "me", low=-1e-3, high=2)
        other: "int | None" = None
""",
    )
    assert found.variants == {"x": {"kind": "b", "passes": 3}, "y": {}} and found.docstring == ""
    assert list(found.fields) == ["batch", "passes", "student_lr", "kind", "low", "other"]
    assert found.fields["kind"] == Field(typing.Literal["a", "b"], {})
    assert found.fields["low"] == Field(float, {"low": -1e-3, "high": 2})
    assert found.fields["other"] == Field(None, {})  # nothing is refused that cannot be read
    assert found.fields["batch"].limits == {"low": 1}


ONE = HEAD + "class Mine(Method):\n"
NOT_IN_TEXT = {
    "computed variants": ONE + "    variants = dict(x={})",
    "variants of a loop": ONE + "    variants = {n: {} for n in 'ab'}",
    "variants in a condition": ONE + "    if True:\n        variants = {'x': {}}",
    "variants added later": ONE + "    variants = {}\nMine.variants['x'] = {}",
    "a Config that is made": ONE + "    Config = make_dataclass('Config', ['x'])",
    "a decorated class": HEAD + "@register\nclass Mine(Method):\n    variants = {}",
    "a base of another package": "from mine import Base\nclass Mine(Base):\n    pass",
    "a Config of another package": ONE + "    class Config(Other):\n        x: int = 1",
    "two methods": ONE + "    pass\nclass Second(Method):\n    pass",
    "no method": HEAD,
    "another Method": "class Method: pass\nclass Mine(Method):\n    pass",
    "an alias of Method": "from benchmark.method import Method as M\nclass Mine(M):\n    pass",
    "no Python": "def (",
    "null bytes": "x = 1\0",
    "a base of itself": "class Mine(Mine):\n    pass",
    "a block that is not there": "from methods._blocks.gone import X\nclass Mine(X):\n    pass",
    "a name of itself": ONE + "    variants = V\nV = V",
    "keys that are no keys": ONE + "    variants = {[]: 1}",
}


@pytest.mark.parametrize("text", NOT_IN_TEXT.values(), ids=NOT_IN_TEXT)
def test_what_the_text_does_not_tell_is_left_to_the_import(text, tmp_path):
    assert outline_of(tmp_path, text) is None


def test_a_method_without_a_config_takes_no_field(tmp_path):
    assert outline_of(tmp_path, ONE + "    pass").fields == {}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("noise", ("noise", "")),
        ("noise:blobs", ("noise", "blobs")),
        ("my/idea.py", ("my/idea.py", "")),
        ("my/idea.py:fast", ("my/idea.py", "fast")),
        ("C:\\idea.py", ("C:\\idea.py", "")),
        ("C:\\idea.py:fast", ("C:\\idea.py", "fast")),
        ("odd:folder/idea.py", ("odd:folder/idea.py", "")),
        ("a:b:c", ("a", "b:c")),
        ("", ("", "")),
        ("idea.pyc", ("idea.pyc", "")),
    ],
)
def test_a_method_and_its_variant_are_told_apart_also_in_a_path_with_a_colon(text, parts):
    assert outlines.split(text) == parts


def test_a_colon_without_a_variant_is_refused():
    with pytest.raises(BenchError, match="'noise:' names no variant; write noise or noise:VARIANT"):
        outlines.split("noise:")


DIGITS = ("--dataset", "digits")
RUN = ("run", *DIGITS, "--methods", "noise")
SLIPS = [
    ("run", *DIGITS, "--methods", "nosie"),
    ("run", *DIGITS, "--methods", "all,nosie"),
    ("run", *DIGITS, "--methods", "noise:blob"),
    ("run", *DIGITS, "--methods", "noise:"),
    ("run", *DIGITS, "--methods", "gone.py"),
    ("run", "--methods", "noise", "--dataset", "digts"),
    (*RUN, "--size", "8"),
    ("run", "--methods", "noise", "--dataset", "folder:gone"),
    ("run", "--methods", "noise", "--dataset", "digits,folder:gone"),
    ("teacher", "train", "--dataset", "folder:~/gone"),
    ("profile", "noise", "--dataset", "folder:gone"),
    (*RUN, "--student", "lenett"),
    (*RUN, "--teacher", "lenett"),
    (*RUN, "--teacher", "gone.safetensors"),
    (*RUN, "--set", "noise.pases=1"),
    (*RUN, "--set", "nose.passes=1"),
    (*RUN, "--set", "noise.passes"),
    (*RUN, "--set", "noise.passes=few"),
    (*RUN, "--set", "noise.passes=0"),
    (*RUN, "--set", "noise.student_lr=nan"),
    (*RUN, "--set", "noise.kind=blob"),
    (*RUN, "--budget", "many"),
    (*RUN, "--budget", "1e400"),
    (*RUN, "--seeds", "4-2"),
    (*RUN, "--stop-after", "9"),
    (*RUN, "--save-every", "often"),
    (*RUN, "--precision", "int8"),
    (*RUN, "--device", "gpu"),
    (*RUN, "--amp", "half"),
    (*RUN, "--bugdet", "1k"),
    ("run", *DIGITS, "--methods", "~nobody-of-this-name/mine.py"),
    ("teacher", "train", *DIGITS, "--learning-rate", "nan"),
    ("teacher", "train", *DIGITS, "--learning-rate", "inf"),
    ("check", "--against", ".", "--tolerance", "nan"),
    ("audit", "x", "--tolerance", "inf"),
    ("profile", "noise", *DIGITS, "--seed", "-1"),
    ("run", "--preset", "tabel2"),
    ("run", "--preset", "table2", "--dataset", "digts"),
    ("run", "--preset", "table2", "--methods", "nosie"),
    ("run", "--preset", "table2", "--scale", "2"),
    ("run", "--preset", "table2", "--seeds", "x"),
    ("list", "methods", "nosie"),
    ("list", "methods", "noise:blob"),
    ("list", "method"),
    ("teacher", "train", "--dataset", "digts"),
    ("teacher", "train", *DIGITS, "--architecture", "lenett"),
    ("teacher", "train", *DIGITS, "--epochs", "0"),
    ("table", "--preset", "tabel2"),
    ("table", "--budget", "x"),
    ("table", "--preset", "table2", "--scale", "x"),
    ("table", "--format", "pdf"),
    ("curve", "--preset", "fig33"),
    ("curve", "--reach", "200"),
    ("check", "--against", ".", "--seeds", "x"),
    ("check", "--against", ".", "--budget", "x"),
    ("check", "--longest", "soon", "--against", "."),
    ("audit", "x", "--points", "0"),
    ("profile", "nosie", *DIGITS),
    ("profile", "noise", "--dataset", "digts"),
    ("profile", "noise", *DIGITS, "--set", "noise.pases=1"),
    ("profile", "noise", *DIGITS, "--student", "lenett"),
    ("profile", "noise", *DIGITS, "--budget", "x"),
    ("samples", "--preset", "fig6"),
    ("rnu",),
]
CHILD = """
import sys
from benchmark.cli.main import main
for number, words in enumerate({slips!r}):
    sys.argv = ["bench", *words]
    code = 0
    try:
        main()
    except SystemExit as end:
        code = end.code
    heavy = {{"torch", "pandas", "matplotlib", "scipy", "sklearn"}} & set(sys.modules)
    print(number, code, *sorted(heavy), flush=True)
    print(file=sys.stderr, flush=True)
"""


def test_a_slip_of_the_pen_is_answered_before_torch_is_imported(tmp_path):
    code = CHILD.format(slips=[list(words) for words in SLIPS])
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=bench_environment(tmp_path),
    )
    answers = [line.split() for line in done.stdout.splitlines()]
    expected = [[str(number), "2"] for number in range(len(SLIPS))]
    wrong = [SLIPS[n] for n, (a, e) in enumerate(zip(answers, expected, strict=True)) if a != e]
    assert wrong == [], done.stderr
    assert "Traceback" not in done.stderr and list(tmp_path.iterdir()) == []
