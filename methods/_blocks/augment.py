"""Random views of a batch, the same that teachers are trained with."""

from benchmark.nets.augment import KINDS, augment, jitter, resized_crop

__all__ = ["KINDS", "augment", "jitter", "resized_crop"]
