"""The sets that hyper-parameters are chosen on, and no others. Nothing heavy is imported here.

A trial runs on ``tuning:NAME`` (``benchmark.datasets.held_out``): a fifth of the training images is
held out and judges the student, and the teacher has learnt the other four fifths alone. That
teacher lies in the folder of the tuning with its card. A test image is never read.
"""

from __future__ import annotations

from benchmark import datasets
from benchmark.errors import BenchError
from benchmark.rows.schema import TUNING_SEEDS

SETS = ("digits", "folder:usps_png.tar.xz")  # as `--dataset` takes them
NAMES = ("digits", "folder:usps_png")  # as rows have them
# Sets, as rows have them, on whose training images a person settled the values of single methods.
DEVELOPMENT = {"folder:cifar100_jpg": ("drawn",)}
FIRST_SEED = TUNING_SEEDS
NETWORK = "lenet"  # teacher and student of all trials
TRIALS, BUDGET = 20, 2_000  # the least that a form is tuned with to be called tuned
NOTE = (
    "Hyper-parameters are chosen on a fifth of its training images, some older ones with seeds "
    "from 100 up of digits: a lead here is no proof of one on other images."
)

DEVELOPED = (
    "Its setting for colour was settled on a part of the training images, test images unseen: a "
    "lead of it here is no proof of one on other images."
)


def chosen(text: str | None) -> list[str]:
    """The tuning sets of a comma-separated list, all without one; any other set is refused."""
    if not text:
        return list(SETS)
    asked = [name.strip() for name in text.split(",") if name.strip()]
    for name in asked:
        if name not in SETS:
            raise BenchError(
                f"nothing is tuned on {name}: a table's test images must stay unseen; the tuning "
                f"sets are {' and '.join(SETS)}"
            )
    if not asked:
        raise BenchError(f"{text!r} names no tuning set; there are {' and '.join(SETS)}")
    return [name for name in SETS if name in asked]


def derived(name: str) -> str:
    """The name of the set of training images that stands for a tuning set."""
    return datasets.TUNING + name


def is_tuning_set(name: str) -> bool:
    """Whether a row's data set is one that hyper-parameters were chosen on."""
    return name in NAMES
