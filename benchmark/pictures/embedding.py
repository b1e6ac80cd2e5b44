"""The features of a kept student for the images of its run, in two dimensions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from benchmark.errors import BenchError
from benchmark.nets.evaluate import BATCH, frozen, percent_equal
from benchmark.rows.row import Row
from benchmark.rows.store import Store

FEWEST = 5  # different points below which a picture of neighbourhoods says nothing
PERPLEXITY = 30.0  # scikit-learn's


@dataclass(frozen=True)
class Seen:
    """The images of a run as its student sees them."""

    points: np.ndarray | None  # M x 2, or None where there is nothing to draw
    reason: str  # why there is not
    labels: np.ndarray  # the oracle's, M
    agreement: float | None  # student's accuracy on the images in %, None without images


def seen(store: Store, row: Row, kept: dict[str, Tensor]) -> Seen:
    """The t-SNE of the student's features of a sample, always the same one."""
    labels = kept["labels"]
    if len(labels) == 0:
        return Seen(None, "the sample holds no image", labels.numpy(), None)
    if row.student_source:
        reason = "the student is a network of a person's own file, whose code no picture runs"
        return Seen(None, reason, labels.numpy(), None)
    with _one_thread():
        features, logits = _forward(_student(store, row, kept), kept["images"])
        agreement = percent_equal(logits.argmax(dim=1), labels)
        reason = _obstacle(features, labels)
        points = None if reason else _embedded(features.numpy())
    return Seen(points, reason, labels.numpy(), agreement)


def _student(store: Store, row: Row, kept: dict[str, Tensor]) -> nn.Module:
    from benchmark.nets import architectures

    weights = store.student(row)
    student = architectures.build(row.student, kept["images"].shape[1:], row.classes)
    try:
        student.load_state_dict(weights)
    except RuntimeError:
        raise BenchError(
            f"the student of run {row.id} is no {row.student} of this version of the suite; "
            "run its cell again with --force"
        ) from None
    return student


def _forward(student: nn.Module, images: Tensor) -> tuple[Tensor, Tensor]:
    """Features M x F, which are the input of the last linear layer, and logits M x K."""
    linear = [module for module in student.modules() if isinstance(module, nn.Linear)]
    if not linear:
        raise BenchError("the student has no linear layer, so there are no features to draw")
    found: list[Tensor] = []
    hook = linear[-1].register_forward_pre_hook(lambda _, given: found.append(given[0].flatten(1)))
    try:
        with frozen(student):
            logits = [student(part.float().div_(255)) for part in images.split(BATCH)]
    finally:
        hook.remove()
    return torch.cat(found), torch.cat(logits)


def _obstacle(features: Tensor, labels: Tensor) -> str:
    """The reason why there is nothing to draw, or ""."""
    if len(features) < FEWEST:
        return f"the sample holds {len(features)} images, too few to draw"
    if len(labels.unique()) == 1:
        return f"the oracle gave all {len(labels)} images one label, {int(labels[0])}"
    if not torch.isfinite(features).all():
        return "the student's features are not finite"
    if len(features.unique(dim=0)) < FEWEST:
        return "the student gives nearly all images the same features"
    return ""


def _embedded(features: np.ndarray) -> np.ndarray:
    from sklearn.manifold import TSNE

    perplexity = min(PERPLEXITY, (len(features) - 1) / 3)
    return TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(features)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Sums in one order, so that the number of threads cannot move a point."""
    from threadpoolctl import threadpool_limits

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(threads)
