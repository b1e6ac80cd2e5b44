"""From a typed text to a value: parsing, Config, the registry."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import pytest

from benchmark import parse
from benchmark.errors import BenchError
from benchmark.method import Method, config, param


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("1", 1),
        ("5000", 5000),
        ("25k", 25_000),
        ("25K", 25_000),
        ("1.5M", 1_500_000),
        ("2m", 2_000_000),
        ("0.5k", 500),
        (" 7k ", 7000),
        ("1e4", 10_000),
        ("2.5e4", 25_000),
        ("1E+4", 10_000),
        ("5e0", 5),
        ("1_000", 1000),
        ("1_000.5k", 1_000_500),
        ("10k", 10_000),
        ("0.5M", 500_000),
        ("1e9", 10**9),
        ("0001", 1),
        ("٣", 3),
    ],
)
def test_budgets_are_read(text, count):
    assert parse.budget(text) == count


NO_BUDGETS = ["", "0", "0k", "-5", "-1", "+5", "1.5", "0.0001k", "5kk", "k", "nan", "inf", "-inf"]
NO_BUDGETS += ["1e-2", "1.5e0", "1e4k", "e4", "1e", "0x10", "1__0", "_1", "1_", "1 000", "1e99999"]
NO_BUDGETS += ["1" * 5000, "0." + "9" * 50, "25k\x00", "1,5", "½"]


@pytest.mark.parametrize("text", NO_BUDGETS, ids=lambda text: text[:9])
def test_what_is_no_whole_number_of_images_is_no_budget(text):
    with pytest.raises(BenchError, match=r"no query budget; write .* 5000, 25k or 1\.5M"):
        parse.budget(text)


@pytest.mark.parametrize("text", ["1e400", "1e10", "1001M", "1000000001", "9" * 30])
def test_more_queries_than_a_run_can_hold_are_refused(text):
    with pytest.raises(BenchError, match=rf"'{text}' is more than 1,000,000,000 queries"):
        parse.budget(text)


def test_an_error_repeats_the_beginning_only_of_what_is_very_long():
    for read in (parse.budget, parse.seeds, parse.duration, parse.scale, parse.per_cents):
        with pytest.raises(BenchError) as problem:
            read("9" * 70_000 + "x")
        assert len(str(problem.value)) < 200


def test_decimal_budgets_are_exact():
    for number in range(1, 10_000):
        text = f"{number // 1000}.{number % 1000:03}"
        assert parse.budget(f"{text}k") == number
        assert parse.budget(f"{text}M") == int(Decimal(text) * 1_000_000)


@pytest.mark.parametrize(
    ("count", "text"), [(512, "512"), (1000, "1k"), (25_000, "25k"), (1_500_000, "1.5M")]
)
def test_budgets_are_shown_short(count, text):
    assert parse.short(count) == text


def test_a_short_budget_reads_back_as_the_same_count():
    counts = [*range(1, 30_000), *range(30_000, 3_000_000, 970), 12_345_670, 2_000_010]
    assert [n for n in counts if parse.budget(parse.short(n)) != n] == []


def test_seeds_come_in_order_and_once():
    assert parse.seeds("0,1,2") == [0, 1, 2]
    assert parse.seeds("3-5") == [3, 4, 5]
    assert parse.seeds("7, 0-2,1,7") == [7, 0, 1, 2]


def test_too_many_seeds_are_refused():
    assert len(parse.seeds("0-999")) == 1000
    with pytest.raises(BenchError, match="'5-1005' is 1,001 seeds, more than 1,000"):
        parse.seeds("5-1005")


@pytest.mark.parametrize("text", ["a", "-1", "2-1", "1.5", "0..3", "0-", ",", "9" * 5000])
def test_bad_seeds_are_refused(text):
    with pytest.raises(BenchError, match=r"is no seed; write 0|empty list"):
        parse.seeds(text)


def test_durations_are_seconds():
    assert [parse.duration(text) for text in ("90s", "9m", "1.5h")] == [90, 540, 5400]
    for text in ("90", "9 m", "1d", "-1s", "", "1h30m"):
        with pytest.raises(BenchError, match=r"no duration; write 90s, 9m or 1\.5h"):
            parse.duration(text)


def test_lists_drop_what_is_empty_but_not_everything():
    assert parse.items(" a, b,,c ,") == ["a", "b", "c"]
    with pytest.raises(BenchError, match="' , ' is an empty list"):
        parse.items(" , ")


def test_overrides_keep_what_stands_behind_the_first_equals_sign():
    texts = ("ideal.batch=100", "noise:blobs.kind=a=b.c", "ideal.keep=last")
    expected = {"ideal": {"batch": "100", "keep": "last"}, "noise:blobs": {"kind": "a=b.c"}}
    assert parse.merged(map(parse.override, texts)) == expected
    for text in ("ideal", "ideal.batch", "batch=1", ".batch=1", "ideal.=1"):
        with pytest.raises(BenchError, match=r"write METHOD\.FIELD=VALUE"):
            parse.override(text)


class Example(Method):
    @dataclass(frozen=True)
    class Config:
        batch: int = param(250, "a paper", low=1, high=1000)
        rate: float = param(0.1, "its code", low=0)
        kind: Literal["one", "two"] = param("one", "this suite")
        on: bool = param(False, "this suite")


class Plain(Method):
    """No Config of its own."""


def resolve(*layers, **options):
    return config.resolve(Example, "example", *layers, **options)


def test_a_later_layer_wins_and_the_task_comes_first():
    assert resolve() == Example.Config(250, 0.1, "one", False)
    assert resolve(task={"batch": 1000}).batch == 1000
    assert resolve({"batch": 7}, task={"batch": 1000}).batch == 7
    assert resolve({"batch": 7}, {"batch": "8"}, task={"batch": 1000}).batch == 8


def test_task_defaults_reach_only_methods_that_have_the_field():
    assert config.as_dict(config.resolve(Plain, "plain", task={"batch": 1000})) == {}


def test_a_later_field_is_part_of_the_identity_only_where_it_is_not_at_its_default():
    class Grown(Method):
        @dataclass(frozen=True)
        class Config:
            batch: int = param(250, "here")
            shape: str = param("round", "here", later=True)

    plain = config.resolve(Grown, "grown")
    assert config.as_dict(plain) == {"batch": 250, "shape": "round"}
    assert config.identity(plain) == {"batch": 250}
    changed = config.resolve(Grown, "grown", {"shape": "square"})
    assert config.identity(changed) == {"batch": 250, "shape": "square"}
    with pytest.raises(BenchError, match="unknown field of plain 'batch'"):
        config.resolve(Plain, "plain", {"batch": 1000})


def test_text_becomes_the_type_of_its_field():
    found = resolve({"batch": "30", "rate": "1e-3", "kind": "two", "on": "Yes"})
    assert found == Example.Config(30, 0.001, "two", True)
    for text, value in {"true": True, "1": True, "on": True, "off": False, "no": False}.items():
        assert resolve({"on": text}).on is value


@pytest.mark.parametrize(
    ("field", "text", "message"),
    [
        ("bacth", "1", "unknown field of example 'bacth'. Did you mean batch?"),
        ("batch", "1.5", "example.batch must be of type int, not '1.5'"),
        ("batch", "", "example.batch must be of type int, not ''"),
        ("batch", "0", "example.batch must be at least 2 and at most 1000, not 0"),
        ("batch", "1001", "example.batch must be at least 2 and at most 1000, not 1001"),
        ("rate", "-0.1", "example.rate must be at least 0, not -0.1"),
        ("rate", "nan", "example.rate must be a finite number, not nan"),
        ("kind", "three", "example.kind must be one of one, two, not 'three'"),
        ("on", "maybe", "example.on must be true or false, not 'maybe'"),
    ],
)
def test_bad_values_name_the_field_and_what_it_takes(field, text, message):
    with pytest.raises(BenchError) as caught:
        resolve({field: text})
    assert str(caught.value) == message


def test_an_infinite_number_is_no_hyper_parameter():
    with pytest.raises(BenchError, match=r"example\.rate"):
        resolve({"rate": "inf"})


def test_every_field_is_described_with_its_source():
    found = config.sources(Example)
    assert (found["batch"], found["rate"]) == ("a paper", "its code")


def test_accuracies_in_per_cent_are_read_in_order_and_refused_outside_0_to_100():
    assert parse.per_cents("90, 50,62.5,50") == [50.0, 62.5, 90.0]
    for text in ("0", "100.1", "-5", "x", "50,nan"):
        with pytest.raises(BenchError, match="is no accuracy in %; write 50 or 50,80,90"):
            parse.per_cents(text)


EXISTING = {"a,b", "a", "x,y,z", "y", " s ", "c,"}
LISTS = {
    "a": ["a"],
    "a,b": ["a,b"],
    "b,a": ["b", "a"],
    "a,b,a": ["a,b", "a"],
    "n,a,b,m": ["n", "a,b", "m"],
    "x,y,z": ["x,y,z"],
    "x,y": ["x", "y"],
    "x,y,z,a,b": ["x,y,z", "a,b"],
    " a , b ": ["a", "b"],
    " s ": [" s "],
    "n, s ,m": ["n", " s ", "m"],
    "c,": ["c,"],
    "c,,d": ["c,", "d"],
    " a,b": ["a,b"],
}


@pytest.mark.parametrize("text", LISTS)
def test_what_is_there_under_a_name_with_commas_is_one_entry(text):
    assert parse.items(text, EXISTING.__contains__) == LISTS[text]


@pytest.mark.parametrize("text", ["", ",", " , ,", ",,"])
def test_a_list_of_nothing_is_refused(text):
    for is_one in (None, EXISTING.__contains__):
        with pytest.raises(BenchError, match="is an empty list"):
            parse.items(text, is_one)


def test_a_file_is_known_with_the_variant_of_a_method_behind_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a,b.py").touch()
    (tmp_path / "d,e").mkdir()
    assert parse.items("noise,./a,b.py:x,./a,b.py", parse.is_file) == [
        "noise",
        "./a,b.py:x",
        "./a,b.py",
    ]
    assert not parse.is_file("d,e") and not parse.is_file("x" * 5000) and not parse.is_file("a\0b")
