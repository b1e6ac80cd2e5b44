"""Real image sets, where BENCH_DATA has them: rows and teachers rest on these very pixels."""

from __future__ import annotations

import os

import pytest

from benchmark import datasets
from support.tiny_formats import assert_split

pytestmark = pytest.mark.skipif(
    not os.environ.get("BENCH_DATA"), reason="BENCH_DATA is not set: there is no real data"
)

SMALL = {
    "mnist": ((1, 28, 28), 60_000, 10_000, 10, "40feaed3f9f5c465", "9b9054652addcd50"),
    "fmnist": ((1, 28, 28), 60_000, 10_000, 10, "ba560071b263c06f", "9174a926c9bb2c76"),
    "folder:usps_png.tar.xz": ((1, 16, 16), 7291, 2007, 10, "631a63382691001a", "3f23be277491631e"),
}  # name -> shape, images, test images, classes, digest of the test and of the training split
LARGE = {  # of most only the test split: to decode them all takes longer than all other tests
    "folder:cifar10_jpg.tar.xz": ((3, 32, 32), 50_000, 10_000, 10, "6fed90fbdc458971", None),
    "folder:imagenette_64.tar.xz": (
        (3, 64, 64),
        9469,
        3925,
        10,
        "fddbbfdfb345f7a4",
        None,
    ),
    "folder:tiny_imagenet_32.tar.xz": (
        (3, 32, 32),
        100_000,
        10_000,
        200,
        "53663228f553f893",
        None,
    ),
}


@pytest.mark.parametrize("name", SMALL)
def test_real_sets_have_the_pixels_they_had(name):
    check(name, *SMALL[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_real_archives_have_the_pixels_they_had(name):
    check(name, *LARGE[name])


def check(name, shape, count, test_count, classes, test_digest, train_digest) -> None:
    file = name.removeprefix("folder:")
    if file != name and not (datasets.default_data_dir() / file).is_file():
        pytest.skip(f"BENCH_DATA has no {file}")
    if file == name and not datasets.is_here(name, datasets.default_data_dir()):
        pytest.skip(f"BENCH_DATA has no {name}")
    found = datasets.load(name)
    assert found.shape == shape and len(found.classes) == classes and found.notes == ()
    labels = list(range(classes))
    assert_split(found.test, test_count, shape, labels)
    assert found.test.digest.startswith(test_digest)
    if train_digest is not None:
        assert_split(found.train, count, shape, labels)
        assert found.train.digest.startswith(train_digest)
