"""Distances to a decision boundary, from labels alone: bisection along rays, descent of the ray.

Everything works on P pairs of an image and a class at once, with one call of the label function for
each level of a bisection, and asks a number of images that is known beforehand (``*_cost``).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from methods._blocks.pool import from_bytes, to_bytes

AT_ONCE = 2048  # images built at once for gradient estimates


@dataclass(frozen=True)
class Search:
    """P images and the class that each one's ray has to reach.

    ``label``: images N x C x H x W in [0, 1] to labels N. ``images``: P x C x H x W. ``classes``:
    P, the classes to be reached; with ``leave`` the images' own, and any other class will do.
    """

    label: Callable[[Tensor], Tensor]
    images: Tensor
    classes: Tensor
    leave: bool = False

    def reached(self, rays: Tensor, distances: Tensor) -> Tensor:
        """Whether T(clip(x + distance * ray)) is what is searched for: bool, as ``distances``.

        ``rays``: ... x P x C x H x W unit vectors; ``distances``: ... x P. Asks one image for each.
        """
        points = self.images + distances[..., None, None, None] * rays
        labels = self.label(points.clamp(0, 1).flatten(0, -4)).view(points.shape[:-3])
        return (labels == self.classes) != self.leave


def levels_for(shape: tuple[int, int, int], tolerance: float) -> int:
    """Halvings that take the typical distance of two images to ``tolerance``.

    That is sqrt(C H W / 6), the root of the mean square for pixels uniform in [0, 1]; a ray that is
    longer ends in a bracket that is wider in proportion. At least 1.
    """
    return max(1, math.ceil(math.log2(math.sqrt(math.prod(shape) / 6) / tolerance)))


def unit(vectors: Tensor) -> Tensor:
    """... x C x H x W, each scaled to Euclidean norm 1; a zero vector stays zero."""
    return vectors / _lengths(vectors).clamp_min(1e-12)[..., None, None, None]


def bisect(search: Search, rays: Tensor, far: Tensor, levels: int) -> Tensor:
    """The boundary between an image and a point of its ray that is known to be reached: P.

    Halves [0, far] ``levels`` times and returns the reached end of the bracket, so that the result
    is an upper bound of the first crossing. Asks P * ``levels`` images.
    """
    near = torch.zeros_like(far)
    for _ in range(levels):
        middle = (near + far) / 2
        inside = search.reached(rays, middle)
        near, far = torch.where(inside, near, middle), torch.where(inside, middle, far)
    return far


def shortest_ray(
    search: Search, steps: Tensor, levels: int, certain: bool
) -> tuple[Tensor, Tensor]:
    """The boundary in the best of M directions: rays P x C x H x W and distances P.

    ``steps``: M x P x C x H x W, from the images to their starts; ``certain``: the starts are known
    to be what is searched for. The nearest start is bisected; the others are asked at its distance
    and the nearest that is still reached there is bisected too. The distance is 0 where no start
    was reached. Asks P * ``starts_cost(M, levels, certain)`` images.
    """
    lengths, rays = _lengths(steps), unit(steps)
    pairs = torch.arange(steps.shape[1], device=steps.device)
    if not certain:
        lengths = torch.where(search.reached(rays, lengths), lengths, torch.inf)
    best, distances = _bisect_nearest(search, rays, lengths, lengths, levels)
    if len(steps) > 1:
        within = search.reached(rays, distances.expand(len(steps), -1))
        within[best, pairs] = False
        lengths = torch.where(within, lengths, torch.inf)
        limit = distances.expand_as(lengths)
        other, shorter = _bisect_nearest(search, rays, lengths, limit, levels)
        best = torch.where(shorter > 0, other, best)
        distances = torch.where(shorter > 0, shorter, distances)
    return rays[best, pairs], distances


def starts_cost(starts: int, levels: int, certain: bool) -> int:
    """Images that ``shortest_ray`` asks for each pair."""
    return (0 if certain else starts) + levels + (starts + levels if starts > 1 else 0)


def step_back(search: Search, steps: Tensor, shares: list[float]) -> Tensor:
    """x - s v for the first of ``shares`` at which x has not reached its goal, else x itself.

    ``steps``: P x C x H x W, v. The images are rounded to 8 bits before they are asked, so that the
    labels are theirs. Asks P * len(shares) images.
    """
    moved = [from_bytes(to_bytes((search.images - s * steps).clamp(0, 1))) for s in shares]
    points = torch.stack(moved)
    labels = search.label(points.flatten(0, 1)).view(points.shape[:2])
    held = (labels == search.classes) == search.leave
    first = held.int().argmax(dim=0)
    chosen = points[first, torch.arange(len(steps), device=steps.device)]
    return torch.where(held.any(dim=0)[:, None, None, None], chosen, search.images)


@dataclass(frozen=True)
class Descent:
    """How ``shorten`` turns a ray: ``probes`` Gaussian vectors of norm ``smoothing`` a gradient."""

    iterations: int
    probes: int
    tries: int  # step sizes tried for a gradient
    levels: int
    smoothing: float
    step_size: float
    least_step: float = 1e-4  # below it the smoothing falls by 10 and the step size is 1 again
    least_smoothing: float = 1e-8

    @property
    def cost(self) -> int:
        """Images that ``shorten`` asks for each pair."""
        return self.iterations * (self.probes + self.tries * (1 + self.levels))


@dataclass(frozen=True)
class Finder:
    """A whole search for the nearest boundary: the best of ``starts`` directions, then descent."""

    starts: int
    certain: bool
    levels: int
    descent: Descent

    @property
    def cost(self) -> int:
        """Images asked for each pair."""
        return starts_cost(self.starts, self.levels, self.certain) + self.descent.cost

    def __call__(self, search: Search, steps: Tensor) -> tuple[Tensor, Tensor]:
        """Rays P x C x H x W and distances P; ``steps``: starts x P x C x H x W, as they lead."""
        rays, distances = shortest_ray(search, steps, self.levels, self.certain)
        return shorten(search, rays, distances, self.descent)


def shorten(
    search: Search, rays: Tensor, distances: Tensor, descent: Descent
) -> tuple[Tensor, Tensor]:
    """Sign-gradient descent of the boundary distance over the ray's direction; returns both.

    Every pair has its own step size and smoothing. A pair whose distance is 0 stays as it is. The
    distance never grows. Asks P * ``descent.cost`` images.
    """
    step_sizes = torch.full_like(distances, descent.step_size)
    smoothing = torch.full_like(distances, descent.smoothing)
    for _ in range(descent.iterations):
        gradient = sign_gradient(search, rays, distances, smoothing, descent.probes)
        rays, distances, step_sizes = _try_steps(
            search, rays, distances, gradient, step_sizes, descent
        )
        lost = step_sizes < descent.least_step
        step_sizes = torch.where(lost, 1.0, step_sizes)
        smoothing = torch.where(lost, smoothing / 10, smoothing).clamp_min(descent.least_smoothing)
    return rays, distances


def sign_gradient(
    search: Search, rays: Tensor, distances: Tensor, smoothing: Tensor, probes: int
) -> Tensor:
    """Direction in which the boundary distance of the ray grows, unit norm: P x C x H x W.

    The sum of s_q u_q over Gaussian u_q of norm ``smoothing`` (P): s_q is -1 where the turned ray
    has reached its goal at the present distance (so the boundary is nearer there), else +1.
    """
    total = torch.zeros_like(rays)
    group = max(1, AT_ONCE // max(1, len(rays)))
    for first in range(0, probes, group):
        count = min(group, probes - first)
        noise = unit(torch.randn(count, *rays.shape, device=rays.device))
        noise *= smoothing[:, None, None, None]
        nearer = search.reached(unit(rays + noise), distances.expand(count, -1))
        signs = torch.where(nearer, -1.0, 1.0)
        total += (signs[..., None, None, None] * noise).sum(dim=0)
    return unit(total)


def _try_steps(
    search: Search,
    rays: Tensor,
    distances: Tensor,
    gradient: Tensor,
    step_sizes: Tensor,
    descent: Descent,
) -> tuple[Tensor, Tensor, Tensor]:
    """The best ray of some step sizes: doubled after a success, a quarter after a failure.

    The third result is the step size of the best ray, or the next one to try if there is none.
    """
    best, shortest, kept = rays, distances, step_sizes
    found = torch.zeros_like(distances, dtype=torch.bool)
    for _ in range(descent.tries):
        turned = unit(rays - step_sizes[:, None, None, None] * gradient)
        better = search.reached(turned, shortest)
        reached = bisect(search, turned, shortest, descent.levels)
        best = torch.where(better[:, None, None, None], turned, best)
        shortest = torch.where(better, reached, shortest)
        found |= better
        kept = torch.where(better, step_sizes, kept)
        step_sizes = torch.where(better, 2 * step_sizes, step_sizes / 4)
    return best, shortest, torch.where(found, kept, step_sizes)


def _bisect_nearest(
    search: Search, rays: Tensor, lengths: Tensor, far: Tensor, levels: int
) -> tuple[Tensor, Tensor]:
    """Of M rays each the one with the smallest length (M x P), bisected from ``far`` (M x P).

    Returns its number and its distance, 0 where all lengths are infinite.
    """
    best = lengths.argmin(dim=0)
    pairs = torch.arange(lengths.shape[1], device=lengths.device)
    known = lengths[best, pairs].isfinite()
    return best, bisect(search, rays[best, pairs], torch.where(known, far[best, pairs], 0), levels)


def _lengths(vectors: Tensor) -> Tensor:
    return vectors.flatten(-3).norm(dim=-1)
