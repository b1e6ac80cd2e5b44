"""The trials that settled the values of ``drawn``: the table says what the page says of it."""

from __future__ import annotations

import csv
from statistics import mean

import pytest

from benchmark.method import config
from benchmark.run import registry
from support.suite import ROOT

FIRST = "ten superclasses of CIFAR-100 (JPEG), training split"
PHOTOS = f"{FIRST}, grey at 28 px"
THIRD = f"{FIRST}, third teacher"
GREY = {"tuning:digits", "tuning:folder:usps_png"}


def trials() -> list[dict[str, str]]:
    with open(ROOT / "results" / "tuning" / "drawn.csv", newline="") as file:
        return list(csv.DictReader(file))


def grey(**wanted: str) -> float:
    """The mean accuracy of both grey sets in % under the same changes."""
    found = [
        one
        for one in trials()
        if one["set"] in GREY and all(one[name] == value for name, value in wanted.items())
    ]
    assert {one["set"] for one in found} == GREY and len(found) == 2
    return mean(float(one["accuracy"]) for one in found)


def test_no_trial_has_a_seed_or_a_set_of_a_table():
    assert all(int(one["seed"]) >= 100 for one in trials())
    assert {one["set"] for one in trials()} - GREY == {
        FIRST,
        f"{FIRST}, second teacher",
        THIRD,
        PHOTOS,
        "100 classes of CIFAR-100 (JPEG), training split",
    }


def source_of(field: str) -> str:
    return config.sources(registry.find("drawn").method)[field]


def test_the_means_beside_the_learning_rate_are_those_of_the_table():
    for rate in ("0.001", "0.002", "0.004"):
        found = grey(varied="nothing else", updates="1000", student_lr=rate)
        assert f"{rate} {found:.1f}" in source_of("student_lr")


def test_the_means_beside_the_share_of_moved_images_are_those_of_the_table():
    common = {"updates": "1000", "student_lr": "0.002"}
    kinds = {"none": "share moved 0", "half": "nothing else", "all": "share moved 1"}
    for word, varied in kinds.items():
        assert f"{word} {grey(varied=varied, **common):.1f}" in source_of("moved")


@pytest.mark.parametrize(("fewer", "more"), [("500", "1000"), ("1000", "2000")])
def test_more_updates_were_better_on_grey_sets(fewer, more):
    common = {"varied": "nothing else", "student_lr": "0.002"}
    assert grey(updates=fewer, **common) < grey(updates=more, **common)


def test_in_colour_more_updates_and_textures_of_all_octaves_were_better():
    colour = {
        (one["varied"], one["updates"]): float(one["accuracy"])
        for one in trials()
        if one["set"] == FIRST and one["student_lr"] == "0.002"
    }
    default = colour["nothing else", "1000"]
    assert colour["older textures", "1000"] < default < colour["nothing else", "3000"]


def test_what_evolving_gained_is_as_in_the_table():
    far = "from a fifth of the queries on half are paid images of rare classes moved far"
    found = {
        (one["set"], one["varied"]): f"{float(one['accuracy']):.1f}"
        for one in trials()
        if (one["student_lr"], one["updates"], one["seed"]) == ("0.004", "1000", "100")
    }
    ten, hundred = f"{FIRST}, second teacher", "100 classes of CIFAR-100 (JPEG), training split"
    (few, few_before), (many, many_before) = (
        (found[name, far], found[name, "nothing else"]) for name in (ten, hundred)
    )
    said = f"{few} against {few_before} in colour, 100 classes {many}: {many_before}"
    assert said in source_of("evolved")


def test_the_share_of_scenes_has_the_highest_mean_over_the_three_grey_sets():
    between = "of the grey drawings are masks between textures"
    tried = {
        "none": ("nothing else, when scenes were tried", "nothing else"),
        "a quarter": (f"a quarter {between}",) * 2,
        "half": (f"half {between}",) * 2,
    }
    sets = ("tuning:digits", "tuning:folder:usps_png", PHOTOS)
    means, said = {}, []
    for word, (on_scans, on_photos) in tried.items():
        found = [
            [
                float(one["accuracy"])
                for one in trials()
                if (one["set"], one["varied"]) == (name, on_photos if name == PHOTOS else on_scans)
            ]
            for name in sets
        ]
        assert [len(of) for of in found] == [2, 2, 1]
        means[word] = mean(mean(of) for of in found)
        said.append(f"{word} " + ", ".join(f"{mean(of):.1f}" for of in found))
    assert ", ".join(said) in source_of("scenes")
    assert max(means, key=means.get) == "a quarter"
    assert registry.find("drawn").method.variants["scenes"] == {"scenes": 0.25}


TAUGHT = "half of a last student's batch are new drawings with the mean softmax of {} earlier"


def when_taught(where: str, varied: str) -> list[float]:
    """The accuracies of the trials of earlier students on a set, by seed."""
    found = [
        (one["seed"], float(one["accuracy"]))
        for one in trials()
        if (one["set"], one["varied"]) == (where, varied)
    ]
    return [accuracy for _, accuracy in sorted(found)]


def test_what_two_earlier_students_gain_is_as_in_the_table():
    forms = ("nothing else, when earlier students were tried", TAUGHT.format(2))
    sets = ("tuning:digits", "tuning:folder:usps_png", THIRD)
    without, taught = ([when_taught(name, varied) for name in sets] for varied in forms)
    assert [len(of) for of in without] == [len(of) for of in taught] == [2, 2, 1]
    pairs = [
        pair
        for before, after in zip(without, taught, strict=True)
        for pair in zip(before, after, strict=True)
    ]
    assert all(two > alone for alone, two in pairs)
    said = (", ".join(f"{mean(of):.1f}" for of in found) for found in (without, taught))
    assert "none {}, two {}".format(*said) in source_of("students")
    assert registry.find("drawn").method.variants["distilled"] == {"students": 2}


def test_neither_fewer_nor_more_students_nor_more_drawings_were_better_than_two_and_half():
    two, more = TAUGHT.format(2), TAUGHT.format(2).replace("half", "three quarters")
    sets = ("tuning:digits", "tuning:folder:usps_png")
    best, other = ([when_taught(name, varied)[0] for name in sets] for varied in (two, more))
    said = (", ".join(f"{one:.1f}" for one in found) for found in (best, other))
    assert "half {}, three quarters {}".format(*said) in source_of("unpaid")
    assert mean(best) > mean(other)
    assert all(
        best[place] > one
        for number in (1, 4)
        for place, name in enumerate(sets)
        for one in when_taught(name, TAUGHT.format(number))
    )


def test_what_classes_alike_gained_in_colour_and_on_digits_is_as_the_page_says():
    alone = "nothing else, when earlier students were tried"
    even = ("classes shown alike", "logits corrected by 1 times the log of the shares of classes")
    (before,) = when_taught(THIRD, alone)
    gains = [when_taught(THIRD, varied)[0] - before for varied in even]
    assert all(1.6 < gain < 1.8 for gain in gains)
    before = when_taught("tuning:digits", alone)[0]
    shown, corrected = (when_taught("tuning:digits", varied)[0] - before for varied in even)
    page = " ".join(registry.page(registry.find("drawn")).split())
    assert "on digits 0.4 below and 0.7 above" in page
    assert (shown, corrected) == pytest.approx((-0.35, 0.7))
