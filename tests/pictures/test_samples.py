"""Pictures of what runs asked: every pixel as it was, named, the same bytes, and told when not."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from PIL import Image

from benchmark.pictures import captions, mosaic, samples, saving
from support.kept import drawing, empty_store, keep, sample_of
from support.made_rows import make_row

COLOUR = (3, 32, 32)


@pytest.fixture
def store(tmp_path):
    return empty_store(tmp_path)


@pytest.fixture
def drawn(monkeypatch, store):
    """``draw(rows) -> figure`` of their samples."""
    return drawing(samples, store, monkeypatch)


def texts(figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


def tile(page: np.ndarray, label: int, column: int, side: int) -> np.ndarray:
    """The image at a position in a mosaic, without its frame."""
    top, left = ((side + 4) * index + 1 for index in (label, column))
    return page[top : top + side, left : left + side]


def test_a_mosaic_shows_the_newest_images_of_each_label_as_they_were():
    kept = sample_of([3, 0, 1])
    page = mosaic.mosaic(kept, 3, columns=2)
    assert page.shape == (3 * 12 - 2, 2 * 12 - 2, 4)
    for (label, column), image in {(0, 0): 1, (0, 1): 2, (2, 0): 3}.items():
        found = tile(page, label, column, 8)
        assert (found[..., 0] == kept["images"][image, 0].numpy()).all()
        assert (found[..., :1] == found[..., :3]).all() and (found[..., 3] == 255).all()
    for label, column in ((1, 0), (1, 1), (2, 1)):
        assert (tile(page, label, column, 8) == [255, 255, 255, 0]).all()
    assert mosaic.counts(kept, 3) == [3, 0, 1]
    assert [mosaic.middle(label, page, 3) for label in range(3)] == [5, 17, 29]


def test_colour_stays_colour_and_other_channels_become_grey():
    kept = sample_of([1, 1], COLOUR)
    page = mosaic.mosaic(kept, 2, columns=1, zoom=2)
    assert (page[1:65:2, 1:65:2, :3] == kept["images"][0].permute(1, 2, 0).numpy()).all()
    assert (page[1:65:2, 1:65:2] == page[2:65:2, 2:65:2]).all()
    two = torch.tensor([[[[10]], [[20]]]], dtype=torch.uint8)
    assert mosaic.as_colour(two).tolist() == [[[[15, 15, 15]]]]


def test_large_images_are_averaged_and_many_labels_left_out():
    kept = sample_of([1] * 20, (1, 130, 70))
    kept["images"][:] = torch.arange(20, dtype=torch.uint8).view(-1, 1, 1, 1)
    page = mosaic.mosaic(kept, 20, columns=1)
    assert page.shape[:2] == (12 * (44 + 4) - 2, 24 + 2)
    assert page[-2, 5, 0] == 11


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 28, 28), COLOUR], ids=str)
def test_the_picture_has_every_pixel_of_the_mosaics(store, tmp_path, shape):
    rows = [keep(store, sample_of([9, 2, 0, 3], shape), classes=4) for _ in range(2)]
    path = samples.draw(store, captions.named(rows), tmp_path / "a" / "samples.png")
    picture = np.asarray(Image.open(path).convert("RGB"))
    zoom = mosaic.zoom_of(shape)
    page = mosaic.mosaic(store.sample(rows[0]), 4, zoom=zoom)[..., :3]
    height, width, _ = page.shape
    line = page[: height // 2]  # the half without the dash of the empty label
    for left in (samples.LEFT, samples.LEFT + width + samples.BETWEEN):
        windows = range(picture.shape[0] - len(line))
        assert any(
            (picture[top : top + len(line), left : left + width] == line).all() for top in windows
        )


def test_runs_are_named_with_their_accuracy_budget_and_seed(drawn, store):
    one = keep(store, sample_of([2] * 10), accuracy=96.321, budget=25_000, seed=3)
    other = keep(store, sample_of([2] * 10), method="dfme", accuracy=8.0)
    assert texts(drawn(one, other, one)) == [
        "Newest queries by the oracle's label: digits, lenet to lenet",
        "noise",
        "test accuracy 96.32 %\n25,000 queries, seed 3",
        "dfme",
        "test accuracy 8.00 %\n1,000 queries, seed 0",
    ]


def test_runs_of_other_settings_say_theirs(drawn, store):
    one = keep(store, sample_of([2] * 10))
    other = keep(store, sample_of([1] * 12, COLOUR), dataset="cifar100", classes=100)
    found = texts(drawn(one, other))
    assert found[0] == "Newest queries by the oracle's label"
    assert "digits: lenet to lenet" in found[2] and "more labels" not in found[2]
    assert "cifar100: lenet to lenet" in found[4] and "88 more labels are not shown" in found[4]


def test_a_label_without_images_has_its_line_and_a_dash(drawn, store):
    (axes,) = drawn(keep(store, sample_of([2, 0, 1, 0]), classes=4)).axes
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["0", "1", "2", "3"]
    dashes = [(text.get_text(), text.get_position()[1]) for text in axes.texts]
    heights = axes.get_yticks()
    assert dashes == [("–", heights[1]), ("–", heights[3])]
    page = axes.images[0].get_array()
    assert (page[round(heights[1])] == 255).all() and (page[round(heights[0])] != 255).any()


def test_a_sample_without_any_image_is_drawn_too(drawn, store):
    (axes,) = drawn(keep(store, sample_of([0, 0]), classes=2)).axes
    assert [text.get_text() for text in axes.texts] == ["–", "–"]


def test_no_text_is_cut_and_none_lies_on_another(drawn, store):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    changes = [
        {"method": "$x^$ " + 9 * "very long "},
        {"dataset": "folder:" + 20 * "long"},
        {"budget": 10_000_000},
        {"accuracy": 100.0, "classes": 100},
        {"seed": 1},
    ]
    figure = drawn(*(keep(store, sample_of([1] * 10), **one) for one in changes))
    FigureCanvasAgg(figure)
    boxes = [text.get_window_extent() for text in figure.texts]
    boxes += [axes.get_tightbbox() for axes in figure.axes]
    whole = figure.bbox
    for box in boxes:
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= whole.x1 and box.y1 <= whole.y1
    assert not [1 for a, b in itertools.combinations(boxes, 2) if a.overlaps(b)]


@pytest.mark.parametrize("suffix", saving.SUFFIXES)
def test_the_same_rows_give_the_same_bytes(store, tmp_path, suffix):
    import matplotlib

    runs = captions.named([keep(store, sample_of([3, 0, 2] + [1] * 7))])
    first = samples.draw(store, runs, tmp_path / f"one{suffix}").read_bytes()
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red", "image.cmap": "jet"}):
        assert samples.draw(store, runs, tmp_path / f"two{suffix.upper()}").read_bytes() == first
    other = captions.named([keep(store, sample_of([3, 0, 3] + [1] * 7))])
    assert samples.draw(store, other, tmp_path / f"one{suffix}").read_bytes() != first


def test_the_command_takes_beginnings_and_files(cli, store):
    one = keep(store, sample_of([1] * 10), id="abc1")
    keep(store, sample_of([1] * 10), id="abd2")
    code, output, errors = cli("samples", "abd", f"results/runs/{one.file_stem}.json")
    assert (code, output, errors) == (0, "wrote results/figures/samples.png\n", "")
    code, output, _ = cli("samples", "abc1", "-o", "there/x.svg")
    assert (code, output) == (0, "wrote there/x.svg\n")


def test_wrong_input_is_told(cli, store, tmp_path):
    assert "/results/runs; `bench run` makes them" in cli("samples", "a")[2]
    keep(store, sample_of([1] * 10), id="abc1")
    keep(store, sample_of([1] * 10), id="abd2")
    cases = {
        ("abc1", "--preset", "fig4"): "one of the two",
        (): "say which runs",
        ("nobody",): "no run 'nobody' in ",
        ("ab",): "results/runs begin with 'ab'",
        ("abc1", "-o", "x.gif"): "x.gif: the picture must end in .png, .pdf, .svg",
        ("abc1", "-o", "x"): "x: the picture must end in",
        ("abc1", "-o", "file/x.png"): "cannot make file: File exists",
        ("abc1", "-o", "folder.png"): "cannot write folder.png: Is a directory",
    }
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.png").mkdir()
    for arguments, message in cases.items():
        code, output, errors = cli("samples", *arguments)
        assert (code, output) == (2, "") and message in errors, arguments
    assert not (tmp_path / "results" / "figures").exists()


@pytest.mark.parametrize("more", [(), ("--features",)])
def test_a_missing_or_exchanged_sample_is_told_and_left_out(cli, store, more):
    keep(store, sample_of([1] * 10), id="abc1")
    store.write(make_row(id="old"))
    code, output, errors = cli("samples", "abc1", "old", "--strict", *more)
    assert (code, output) == (2, "") and errors.startswith("bench: the sample ")
    assert "-old.safetensors is not here; run the cell again with --force" in errors
    code, output, errors = cli("samples", "abc1", "old", *more, "-o", "picture.png")
    assert code == 1 and "picture.png" in output
    assert errors.startswith("bench: left out: the sample ") and "-old.safetensors" in errors
    (path,) = store.samples.iterdir()
    path.write_bytes(path.read_bytes() + b" ")
    code, output, errors = cli("samples", "abc1", *more)
    assert (code, output) == (2, "") and "is not the sample that its row" in errors
    assert not (store.root / "figures").exists()


CELL = {"dataset": "mnist", "budget": 25_000, "config": {"generator_steps": 5}}


def test_a_preset_takes_newest_versions_with_a_sample_and_the_lowest_seed(cli, store, monkeypatch):
    caught = []
    monkeypatch.setattr(samples, "draw", lambda _, runs, path: caught.extend(runs) or path)
    digits = sample_of([1] * 10)
    for seed in (2, 1):
        keep(store, digits, method="ideal", seed=seed, id=f"ideal{seed}", method_version=2, **CELL)
    store.write(make_row(method="ideal", id="without", method_version=2, **CELL))
    keep(store, digits, method="ideal", id="older", **CELL)
    keep(store, digits, method="ideal", id="tuning", seed=100, method_version=3, **CELL)
    keep(store, digits, method="dfme", id="dfme", **CELL)
    store.write(make_row(method="zsdb3", id="zsdb3", **CELL))
    code, output, errors = cli("samples", "--preset", "fig4")
    assert (code, errors) == (0, "left out, no sample: ZSDB3\n") and "samples.png" in output
    assert [(name, one.id) for name, one in caught] == [("DFME", "dfme"), ("IDEAL", "ideal1")]


def test_a_preset_without_samples_or_rows_is_told(cli, store):
    store.write(make_row(method="ideal", **CELL))
    code, _, errors = cli("samples", "--preset", "fig4")
    assert code == 2 and "results/runs has a sample; `bench run" in errors
    code, _, errors = cli("samples", "--preset", "fig5")
    assert code == 2 and "there are no rows of fig5" in errors
