"""Styles: a method keeps its look, and every eye tells two labels of a panel apart."""

from __future__ import annotations

import itertools

from benchmark.pictures import styles
from benchmark.run import registry
from support.made_rows import make_row


def alone(label: str, rows: list[dict]) -> styles.Style:
    return styles.styles([{label: rows}])[label]


def test_a_method_keeps_its_look_wherever_no_plainer_one_has_it():
    every = {
        label: [make_row(method=label.partition(":")[0], variant=label.partition(":")[2])]
        for label in registry.labels()
    }
    first = [name for name in registry.names() if styles._rank(name) < len(styles.COLOURS)]
    assert len(first) == len(styles.COLOURS)
    together = styles.styles([every])
    looks = {name: alone(name, every[name]) for name in first}
    assert len(set(looks.values())) == len({look.marker for look in looks.values()}) == len(first)
    assert {name: together[name] for name in first} == looks
    outside = styles.styles(
        [{"mine": [make_row(method="mine")], "ideal": [make_row(method="ideal")]}]
    )
    assert outside["ideal"] == looks["ideal"] != outside["mine"]


def test_labels_that_want_one_look_share_it_in_no_panel_and_keep_theirs_in_every_panel():
    kinds = [{}, {"method_version": 2}, {"overrides": {"batch": 5}}, {"overrides": {"batch": 6}}]
    rows = {str(i): [make_row(method="ideal", **kind)] for i, kind in enumerate(kinds)}
    found = styles.styles([rows])
    assert len({look.colour for look in found.values()}) == len(kinds)
    assert len({look.marker for look in found.values()}) == len(kinds)
    assert found["1"] == alone("ideal", [make_row(method="ideal")]), "the newest version"
    parts = [{name: rows[name] for name in names} for names in ("01", "23", "03")]
    apart = styles.styles(parts)
    for groups in parts:
        assert len({apart[name] for name in groups}) == 2
    assert apart["1"] == found["1"]


def test_more_labels_than_colours_use_each_about_as_often_and_no_pair_twice():
    rows = {str(i): [make_row(method="ideal", overrides={"batch": i})] for i in range(20)}
    looks = list(styles.styles([rows]).values())
    for used in ([look.colour for look in looks], [look.marker for look in looks]):
        assert {used.count(one) for one in used} == {2, 3}
    assert len(set(looks)) == len(looks)


def test_labels_of_different_panels_that_want_one_look_do_not_have_the_same():
    plain, changed = make_row(method="ideal"), make_row(method="ideal", overrides={"batch": 5})
    found = styles.styles([{"ideal": [plain]}, {"ideal (batch=5)": [changed]}])
    assert found["ideal"].colour == found["ideal (batch=5)"].colour
    assert found["ideal"].marker != found["ideal (batch=5)"].marker


def test_a_hollow_mark_is_white_inside():
    look = alone("ideal", [make_row(method="ideal")])
    assert look.marked(hollow=True)["markerfacecolor"] == "white"
    assert look.marked()["markerfacecolor"] == look.colour == look.marked(hollow=True)["color"]


# Machado, Oliveira, Fernandes 2009: linear RGB as protanopes, deuteranopes and tritanopes see it.
BLIND = (
    ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
)


def cielab(colour: str, sight) -> tuple[float, float, float]:
    """CIE L*a*b* of a colour as somebody sees it (D65)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    red, green, blue = (
        min(max(sum(w * c for w, c in zip(line, linear, strict=True)), 0), 1) for line in sight
    )
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    fx, fy, fz = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def test_any_two_colours_differ_for_any_colour_vision_and_from_white_and_black():
    for sight in BLIND:
        seen = [cielab(colour, sight) for colour in styles.COLOURS]
        for a, b in itertools.combinations(seen, 2):
            assert sum((p - q) ** 2 for p, q in zip(a, b, strict=True)) ** 0.5 > 15
        assert all(35 < lightness < 80 for lightness, _, _ in seen)
