"""Small data sets, and the shortest run on one."""

from __future__ import annotations

import dataclasses

from benchmark.datasets import Dataset, Split

ONCE = (
    *("--teacher", "lenet", "--student", "lenet", "--methods", "noise", "--budget", "40"),
    *("--set", "noise.passes=1", "--seeds", "0", "--device", "cpu", "--allow-weak-teacher"),
)


RUN = (*ONCE, "--set", "noise.batch=20")


def without_test_split(whole: Dataset) -> Dataset:
    """The set as it is but for its test split, which nobody may touch."""

    def read(split: str) -> Split:
        if split == "test":
            raise AssertionError("somebody reads a test image")
        return whole.read(split)

    return dataclasses.replace(whole, read=read)
