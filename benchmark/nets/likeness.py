"""Whether a network is a copy of another one of its architecture: by weights, or by answers.

Two networks that were trained apart have nothing in common but the order of their layers. Of 15
LeNet students of LeNet teachers (digits, MNIST; hard labels, white-box, and scores on real images)
no weight tensor had a correlation above 0.14 with the teacher's, and no logits one above 0.93.
The bounds lie far above both, and a copy lies above them even with much noise on it.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

FEWEST = 256  # values of a tensor that say something; the statistics of a layer do not
ALIKE = 0.5  # correlation: noise as large as 1.7 times the weights brings a copy down to it
ECHO = 0.999  # correlation of logits


def shared(first: Mapping[str, Tensor], second: Mapping[str, Tensor]) -> dict[str, float]:
    """The correlation of each weight tensor that two state dicts have in common, if ``ALIKE``.

    Vectors are left out: those of batch norm begin as ones and zeros in every network.
    """
    found = {
        name: abs(correlation(of, second[name]))
        for name, of in first.items()
        if of.ndim >= 2 and of.numel() >= FEWEST and of.shape == second[name].shape
    }
    return {name: value for name, value in found.items() if value >= ALIKE}


def compared(weights: Mapping[str, Tensor]) -> int:
    """How many tensors ``shared`` looks at."""
    return sum(of.ndim >= 2 and of.numel() >= FEWEST for of in weights.values())


def echoes(first: Tensor, second: Tensor) -> bool:
    """Whether the logits of two networks for the same images, N x K, are the same but for scale.

    A network whose units were exchanged or scaled has other weights, and still gives such answers.
    What is common to all classes of an image is left out, as it decides nothing.
    """
    one, other = (of - of.mean(dim=1, keepdim=True) for of in (first, second))
    return correlation(one, other) >= ECHO


def correlation(first: Tensor, second: Tensor) -> float:
    """Pearson's, over all values; 0 where one side is constant."""
    one, other = (of.detach().cpu().double().flatten() for of in (first, second))
    one, other = one - one.mean(), other - other.mean()
    length = (one.norm() * other.norm()).item()
    return (one @ other).item() / length if length else 0.0
