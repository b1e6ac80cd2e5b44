"""Glyphs or photos: the kind of a set's images, told from the training images.

A mirrored photo of a dog is still a photo of a dog; the letter b becomes a d. So the recipes ask
one question, "may these images be mirrored?", and let the images answer it: each of up to 8,000
training images, and its mirror image, is looked up among the others, all reduced to 16 px, and gets
the class of most of its five nearest. The accuracy of the mirrored images above chance is a share
of that of the plain ones: about 1 for photos, less where images face one way.

=====  =============================================  =========================================
step   measurement                                    kind
=====  =============================================  =========================================
1      the share is below 0.8, by two standard errors glyphs
2      the share is above 0.8, by two standard errors photos
3      too few images to tell                         glyphs where every pixel is grey, or photos
=====  =============================================  =========================================

The number of channels decides nothing: digits saved as RGB are still digits. The sets that the
suite knows by name keep the kind that they had when their teachers were trained. The answers of the
rule for nine sets, in grey and in colour, are in results/teachers/kinds.json (made by
``teachers.kinds_table``). They are a person's, save for CIFAR-100 and Tiny-ImageNet turned grey:
too few of their images are recognised, so they count as glyphs and are not mirrored.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmark.datasets import base
from benchmark.errors import unknown
from teachers.names import RECIPES

if TYPE_CHECKING:
    from benchmark.datasets import Dataset

NAMED = dict.fromkeys(("digits", "mnist", "fmnist", "svhn"), "glyphs") | dict.fromkeys(
    ("cifar10", "cifar100", "tiny-imagenet", "imagenet12"), "photos"
)
KEPT_SHARE = 0.8  # digits keep 0.3 to 0.6, garments 0.7, photos in colour 0.83 to 1
IMAGES, SIDE, NEIGHBOURS = 8_000, 16, 5


@dataclass(frozen=True)
class Choice:
    """A kind of images, the reason for people, and whether the pixels have colour.

    Grey digits saved as RGB have none.
    """

    kind: str
    why: str
    colour: bool


@dataclass(frozen=True)
class Mirrored:
    """How well images and their mirror images are recognised; all are shares in [0, 1]."""

    images: int  # looked up
    plain: float
    mirrored: float
    chance: float
    kept: float  # accuracy of the mirrored above chance, as a share of that of the plain images
    error: float  # standard error of ``kept``
    grey: bool  # every pixel of every training image is


def choose(dataset: Dataset, asked: str = "auto") -> Choice:
    """The kind of a data set: as asked, by its name, or by its training images.

    ``dataset``: see ``benchmark.datasets``; only training images are read, and only if nothing else
    decides. ``asked``: one of ``names.RECIPES``.
    """
    if asked not in RECIPES:
        raise unknown("recipe", asked, RECIPES, "auto lets the images decide.")
    name = base(dataset.name)
    if name in NAMED and asked in ("auto", NAMED[name]):
        return by_name(name)
    if asked != "auto":
        return Choice(asked, "as asked for", not is_grey(dataset.train.images))
    return judge(measure(dataset.train.images, dataset.train.labels))


def by_name(dataset_name: str) -> Choice:
    """The kind of a set that the suite knows by name."""
    kind = NAMED[dataset_name]
    return Choice(kind, f"the kind of {dataset_name}", kind == "photos" or dataset_name == "svhn")


def is_grey(images: Tensor) -> bool:
    """Whether every pixel of uint8 N x C x H x W has equal channels."""
    return all(bool((part == part[:, :1]).all()) for part in images.split(1_000))


def judge(found: Mirrored) -> Choice:
    """The kind that the measured shares tell."""
    numbers = (
        f"by their nearest neighbours, {100 * found.mirrored:.1f} % of {found.images:,} mirrored "
        f"training images are recognised and {100 * found.plain:.1f} % of the plain ones"
    )
    margin = 2 * found.error
    if found.kept + margin < KEPT_SHARE:
        return Choice("glyphs", f"{numbers}: mirroring changes what they are", not found.grey)
    if found.kept - margin > KEPT_SHARE:
        return Choice("photos", f"{numbers}: mirroring changes little", not found.grey)
    ground = "every pixel is grey" if found.grey else "the images are in colour"
    kind = "glyphs" if found.grey else "photos"
    return Choice(kind, f"{ground}; {numbers}, too few to tell", not found.grey)


def measure(images: Tensor, labels: Tensor) -> Mirrored:
    """Look images and mirror images up among the other images.

    ``images``: uint8 N x C x H x W, ``labels``: int64 N. The sample is the same every time. Neither
    an image nor its mirror image is compared with the image itself, so both have the same task.
    """
    grey = is_grey(images)
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))[:IMAGES]
    small, labels = _reduced(images[order, :1] if grey else images[order]), labels[order]
    asked = len(order)
    right = [_recognised(views, small, labels) for views in (small, small.flip(3))]
    plain, mirrored = (found.float().mean().item() for found in right)
    chance = (torch.bincount(labels).double() / len(labels)).square().sum().item()
    above = plain - chance
    turned = (right[0] != right[1]).sum().item()
    if above <= 3 * math.sqrt(chance * (1 - chance) / asked):  # not recognised at all
        return Mirrored(asked, plain, mirrored, chance, 1.0, math.inf, grey)
    kept, error = (mirrored - chance) / above, math.sqrt(turned) / asked / above
    return Mirrored(asked, plain, mirrored, chance, kept, error, grey)


def _reduced(images: Tensor) -> Tensor:
    height, width = images.shape[2:]
    size = (min(SIDE, height), min(SIDE, width))
    return torch.cat([F.adaptive_avg_pool2d(part.float(), size) for part in images.split(1_000)])


def _recognised(views: Tensor, images: Tensor, labels: Tensor) -> Tensor:
    """Whether view i of image i, looked up among all other images, gets the label of image i."""
    classes, neighbours = int(labels.max()) + 1, min(NEIGHBOURS, len(images) - 1)
    weights = 1 - 0.01 * torch.arange(neighbours)  # a tie goes to the nearer ones
    own, right = torch.arange(len(images)), []
    for part in own.split(1_000):
        gaps = torch.cdist(views[part].flatten(1), images.flatten(1))
        gaps[own[: len(part)], part] = math.inf
        nearest = gaps.topk(neighbours, largest=False).indices
        votes = torch.zeros(len(part), classes)
        votes.scatter_add_(1, labels[nearest], weights.expand(len(part), -1))
        right.append(votes.argmax(1) == labels[part])
    return torch.cat(right)
