"""A teacher that replaces another: killed at any moment, the old one or the new one is there."""

from __future__ import annotations

import os

import pytest

from benchmark import files
from benchmark.errors import BenchError
from benchmark.files import StoreError
from support.teacher_files import save, small_set
from teachers import cards


class Killed(BaseException):
    """The process ends here; nothing handles it."""


def replaced(tmp_path, monkeypatch, at: int) -> None:
    """Save another teacher in the place of one, in a process that is killed at a rename."""
    calls, real = [], os.replace

    def replace(*given):
        calls.append(given)
        if len(calls) > at:
            raise Killed
        real(*given)

    with monkeypatch.context() as broken, pytest.raises(Killed):
        broken.setattr(files.os, "replace", replace)
        save(tmp_path, small_set(), seed=1)


@pytest.mark.parametrize("at", [0, 1])  # the probe of the folder, the weights
def test_a_teacher_outlives_a_successor_that_was_killed(at, tmp_path, monkeypatch):
    path = save(tmp_path, small_set())
    old = cards.load(path).sha
    replaced(tmp_path, monkeypatch, at)
    assert cards.load(path).sha == old


def test_weights_beside_the_card_of_others_are_refused_and_replaced(tmp_path, monkeypatch):
    path = save(tmp_path, small_set())
    replaced(tmp_path, monkeypatch, 2)  # the card
    with pytest.raises(
        BenchError, match=r"SHA-256 is not the one on its card\..*train the teacher"
    ):
        cards.load(path)
    save(tmp_path, small_set(), seed=1)
    assert cards.load(path).card["seed"] == 1


def test_a_disk_that_is_full_leaves_the_old_teacher(tmp_path, monkeypatch):
    path = save(tmp_path, small_set())
    before = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
    real = files._temporary

    def full(target, content):
        if target == cards.card_of(path):
            raise OSError(28, "No space left on device")
        return real(target, content)

    monkeypatch.setattr(files, "_temporary", full)
    with pytest.raises(StoreError, match=r"cannot write .*\.json: No space left on device"):
        save(tmp_path, small_set(), seed=1)
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == before
