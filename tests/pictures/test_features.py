"""Students' features of sampled images: the same points each time, or a reason for none."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from benchmark.errors import BenchError
from benchmark.pictures import captions, embedding, features, saving
from support.kept import drawing, empty_store, keep, sample_of, student_of


@pytest.fixture
def store(tmp_path):
    return empty_store(tmp_path)


@pytest.fixture
def drawn(monkeypatch, store):
    """``draw(rows) -> figure`` of their features."""
    return drawing(features, store, monkeypatch)


def says(label: int):
    """A student that gives every image one label."""
    student = student_of()
    torch.nn.init.zeros_(student[-1].weight)
    torch.nn.init.zeros_(student[-1].bias)
    student[-1].bias.data[label] = 1.0
    return student


def message(axes) -> str:
    return " ".join(text.get_text() for text in axes.texts).replace("\n", " ")


def test_features_are_what_the_last_linear_layer_is_given():
    student, kept = student_of(), sample_of([4, 4])
    with torch.no_grad():
        inside = student.eval()[:-1](kept["images"].float() / 255)
        logits = student[-1](inside)
    student.train()
    found = embedding._forward(student, kept["images"])
    assert torch.equal(found[0], inside) and torch.equal(found[1], logits)
    assert student.training and not student[-1]._forward_pre_hooks
    with pytest.raises(BenchError, match="has no linear layer"):
        embedding._forward(torch.nn.Sequential(torch.nn.Conv2d(1, 2, 1)), kept["images"])


def test_points_are_the_same_whatever_the_number_of_threads(store):
    row = keep(store, sample_of([8] * 10))
    kept, threads = store.sample(row), torch.get_num_threads()
    first = embedding.seen(store, row, kept)
    torch.set_num_threads(2)
    torch.manual_seed(5)
    np.random.seed(5)
    try:
        second = embedding.seen(store, row, kept)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
    assert first.points.shape == (80, 2) and np.isfinite(first.points).all()
    assert (first.points == second.points).all()


def test_alike_images_lie_together(store):
    kept = sample_of([20, 20])
    dark = (torch.arange(40) < 20).view(-1, 1, 1, 1)
    kept["images"] = torch.where(dark, kept["images"] // 8, kept["images"] // 8 + 220)
    points = embedding.seen(store, keep(store, kept), kept).points
    between = np.linalg.norm(points[:20].mean(axis=0) - points[20:].mean(axis=0))
    assert between > 2 * max(points[:20].std(axis=0).max(), points[20:].std(axis=0).max())


def test_a_panel_says_both_accuracies_and_colours_labels(drawn, store):
    row = keep(store, sample_of([6, 0, 2]), says(2), accuracy=68.824, classes=10)
    figure = drawn(row)
    head, *others = [text.get_text() for text in figure.texts]
    text = "t-SNE of the students' features of the newest queries: digits, lenet to lenet"
    assert head.replace("\n", " ") == text
    assert others == [
        "noise",
        "student's accuracy on these images 25.00 %\nstudent's accuracy on the test set 68.82 %\n"
        "8 images; 1,000 queries, seed 0",
    ]
    scatter, key, _ = figure.axes
    (points,) = scatter.collections
    colours = features.colours_of(10)
    assert (points.get_facecolors() == colours[[0] * 6 + [2] * 2]).all()
    assert (key.images[0].get_array()[0] == colours).all()
    assert [tick.get_text() for tick in key.get_xticklabels()] == list("0123456789")


def test_many_labels_have_a_colour_map_that_is_named(drawn, store):
    _, key, _ = drawn(keep(store, sample_of([1] * 12), classes=12)).axes
    assert key.get_xlabel() == "label of the oracle (colour map viridis)"
    assert len(np.unique(features.colours_of(12), axis=0)) == 12
    assert len(np.unique(features.colours_of(10), axis=0)) == 10


@pytest.mark.parametrize(
    ("counts", "reason", "share"),
    [
        ([0, 9, 0], "the oracle gave all 9 images one label, 1", "these images 100.00 %"),
        ([2, 2, 0], "the sample holds 4 images, too few to draw", "these images 50.00 %"),
        ([0, 0, 0], "the sample holds no image", ""),
    ],
)
def test_what_cannot_be_drawn_is_said_in_its_place(drawn, store, counts, reason, share):
    figure = drawn(keep(store, sample_of(counts), says(1)))
    assert message(figure.axes[0]) == reason and not figure.axes[0].collections
    facts = figure.texts[2].get_text()
    assert share in facts and ("these images" in facts) == bool(share)


@pytest.mark.parametrize(
    ("weight", "reason"),
    [(0.0, "nearly all images the same features"), (math.nan, "features are not finite")],
)
def test_features_without_any_difference_are_told(drawn, store, weight, reason):
    student = student_of()
    torch.nn.init.constant_(student[0].weight, weight)
    assert reason in message(drawn(keep(store, sample_of([5, 5]), student)).axes[0])


def test_the_loss_of_the_generator_is_drawn_where_it_is_known(drawn, store):
    kept = sample_of([3, 3], generator_loss=[3.0, math.nan, 1.0], a=[7.0, 7.0, 7.0])
    axes = drawn(keep(store, kept)).axes[2]
    (line,) = axes.lines
    assert (list(line.get_xdata()), list(line.get_ydata())) == ([1, 3], [3.0, 1.0])
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("round", "generator loss")


def test_without_it_another_logged_number_or_a_word_stands_there(drawn, store):
    missing = [math.nan, math.nan]
    kept = sample_of([3, 3], generator_loss=missing, b=[1.0, 2.0], a=missing, c=[3.0, 4.0])
    axes = drawn(keep(store, kept)).axes[2]
    assert (axes.get_ylabel(), list(axes.lines[0].get_ydata())) == ("b", [1.0, 2.0])
    axes = drawn(keep(store, sample_of([3, 3]))).axes[2]
    assert message(axes) == "nothing logged" and not axes.lines
    axes = drawn(keep(store, sample_of([3, 3], a=[5.0]))).axes[2]
    assert list(axes.get_xticks()) == [1]


def test_no_text_is_cut(drawn, store):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    kept = sample_of([3, 3], **{30 * "long": [-1.23456e12, 2.0]})
    long = {"method": 9 * "very long ", "dataset": "folder:" + 20 * "long"}
    rows = [keep(store, kept, **long), keep(store, kept), keep(store, sample_of([0, 8]))]
    figure = drawn(*rows, keep(store, sample_of([3, 3], a=[1.0]), budget=10**7))
    FigureCanvasAgg(figure)
    for box in [text.get_window_extent() for text in figure.texts] + [
        axes.get_tightbbox() for axes in figure.axes
    ]:
        assert box.x0 >= 0 and box.y0 >= 0
        assert box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1


@pytest.mark.parametrize("suffix", saving.SUFFIXES)
def test_the_same_rows_give_the_same_bytes(store, tmp_path, suffix):
    import matplotlib

    runs = captions.named([keep(store, sample_of([6, 6], generator_loss=[1.0, 2.0]))])
    first = features.draw(store, runs, tmp_path / f"one{suffix}").read_bytes()
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red", "image.cmap": "jet"}):
        assert features.draw(store, runs, tmp_path / f"two{suffix}").read_bytes() == first


def test_the_command_draws_and_names_a_student_that_is_missing_or_another(cli, store):
    row = keep(store, sample_of([3, 3]), id="abc1")
    code, output, errors = cli("samples", "--features", "abc1")
    assert (code, output, errors) == (0, "wrote results/figures/features.png\n", "")
    keep(store, sample_of([3, 3]), torch.nn.Linear(2, 2), id="def1")
    code, _, errors = cli("samples", "--features", "def1")
    assert code == 2 and "the student of run def1 is no lenet of this version" in errors
    (store.students / f"{row.file_stem}.safetensors").unlink()
    code, _, errors = cli("samples", "--features", "abc1")
    assert code == 2 and "is not here; run the cell again with --force" in errors
