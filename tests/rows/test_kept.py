"""The files that a run keeps beside its row: final student, sample of queries, logged numbers."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from benchmark import datasets
from benchmark.files import StoreError
from benchmark.nets import architectures
from benchmark.nets.evaluate import percent_equal, predict
from benchmark.oracle import sample
from benchmark.oracle.sample import Sample
from benchmark.rows.store import Store
from benchmark.run import logged
from benchmark.run.logged import Logged
from support.made_rows import make_row as a_row
from support.runs import IDEAL, only_row, path_run, rows
from support.suite import CPU

SHAPE = (1, 2, 2)


def served(*values: int) -> np.ndarray:
    """One image of a constant value for each argument."""
    return np.stack([np.full(SHAPE, value, dtype=np.uint8) for value in values])


def test_a_sample_keeps_the_newest_images_of_each_label_in_their_order(monkeypatch):
    monkeypatch.setattr(sample, "EACH", 3)
    one = Sample(SHAPE, 2)
    one.enter(served(1, 2, 3, 4), np.array([0, 1, 0, 0]), 0)
    one.enter(served(5, 6), np.array([0, 0]), 4)
    kept = one.kept()
    assert kept["images"][:, 0, 0, 0].tolist() == [4, 5, 6, 2]
    assert kept["labels"].tolist() == [0, 0, 0, 1] and kept["asked"].tolist() == [3, 4, 5, 1]
    one.enter(served(*range(10, 20)), np.zeros(10, dtype=np.int64), 6)
    assert one.kept()["images"][:3, 0, 0, 0].tolist() == [17, 18, 19]


def test_a_sample_stays_below_its_limit_and_holds_8_bits(monkeypatch):
    monkeypatch.setattr(sample, "LIMIT", 5 * 4)
    assert (Sample(SHAPE, 2).classes, Sample(SHAPE, 2).each) == (2, 2)
    many = Sample(SHAPE, 7)
    assert (many.classes, many.each) == (5, 1)
    many.enter(served(1, 2).astype(np.float32) / 255 + 0.001, np.array([4, 6]), 0)
    kept = many.kept()
    assert kept["images"].dtype == torch.uint8 and kept["images"].flatten().tolist() == [1] * 4
    assert kept["labels"].tolist() == [4]
    assert Sample((3, 2000, 2000), 9).images.shape[:2] == (1, 1)


def test_an_empty_sample_can_be_kept():
    kept = Sample(SHAPE, 3).kept()
    assert kept["images"].shape == (0, *SHAPE) and len(kept["labels"]) == 0


def test_logged_numbers_are_thinned_evenly_and_gaps_are_nan(monkeypatch):
    monkeypatch.setattr(logged, "LIMIT", 8)
    one = Logged()
    for step in range(1, 30):
        if one.wants(step):
            one.enter(step, {"loss": float(step)} | ({"late": 1.0} if step > 20 else {}))
    kept = one.kept()
    assert kept["rounds"].tolist() == [4, 8, 12, 16, 20, 24, 28]
    assert kept["log/loss"].tolist() == kept["rounds"].tolist()
    assert math.isnan(kept["log/late"][0]) and kept["log/late"][-1] == 1
    other = Logged()
    other.load_state_dict(one.state_dict())
    assert other.every == one.every == 4 and other.points == one.points
    assert Logged().kept()["rounds"].tolist() == []


def test_the_kept_student_is_the_one_that_was_judged_and_the_sample_what_was_asked(cli, tmp_path):
    assert cli(*IDEAL, "--results", tmp_path)[0] == 0
    store, row = Store(tmp_path), only_row(tmp_path)
    kept = store.sample(row)
    student = architectures.build("lenet", tuple(kept["images"].shape[1:]), 10)
    student.load_state_dict(store.student(row))
    data = datasets.load("digits", tmp_path).test
    accuracy = percent_equal(predict(student, data.images), data.labels)
    assert accuracy == row.accuracy
    counts = kept["labels"].bincount(minlength=10).tolist()
    assert counts == [min(100, count) for count in row.labels_per_class]
    assert kept["asked"].max() == row.queries - 1
    rounds = row.queries // row.config["batch"]
    assert kept["rounds"].tolist() == list(range(1, row.steps + 1))
    assert torch.isfinite(kept["log/generator_loss"][:rounds]).all()
    assert torch.isnan(kept["log/generator_loss"][rounds:]).all()  # final passes have no generator


def test_every_point_of_a_curve_has_the_digest_of_the_labels_so_far(cli, tmp_path):
    assert cli(*IDEAL, "--results", tmp_path)[0] == 0
    row = only_row(tmp_path)
    digests = [point.labels_digest for point in row.curve]
    assert digests[-1] == row.labels_digest and len(set(digests)) == len(
        {point.queries for point in row.curve}
    )


def test_a_failed_run_keeps_nothing(cli, tmp_path):
    method = tmp_path / "breaks.py"
    method.write_text(
        '"""Breaks: nothing works."""\nfrom benchmark.method import Method\n\n\n'
        "class Breaks(Method):\n    def step(self):\n        raise ValueError('broken')\n"
    )
    assert cli(*path_run(method), "--results", tmp_path / "results")[0] == 1
    assert rows(tmp_path / "results")[0].student_sha is None
    assert not list((tmp_path / "results" / "students").iterdir())


@pytest.mark.parametrize("kind", ["student", "sample"])
def test_what_is_missing_or_exchanged_is_named(kind, tmp_path):
    store = Store(tmp_path)
    store.prepare()
    row = a_row(id="abc")
    student = architectures.build("lenet", (1, 8, 8), 2).state_dict()
    row = store.write(row, {"student": student, "sample": Sample(SHAPE, 2).kept()})
    assert getattr(store, kind)(row)
    path = tmp_path / f"{kind}s" / f"{row.file_stem}.safetensors"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(StoreError, match=f"is not the {kind} that its row"):
        getattr(store, kind)(row)
    path.unlink()
    with pytest.raises(StoreError, match="is not here; run the cell again with --force"):
        getattr(store, kind)(row)
    old = replace(row, student_sha=None, sample_sha=None)
    path.mkdir()
    with pytest.raises(StoreError, match="is a folder, not a file"):
        getattr(store, kind)(old)


def test_the_sample_is_taken_from_what_the_teacher_saw(stub_oracle, spec):
    oracle, account = stub_oracle(spec, 4, precision="float32")
    images = torch.rand(4, *spec.shape, device=CPU)
    labels = oracle(images)
    kept = account.sample.kept()
    order = kept["asked"]
    assert torch.equal(kept["labels"], labels[order])
    assert torch.equal(kept["images"], images[order].mul(255).round().to(torch.uint8))
