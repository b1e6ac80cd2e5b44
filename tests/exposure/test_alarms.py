"""The detector gets the very queries of a run, in their order, or the reason is told."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner

from benchmark.defences import prada
from benchmark.exposure import alarms, log
from benchmark.exposure.__main__ import main as command
from benchmark.files import StoreError, Unsound
from benchmark.rows.store import Store
from support.runs import TINY, made_in, only_row

RUN = ("run", "--methods", "noise", *TINY, "500", "--set", "noise.passes=1", "--no-reference")


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """``(store, row)`` of one run whose images were kept."""
    folder = made_in(tmp_path_factory.mktemp("kept") / "results", *RUN, "--keep-bought")
    return Store(folder), only_row(folder)


def files(store, row):
    return store.journal_path(row.id, row.method_sha), store.bought_path(row.id)


@pytest.fixture
def detector(monkeypatch):
    """A detector that rings at the tenth query; yields all that it was given."""
    seen = []

    def alarm(images, labels):
        seen.append((images, labels))
        return 10

    monkeypatch.setattr(prada, "alarm", alarm)
    return seen


def test_the_log_holds_the_images_and_labels_that_the_row_counts(kept):
    store, row = kept
    images, labels = log.asked(*files(store, row), row.queries, row.labels_digest)
    assert images.shape == (500, 1, 16, 16) and images.dtype == np.uint8
    assert tuple(np.bincount(labels, minlength=10)) == row.labels_per_class
    assert len({image.tobytes() for image in images}) == row.unique
    sample = store.sample(row)
    for image, label, at in zip(sample["images"], sample["labels"], sample["asked"], strict=True):
        assert (images[int(at)] == image.numpy()).all() and labels[int(at)] == int(label)


def test_the_alarm_is_the_detectors(kept, detector):
    store, row = kept
    assert alarms.of(row, store) == alarms.Alarm(10, 500)
    ((images, labels),) = detector
    assert len(images) == len(labels) == 500


@pytest.mark.parametrize("which", [0, 1])
def test_a_file_that_is_gone_or_torn_is_a_reason_and_no_alarm(kept, detector, tmp_path, which):
    store, row = kept
    paths = list(files(store, row))
    other = tmp_path / "other"
    other.write_bytes(paths[which].read_bytes()[:-3])
    paths[which] = other
    with pytest.raises(Unsound, match=["no answer of query 499", "torn or damaged"][which]):
        log.asked(*paths, row.queries, row.labels_digest)
    other.unlink()
    with pytest.raises(StoreError, match=f"(there is no|cannot read) {other}"):
        log.asked(*paths, row.queries, row.labels_digest)


def test_answers_of_another_run_are_refused(kept):
    store, row = kept
    with pytest.raises(Unsound, match="other answers"):
        log.asked(*files(store, row), row.queries, "0" * 64)


def test_a_run_whose_images_were_not_kept_has_no_alarm(kept, detector, tmp_path):
    _, row = kept
    elsewhere = Store(tmp_path)
    assert alarms.of(row, elsewhere).not_computed == "its images were not kept"
    assert detector == []


def test_the_alarm_is_told_for_runs_of_a_store(kept):
    store, row = kept
    told = [row.id, "--results", str(store.root)]
    found = CliRunner().invoke(command, told)
    assert found.exit_code == 0, found.output
    assert "500 queries  no alarm, W 0.9" in found.output
    assert "alarm after query 1" in CliRunner().invoke(command, [*told, "--delta", "1"]).output


def test_a_run_that_is_not_there_or_kept_no_images_is_refused(kept, tmp_path):
    store, row = kept
    found = CliRunner().invoke(command, ["0123", "--results", str(store.root)])
    assert found.exit_code == 2 and "there is no run 0123" in found.output
    with pytest.raises(StoreError, match="--keep-bought"):
        log.of(row, Store(tmp_path))
