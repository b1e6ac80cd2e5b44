"""PRADA's alarm, computed afterwards from a query log.

Juuti, Szyller, Marchal, Asokan: "PRADA: Protecting against DNN Model Stealing Attacks", EuroS&P
2019. Distances between the natural images of a user look normally distributed; those of synthetic
queries, made from one another or all alike, do not.

"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np

DELTA = 0.9  # on W; the paper tunes it for each model that it protects, from 0.9 to 0.95
LEAST = 100  # distances, of which a test needs more
SPREAD = 3.0  # standard deviations around the mean, beyond which a distance is no part of a test
CHUNK = 2048  # earlier queries that are compared at a time


def alarm(
    images: np.ndarray, labels: np.ndarray, delta: float = DELTA, every: int = 1
) -> int | None:
    """The number of queries that a user had asked when the alarm rang; None where it never did.

    ``images``: uint8 N x C x H x W in the order of the queries, ``labels``: int N, the answers.
    A test after each ``every`` queries looks at all distances so far, without outliers; W below
    ``delta`` is an alarm. The paper tests after each one. Raises ``ValueError`` for other shapes.
    """
    found, entered = distances(images, labels)
    for asked in range(every, len(images) + 1, every):
        known = found[:asked][entered[:asked]]
        if len(known) > LEAST and normality(known) < delta:
            return asked
    return None


def normality(known: np.ndarray) -> float:
    """Shapiro-Wilk's W of distances without outliers, from 0 to 1; equal distances give 0.

    Equal distances are those of a machine: the test itself has no answer for them.
    """
    from scipy import stats  # half a second of import

    kept = known[np.abs(known - known.mean()) <= SPREAD * known.std()]
    if len(kept) < 3 or np.ptp(kept) <= 1e-9 * kept.max():
        return 0.0
    with warnings.catch_warnings():  # beyond 5,000 its p-value is not exact, which nobody reads
        warnings.simplefilter("ignore", UserWarning)
        return float(stats.shapiro(kept).statistic)


def distances(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The L2 distance of each query to the nearest of its class's growing set, and which have one.

    A class's first query has no distance and begins its set. A later query joins the set where its
    distance is more than the set's threshold, which bounds the growth. Returns float64 N, in pixels
    from 0 to 1, and bool N. Raises ``ValueError`` for other shapes.
    """
    if len(images) != len(labels) or images.dtype != np.uint8:
        raise ValueError(
            f"the log must be N uint8 images and N labels, not {len(images):,} of {images.dtype} "
            f"and {len(labels):,}"
        )
    found, entered = np.zeros(len(images)), np.zeros(len(images), bool)
    rows = images.reshape(len(images), math.prod(images.shape[1:]))
    for label in np.unique(labels):
        which = np.flatnonzero(labels == label)
        found[which[1:]] = _of_class(rows[which])
        entered[which[1:]] = True
    return found, entered


def _of_class(rows: np.ndarray) -> np.ndarray:
    """The distances of all but the first query of one class, in order."""
    grown, found = [0], np.zeros(len(rows) - 1)
    growth = Growth()
    for begin in range(1, len(rows), CHUNK):
        new = rows[begin : begin + CHUNK]
        nearest = _nearest(new, rows[grown])
        inner = _squares(new, new)
        for at in range(len(new)):
            distance = float(np.sqrt(nearest[at]) / 255)
            found[begin + at - 1] = distance
            if growth.takes(distance):
                grown.append(begin + at)
                np.minimum(nearest[at + 1 :], inner[at, at + 1 :], out=nearest[at + 1 :])
    return found


@dataclass
class Growth:
    """The threshold of a growing set, from running sums of the distances of its members.

    It is the mean minus one standard deviation, and never less than it was. The first member has
    the distance 0, as in the paper's algorithm: so an image that is repeated never joins.
    """

    count: int = 1
    total: float = 0.0
    squares: float = 0.0
    threshold: float = 0.0

    def takes(self, distance: float) -> bool:
        """Whether a query at this distance joins; if so, the threshold may rise."""
        if distance <= self.threshold:
            return False
        self.count, self.total = self.count + 1, self.total + distance
        self.squares += distance**2
        mean = self.total / self.count
        spread = math.sqrt(max(0.0, self.squares / self.count - mean**2))
        self.threshold = max(self.threshold, mean - spread)
        return True


def _nearest(new: np.ndarray, old: np.ndarray) -> np.ndarray:
    parts = (old[at : at + CHUNK] for at in range(0, len(old), CHUNK))
    return np.min([_squares(new, part).min(1) for part in parts], axis=0)


def _squares(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Squared distances of bytes, float64 M x N, exact."""
    one, other = first.astype(np.float64), second.astype(np.float64)
    return (one**2).sum(1)[:, None] + (other**2).sum(1) - 2 * (one @ other.T)
