"""An endpoint's file: read key by key, and no error repeats a secret."""

from __future__ import annotations

import re

import pytest

from benchmark.endpoint import cost, read
from benchmark.endpoint.form import BODIES, SIGNERS
from benchmark.errors import BenchError
from support.suite import ROOT

pytest.importorskip("tomllib")

PAGE = (ROOT / "docs" / "endpoints.md").read_text()
EXAMPLES = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
SOUND = """
url = "https://a.example.org/score"
body = "mlflow"
shape = [3, 32, 32]
classes = 10
batch = 100
"""
SECRET = "sk-not-to-be-seen-4711"


@pytest.fixture
def reading(tmp_path):
    """Reads a file of this text."""

    def made(text):
        path = tmp_path / "endpoint.toml"
        path.write_text(text)
        return read(path)

    return made


def test_every_example_of_the_page_is_read_and_they_show_all_bodies_and_signers(reading):
    found = [reading(text) for text in EXAMPLES]
    assert {one.body for one in found} == set(BODIES)
    assert {one.signer.kind for one in found} == set(SIGNERS)
    assert found[-1].class_names == {"cat": 0, "dog": 1}


def test_the_page_names_every_key():
    from dataclasses import fields

    from benchmark.endpoint import Endpoint, Signer

    names = {one.name for cls in (Endpoint, Signer) for one in fields(cls)}
    assert not {name for name in names if not re.search(rf"\b{name}\b", PAGE)}


WRONG = {
    "an unknown key": ("bacth = 3", "unknown key 'bacth'. Did you mean batch"),
    "a text for a number": ('classes = "ten"', "'classes' is not a whole number"),
    "true for a number": ("classes = true", "'classes' is not a whole number"),
    "too few classes": ("classes = 1", "'classes' is not from 2 to 1,000,000"),
    "an unknown body": ('body = "v3"', "unknown value of 'body': 'v3'. Did you mean v2"),
    "a shape of two": ("shape = [28, 28]", "channels, height, width"),
    "a negative size": ("shape = [1, -28, 28]", "'shape' is not from 1"),
    "no address": ('url = "models"', "no address"),
    "a strange port": ('url = "https://a:99999999/"', "no address"),
    "plain http": ('url = "http://a.example.org/"', "begins with https://"),
    "a file": ('url = "file:///etc/passwd"', "no address"),
    "not a number": ("rate = nan", "'rate' is not a number"),
    "an input of mlflow": ('input = "data"', "'inputs' or 'input_data'"),
    "no input of v2": ('body = "v2"', "needs 'input'"),
    "several pictures a call": ('body = "image"', "'batch' is 1"),
    "a picture of 2 channels": ('shape = [2, 8, 8]\nform = "png"', "1 or 3 channels"),
    "binary pictures": ('body = "v2-binary"\nform = "png"', "leave 'form' out"),
    "no place for images": ('body = "json"', "needs 'images_at'"),
    "no template": ('body = "json"\nimages_at = "a"', "'template' is no JSON"),
    "no such place": (
        'body = "json"\nimages_at = "a.b"\ntemplate = \'{"a": {}}\'',
        "no place 'a.b'",
    ),
    "a class too far": ("class_names = {cat = 10}", "not from 0 to 9"),
    "a class without a name": ('class_names = ["a", "b"]', "does not name each"),
    "no signer": ('signer = "bearer"', "'signer' is not a table"),
    "a signer without its key": ('[signer]\nkind = "bearer"', "needs the key 'env'"),
    "a signer with another's key": ('[signer]\nregion = "x"', "has no key 'region'"),
    "two tokens": ('[signer]\nkind = "oauth"\nenv = "A"\ncommand = ["b"]', "one of the keys"),
    "a header of two lines": ('[headers]\nx = "a\\nb"', "is no header"),
    "a timeout of no time": ("read_timeout = 0", "'read_timeout' is not from"),
    "a status that is sound": ("not_processed = [200]", "'not_processed' is not from 400"),
    "no TOML": ("= 3", "no TOML"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_file_is_named_with_its_key(fault, reading):
    added, words = WRONG[fault]
    kept = "".join(
        line + "\n"
        for line in SOUND.splitlines()
        if not any(line.startswith(new.split(" =")[0] + " =") for new in added.splitlines())
    )
    with pytest.raises(BenchError) as problem:
        reading(kept + added)
    assert words in str(problem.value) and "endpoint.toml: " in str(problem.value)


@pytest.mark.parametrize(
    "added",
    [
        f'[signer]\nkind = "bearer"\nenv = "{SECRET}"',
        f'[signer]\nkind = "bearer"\ntoken = "{SECRET}"',
        f'api_key = "{SECRET}"',
        f'[headers]\nAuthorization = "Bearer {SECRET}"',
        f'[headers]\nx-api-key = "{SECRET}"',
        f'url = "https://user:{SECRET}@a.example.org/"',
        f'url = "https://a.example.org/?code={SECRET}"',
        f'body = "json"\nimages_at = "a"\ntemplate = \'{{"a": 0, "key": "{SECRET}"}}\'',
        f'api = "{SECRET}" "',
    ],
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(added, reading):
    first = added.split(" =")[0]
    kept = "".join(f"{x}\n" for x in SOUND.splitlines() if not x.startswith(first + " ="))
    if first != "api":  # a torn line alone is told by its place
        with pytest.raises(BenchError, match="environment variable") as problem:
            reading(kept + added)
    else:
        with pytest.raises(BenchError, match="no TOML") as problem:
            reading(kept + added)
    assert SECRET not in str(problem.value)


def test_a_missing_file_and_a_missing_key_say_so(reading, tmp_path):
    with pytest.raises(BenchError, match=r"none\.toml is not here"):
        read(tmp_path / "none.toml")
    with pytest.raises(BenchError, match="the key 'url' is missing"):
        reading('body = "v2"')


def test_this_machine_may_be_asked_without_tls(reading):
    text = SOUND.replace("https://a.example.org", "http://127.0.0.1:8000")
    assert reading(text).url == "http://127.0.0.1:8000/score"


def test_a_price_and_a_rate_give_dollars_and_hours(reading):
    priced = reading(SOUND + "price_per_1000 = 1.0\nrate = 20")
    assert cost(priced, 25_000).dollars == 25
    assert cost(priced, 25_000).hours == pytest.approx(25_000 / 20 / 0.95 / 3600)
    assert cost(reading(SOUND), 25_000) == type(cost(priced, 1))(None, None)


def test_calls_may_be_what_is_paid_and_limited(reading):
    text = 'price_per_1000 = 2.0\nprice_of = "calls"\nrate = 1\nrate_of = "calls"'
    found = cost(reading(SOUND + text), 1_001)  # 11 calls of at most 100
    assert found.dollars == pytest.approx(0.022)
    assert found.hours == pytest.approx(11 / 0.95 / 3600)
