"""Out of domain: real images of another data set as queries (Method_B of IDEAL, Table 8).

Idea. Instead of making images, ask the teacher about real ones that have nothing to do with its
task, and train the student on the labels. It shows the worth of images as such: a generator that
learns nothing of the task has to be compared with this as with noise.

Queries of one round. ``batch`` while budget is left, then none: training re-uses stored labels.

Deviations.
1. Table 8 uses 50,000 CIFAR-10 images for SVHN at 100,000 queries and does not say how. Here a
   further pass over the images asks about other views of them (crop and flip), each paid for.
2. Images are resized to the task's size; colour becomes grey by its luma, grey is repeated.
3. The default images are patches of two photographs that come with scikit-learn, so that the method
   runs without any file; ``--set out-of-domain.dataset=cifar10`` is the paper's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from benchmark.method import param
from methods._blocks.real_images import RealImages


class OutOfDomain(RealImages):
    paper = "Zhang, Chen, Lyu: IDEAL, ICLR 2023, Table 8, Method_B"
    real_images = "other"
    tiny = {"batch": 30, "passes": 2}

    @dataclass(frozen=True)
    class Config(RealImages.Config):
        dataset: str = param("photos", "this suite; paper A.0.4: CIFAR-10 for SVHN")
        view: Literal["none", "flip", "crop", "crop+flip"] = param("crop+flip", "this suite")
