"""The training loop that follows a recipe, and stops where training has diverged."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmark.errors import BenchError
from benchmark.nets.architectures import build
from benchmark.nets.augment import augment
from teachers.recipe import Recipe

if TYPE_CHECKING:
    from benchmark.datasets import Dataset

WARM_UP = 0.25  # share of the steps with a rising learning rate
GUESSING = 0.98  # an epoch above this share of the loss of guessing has learned nothing
LOST = 200  # steps without learning after which training counts as lost; fewer may recover


def train(
    dataset: Dataset,
    architecture: str,
    recipe: Recipe,
    seed: int,
    device: torch.device | str = "cpu",
    on_epoch: Callable[[int, int, float], None] | None = None,
    bfloat16: bool | None = None,
) -> nn.Module:
    """Train a network on the training images alone; returns it in evaluation mode.

    ``dataset``: see ``benchmark.datasets``. ``on_epoch(epoch, epochs, mean_loss)`` is called after
    each epoch, counted from 1. The caller's random state stays. On a CPU the result is a function
    of the seed (and of the number of threads, which decides the order of sums). ``bfloat16`` (by
    default on a GPU) is for the layers; weights and loss stay float32.
    """
    device = torch.device(device)
    cuda = device.type == "cuda"
    with torch.random.fork_rng([device] if cuda else []):
        torch.manual_seed(seed)
        module = build(architecture, dataset.shape, len(dataset.classes)).to(device)
        module = module.to(memory_format=torch.channels_last)  # LeNet on a CPU: a third faster
        images, labels = dataset.train.images.to(device), dataset.train.labels.to(device)
        _fit(module, images, labels, recipe, on_epoch, cuda if bfloat16 is None else bfloat16)
    return module.to(memory_format=torch.contiguous_format).eval()


def learning_rate(recipe: Recipe, progress: float) -> float:
    """The one-cycle rate at ``progress`` in [0, 1] of the training."""
    if progress < WARM_UP:
        return recipe.learning_rate * progress / WARM_UP
    return recipe.learning_rate * (1 + math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP))) / 2


def _fit(
    module: nn.Module,
    images: Tensor,
    labels: Tensor,
    recipe: Recipe,
    on_epoch: Callable[[int, int, float], None] | None,
    bfloat16: bool,
) -> None:
    if min(len(images), recipe.batch) < 2:
        raise BenchError(
            f"{len(images)} training images in batches of {recipe.batch}: batch norm cannot train "
            "on fewer than 2 images at once; give more images or a larger batch"
        )
    optimiser = _optimiser(module, recipe)
    steps = math.ceil(len(images) / recipe.batch)
    watch = Watch(recipe, labels)
    for epoch in range(recipe.epochs):
        order = torch.randperm(len(images)).to(images.device)
        losses = []
        for step, chosen in enumerate(order.split(recipe.batch)):
            if len(chosen) == 1:  # batch norm cannot train on one image
                continue
            progress = (epoch + (step + 0.5) / steps) / recipe.epochs
            optimiser.param_groups[0]["lr"] = learning_rate(recipe, progress)
            batch = augment(images[chosen], recipe.augmentation, recipe.padding)
            batch = batch.to(torch.float32, memory_format=torch.channels_last).div_(255)
            losses.append(_update(module, optimiser, batch, labels[chosen], bfloat16))
        mean_loss = torch.stack(losses).mean().item()
        watch.epoch(mean_loss)
        if on_epoch:
            on_epoch(epoch + 1, recipe.epochs, mean_loss)


class Watch:
    """Raises ``BenchError`` for a training that has diverged, naming the epoch where that began.

    A loss that is not finite is one sign. The other is quiet: units die, the network gives all
    images one answer, and the loss stays at that of guessing, for ``LOST`` steps in two or more
    epochs in a row after a better one.
    """

    def __init__(self, recipe: Recipe, labels: Tensor) -> None:
        shares = torch.bincount(labels).double() / len(labels)
        self.guessing = torch.special.entr(shares).sum().item()  # nats
        self.recipe = recipe
        self.losses: list[float] = []  # mean of each epoch
        self.patience = max(2, math.ceil(LOST * recipe.batch / len(labels)))  # epochs

    def epoch(self, loss: float) -> None:
        """Take the mean loss of one more epoch; ``BenchError`` where training has diverged."""
        self.losses.append(loss)
        if not math.isfinite(loss):
            raise self._diverged(len(self.losses), f"the loss is {loss}")
        lost = [value > GUESSING * self.guessing for value in self.losses]
        if len(lost) > self.patience and all(lost[-self.patience :]) and not all(lost):
            began = len(self.losses) - self.patience + 1
            told = f"the loss is {loss:.3f}, that of guessing, after {min(self.losses):.3f}"
            raise self._diverged(began, told)

    def _diverged(self, epoch: int, told: str) -> BenchError:
        rate = self.recipe.learning_rate
        return BenchError(
            f"training diverged in epoch {epoch} of {self.recipe.epochs} ({told}): train with a "
            f"lower peak rate than {rate:g}, as in bench teacher train --learning-rate "
            f"{rate / 4:.1g}"
        )


def _optimiser(module: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    rate, momentum, decay = recipe.learning_rate, recipe.momentum, recipe.weight_decay
    if recipe.optimiser == "adamw":
        return torch.optim.AdamW(
            module.parameters(), rate, (momentum, 0.999), weight_decay=decay, fused=True
        )
    return torch.optim.SGD(
        module.parameters(), rate, momentum, weight_decay=decay, nesterov=True, fused=True
    )


def _update(
    module: nn.Module,
    optimiser: torch.optim.Optimizer,
    batch: Tensor,
    labels: Tensor,
    bfloat16: bool,
) -> Tensor:
    """One step of the optimiser; returns its loss without reading it."""
    with torch.autocast(batch.device.type, torch.bfloat16, enabled=bfloat16):
        logits = module(batch)
    loss = F.cross_entropy(logits.float(), labels)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.detach()
