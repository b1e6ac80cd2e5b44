"""The sets that hyper-parameters are chosen on, and no others. Nothing heavy is imported here.

A trial runs on ``tuning:NAME`` (``benchmark.datasets.held_out``): a fifth of the training images is
held out and judges the student, and the teacher has learnt the other four fifths alone. That
teacher lies in the folder of the tuning with its card. A test image is never read.
"""

from __future__ import annotations

from benchmark import datasets
from benchmark.errors import BenchError
from benchmark.rows.schema import TUNING_SEEDS

SETS = ("digits", "folder:usps_png.tar.xz")  # grey, as `--dataset` takes them
COLOUR = "folder:cifar100_ten"  # ten superclasses of CIFAR-100: ``benchmark.datasets.derived``
MAKE_COLOUR = (
    "python -m benchmark.datasets.derived folder:cifar100_jpg.tar.xz superclasses "
    "DATA_DIR/cifar100_ten"
)
NAMES = ("digits", "folder:usps_png", COLOUR)  # as rows have them
# Sets, as rows have them, on whose training images a person settled the values of single methods.
DEVELOPMENT = {"folder:cifar100_jpg": ("drawn",)}
BY_HAND = {"drawn": "tuning/drawn.csv"}  # methods with trials of their own; below the results
FIRST_SEED = TUNING_SEEDS
NETWORK = "lenet"  # teacher and student of all trials
TRIALS = 20  # the least that a form is tuned with to be called tuned
BUDGET, COLOUR_BUDGET = 2_000, 5_000  # queries of a trial, usually
NOTE = (
    "Hyper-parameters are chosen on a fifth of its training images, some older ones with seeds "
    "from 100 up of digits: a lead here is no proof of one on other images."
)

DEVELOPED = (
    "Its setting for colour was settled on a part of the training images, test images unseen: a "
    "lead of it here is no proof of one on other images."
)


def chosen(text: str | None) -> list[str]:
    """The tuning sets of a comma-separated list, the grey ones without one.

    Raises ``BenchError`` for any other set, and for the one in colour beside others: the score of a
    trial is a mean over sets, and values that suit one kind need not suit the other.
    """
    if not text:
        return list(SETS)
    asked = [name.strip() for name in text.split(",") if name.strip()]
    known = (*SETS, COLOUR)
    for name in asked:
        if name not in known:
            raise BenchError(
                f"nothing is tuned on {name}: a table's test images must stay unseen; the tuning "
                f"sets are {' and '.join(SETS)}, in colour {COLOUR}"
            )
    if not asked:
        raise BenchError(f"{text!r} names no tuning set; there are {' and '.join(known)}")
    if COLOUR in asked and len(set(asked)) > 1:
        raise BenchError(f"{COLOUR} is tuned on alone: colour and grey have values of their own")
    return [name for name in known if name in asked]


def usual_budget(names: list[str]) -> int:
    """Queries of a trial on these sets."""
    return COLOUR_BUDGET if COLOUR in names else BUDGET


def derived(name: str) -> str:
    """The name of the set of training images that stands for a tuning set."""
    return datasets.TUNING + name


def is_tuning_set(name: str) -> bool:
    """Whether a row's data set is one that hyper-parameters were chosen on."""
    return name in NAMES
