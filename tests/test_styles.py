"""Styles: a method keeps its colour, and every eye tells two of them apart."""

from __future__ import annotations

import itertools

from benchmark import registry
from benchmark.pictures import styles
from test_tables import row


def test_a_method_keeps_its_colour_and_a_variant_its_marker_in_every_picture():
    every = {label: [row(method=label.partition(":")[0], variant=label.partition(":")[2])]
             for label in registry.labels()}  # fmt: skip
    together = styles.styles(every)
    assert len(set(together.values())) == len(every), "two labels look the same"
    for label, rows in every.items():
        assert styles.styles({label: rows}) == {label: together[label]}
    for method in registry.names():
        own = {s.colour for label, s in together.items() if label.partition(":")[0] == method}
        assert len(own) == 1
    outside = styles.styles({"mine": [row(method="mine")], "ideal": [row(method="ideal")]})
    assert outside["mine"] == styles.styles({"mine": [row(method="mine")]})["mine"]
    assert outside["ideal"] == together["ideal"]


def test_older_versions_and_overridden_fields_have_markers_of_their_own():
    kinds = [{"method_version": 1}, {"method_version": 2}, {"overrides": {"batch": 5}}]
    found = styles.styles({str(i): [row(method="ideal", **kind)] for i, kind in enumerate(kinds)})
    newest = styles.styles({"ideal": [row(method="ideal")]})["ideal"]
    assert found["1"] == newest and len(set(found.values())) == 3
    assert {style.colour for style in found.values()} == {newest.colour}


# Machado, Oliveira, Fernandes 2009: linear RGB as protanopes, deuteranopes and tritanopes see it.
BLIND = (
    ((1, 0, 0), (0, 1, 0),
     (0, 0, 1)),
    ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216),
     (-0.003882, -0.048116, 1.051998)),
    ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413),
     (-0.011820, 0.042940, 0.968881)),
    ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602),
     (0.004733, 0.691367, 0.303900)),
)  # fmt: skip


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
