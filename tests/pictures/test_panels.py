"""Panels: one kind of curve in each, few methods that differ, variants in pictures of their own."""

from __future__ import annotations

from dataclasses import replace

from benchmark.pictures import figures, panels, parts, styles
from support.made_rows import make_row, seeds
from support.pictured import bought_first, points


def titles(rows: list[dict], **options) -> dict[str, list[str]]:
    return {one.title: list(one.methods) for one in panels.of_setting(rows, rows, **options)}


def many(count: int) -> list[dict]:
    return [make_row(method=f"m{number}") for number in range(count)]


def test_a_panel_holds_seven_methods_and_more_are_split_evenly():
    assert {len(of) for of in titles(many(7)).values()} == {7}
    for count in (8, 13, 15, 30):
        found = titles(many(count))
        sizes = [len(of) for of in found.values()]
        assert sum(sizes) == count and max(sizes) <= panels.MOST and max(sizes) - min(sizes) <= 1
        assert len({name for of in found.values() for name in of}) == count
    assert list(titles(many(8))) == [
        "inside runs of 1,000 queries, 1 of 2",
        "inside runs of 1,000 queries, 2 of 2",
    ]
    several = [replace(one, budget=b, id=f"{b}{one.id}") for one in many(8) for b in (500, 900)]
    assert [len(of) for of in titles(several).values()] == [4, 4]


def test_labels_of_one_panel_look_different():
    for count in (1, 7, 13):
        found = panels.of_setting(many(count), many(count))
        looks = styles.styles([one.methods for one in found])
        for one in found:
            assert len({looks[name].colour for name in one.methods}) == len(one.methods)
            assert len({looks[name].marker for name in one.methods}) == len(one.methods)


def test_each_budget_that_is_the_only_one_of_a_method_has_a_panel_inside_its_runs():
    rows = [
        *(make_row(method="a", budget=b) for b in (1000, 5000)),
        make_row(method="b"),
        make_row(method="c", budget=9000),
    ]
    assert titles(rows) == {
        "separate runs at each budget": ["a"],
        "inside runs of 1,000 queries": ["a", "b"],
        "inside runs of 9,000 queries": ["c"],
    }
    assert list(titles([make_row(method="a", budget=b) for b in (1000, 5000)])) == [
        "separate runs at each budget"
    ]


def test_runs_without_a_curve_stand_apart_where_not_all_fit():
    bare = [bought_first(method=f"b{number}") for number in range(3)]
    few = titles([*many(4), *bare])
    assert list(few) == ["inside runs of 1,000 queries"] and len(*few.values()) == 7
    assert titles([*many(5), *bare]) == {
        "inside runs of 1,000 queries": [
            f"m{number}" for number in sorted(range(5), key=of_number)
        ],
        "ends of other runs of 1,000 queries": sorted(["b0", "b1", "b2"], key=by_order),
    }
    assert list(titles(bare)) == ["ends of runs of 1,000 queries"]
    kinds = {one.kind for one in panels.of_setting(bare, bare)}
    assert kinds == {panels.ENDS}


def by_order(name: str) -> tuple:
    return styles.order(make_row(method=name), name)


def of_number(number: int) -> tuple:
    return by_order(f"m{number}")


def test_a_run_of_a_single_trained_mark_has_no_curve():
    single = make_row(curve=points((500, 20.0, 0), (1000, 50.0, 9)))
    assert [one.kind for one in panels.of_setting([single], [single])] == [panels.ENDS]


def test_many_variants_of_one_method_stand_beside_the_method_in_every_panel():
    variants = [make_row(method="ideal", overrides={"batch": batch}) for batch in range(1, 12)]
    found = titles([*variants, make_row(method="ideal")])
    assert [of[0] for of in found.values()] == ["ideal", "ideal"]
    assert [len(of) for of in found.values()] == [7, 6]
    first, _ = found.values()
    assert first[1:3] == ["ideal (batch=1)", "ideal (batch=2)"], "by number"
    assert {len(of) for of in titles(variants).values()} == {6, 5}


def test_methods_stand_beside_their_variants():
    names = [("zskt", "x"), ("dafl", "y"), ("dfme", "a"), ("dfme", "b"), ("cmi", "z")]
    rows = [make_row(method=method, variant=v) for method, one in names for v in ("", one)]
    found = titles(rows)
    assert len(found) == 2
    for of in found.values():
        for name in of:
            assert name.partition(":")[0] in of


def test_the_picture_of_variants_does_not_repeat_the_curves_of_the_method_as_it_comes():
    rows = [
        *(make_row(method="ideal", budget=b) for b in (1000, 5000)),
        *(make_row(method="ideal", variant=v) for v in "ab"),
    ]
    assert len(titles(rows)) == 2
    assert list(titles(rows, only_new=True)) == ["inside runs of 1,000 queries"]
    more = [*rows, make_row(method="ideal", variant="a", budget=9000)]
    assert "separate runs at each budget" in titles(more, only_new=True)


def test_a_setting_of_many_methods_has_its_variants_in_pictures_of_their_own(tmp_path):
    names = ["ideal", *(f"ideal:{n}" for n in "abcd"), "zskt", "zskt:x", "dafl", "dafl:y", "dast"]
    of = [(*name.partition(":")[::2], False) for name in names]
    of += [("noise", variant, True) for variant in ("", "blobs", "smooth")]
    rows = [make_row(method=method, variant=variant, floor=floor) for method, variant, floor in of]
    assert parts.split(rows) == {"": rows}
    more = [*rows, make_row(method="ideal", overrides={"batch": 5}), make_row(method="cmi")]
    assert {part: len(found) for part, found in parts.split(more).items()} == {
        "": 8,
        "ideal": 6,
        "variants": 4,  # five methods and three floors in the first
    }
    paths = figures.curves(more, tmp_path / "curve.png")
    assert [path.name for path in paths] == ["curve.png", "curve-ideal.png", "curve-variants.png"]
    assert parts.title("mnist", "ideal") == "mnist; variants of ideal"
    assert parts.title("mnist", "variants") == "mnist; variants"
    assert list(parts.split(more[:5] + 10 * [more[-2]])) == [""]  # fewer lines than rows


def test_each_panel_of_a_budget_has_each_method_at_its_largest_budget_up_to_it():
    rows = [
        *seeds(60, method="a", budget=200),
        *seeds(65, method="a", budget=500),
        *seeds(20, method="b", budget=200),
        *seeds(50, method="b", budget=9000),
    ]
    first, second = panels.by_budget(rows, [200, 9000])
    assert {name: of[0].budget for name, of in first.methods.items()} == {"a": 200, "b": 200}
    assert {name: of[0].budget for name, of in second.methods.items()} == {"a": 500, "b": 9000}
    assert panels.by_budget(rows, [300]) == []
