"""ZSDB3KD: soft labels from distances to the decision boundary, for noise (Wang 2021).

Idea. The nearer an image lies to the boundary of a class, the more probability that class deserves.
So labels alone, asked along rays, give a soft label. With no data, images of noise are first pushed
away from the teacher's boundaries; these pseudo-samples get soft labels and train the student.

Losses. Student: CE(S(x), c) + KL(softmax(l / tau) || softmax(S(x) / tau)), CE a mean and KL a sum
over the batch, as released; l_t = 1 / (distance to class t), l_c = the sum of the others.

Queries of one round. samples * (noise + R * push + (K - 1) * target). A bisection halves b =
ceil(log2(sqrt(C H W / 6) / tolerance)) times; target = b, push = 2 b + 1 + probes + push_checks:
125 a sample at MNIST, 1,036 at CIFAR-100. More starts and MBD: ``Finder.cost``.

Variants. The default is a form reduced by this suite, as the released one finishes no sample at
usual budgets, and learns from every answer. ``samples``: from pseudo-samples alone, as the paper.
``released-steps``: as many student steps as released, about 11,800. ``cached``: within the student
steps of ``ideal``, with the values of the best trial of ``bench tune`` there. ``mbd``: the distance
to each target is minimised over the direction too, one step. ``released``: its settings, 224,847
queries a sample at MNIST. A smaller budget ends within the first sample, which then trains the
student with its label alone, beside the noise labelled for it.

Deviations.
1. All counts are fixed, so that a round's cost is known: so many halvings, step sizes tried and
   shares of a push asked. The released searches end when labels say so, or by limits; the counts of
   ``released`` come near those limits (5000 queries a push, 1000 a target).
2. Rays start at labelled images of this run, nearest first; released: real images at random, or for
   a push random directions (``push_start``). A push of the default takes one descent step.
3. Rejection is capped: ``noise`` images a sample, used as evenly over classes as they allow. A
   target of which no image is known has l_t = 0, and its queries label noise in search of it; a
   round that knows one class only does nothing else.
4. The oracle rounds to 8 bits, a change of norm about sqrt(C H W / 12) / 255, 0.03 at MNIST. The
   released bisection to 1e-5 and probes of norm h = 0.001 read that rounding, and mostly ask the
   same 8-bit images again (``unique`` in a row); the default's tolerance and h are above it.
5. The released descent shares a step size in the batch, aliases the best ray and the present one,
   counts by batch means and compares with the first label. Here each pair of image and target has
   its own step size, smoothing and class. The gradient is scaled to norm 1, so that a step size
   means the same for any h and number of probes.
6. Shuffled passes, all after the last query; released: a new permutation for each batch, so that
   the batches of a pass overlap. The batch is that of the data set (released: 512).
7. A rest of the budget that pays no whole sample labels noise, which trains by CE (``rest``).
8. All labelled images train the student, most of them by CE: of 5,000 queries 43 end
   in a soft label, where the released 30,000 samples are the whole labelled set. 200 passes over
   everything, whatever the budget; released: 201 over its samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmark.method import BudgetExhausted, Method, Spec, hot, param
from methods._blocks.bank import ClassBank
from methods._blocks.boundary import Descent, Finder, Search, levels_for, step_back
from methods._blocks.optimisers import adam, descend, set_rate
from methods._blocks.pool import from_bytes, to_bytes
from methods._blocks.replay import Replay, steps_within
from methods._blocks.transfer import TransferSet

CODE, SUITE = "released code", "this suite"
CALL = 2000  # images a call, so that a teacher's activations fit into the memory


class Zsdb3(Method):
    paper = "Wang: Zero-Shot KD from a Decision-Based Black-Box Model, ICML 2021"
    version = 2
    not_validated = (
        "its released form has not been seen to finish 200 samples and to beat the same noise with "
        "hard labels, over three seeds"
    )
    variants = {
        "cached": {
            "cached": True,
            "step_size": 1.4,
            "student_lr": 0.00274,
            "replay_steps": 1,
            "batch": 50,
        },
        "samples": {"train_on": "samples"},
        "released-steps": {"student_steps": 11_800},
        "mbd": {"labels": "mbd"},
        "released": {
            "train_on": "samples",
            "samples": 1,
            "noise": 10,
            "rounds": 40,
            "push_start": "random",
            "push_starts": 20,
            "push_iterations": 17,
            "push_checks": 5,
            "labels": "mbd",
            "starts": 201,
            "label_iterations": 3,
            "probes": 200,
            "tries": 5,
            "smoothing": 1e-3,
            "tolerance": 1e-5,
            "rest": "begin",
        },
    }
    tiny = {
        "batch": 10,
        "samples": 2,
        "rounds": 1,
        "push_starts": 2,
        "push_iterations": 1,
        "starts": 2,
        "label_iterations": 1,
        "probes": 3,
        "tries": 2,
        "tolerance": 0.3,
        "student_steps": 40,
        "replay_steps": 2,
        "final_passes": 1,
    }
    space = {
        "": {
            "step_size": (0.02, 2.0),
            "student_lr": (1e-4, 1e-1),
            "passes": (20, 1000),
            "batch": (25, 250),
        },
        "cached": {
            "step_size": (0.02, 2.0),
            "student_lr": (1e-4, 1e-1),
            "replay_steps": (1, 50),
            "batch": (25, 250),
        },
    }

    @dataclass(frozen=True)
    class Config(Replay.Config):
        batch: int = param(512, CODE + ", the student's mini-batch", low=2)
        samples: int = param(25, SUITE + "; released: 200 of a class at a time", low=1)
        noise: int = param(3, SUITE + "; released: as many as 200 of each class take", low=1)
        rounds: int = param(1, SUITE + ", R; released: 40", low=0)
        push_start: Literal["labelled", "random"] = param("labelled", SUITE + "; random: " + CODE)
        push_starts: int = param(1, SUITE + "; released: 20", low=1)
        push_iterations: int = param(1, SUITE + "; released: as 5000 queries allow", low=0)
        push_step: float = param(0.5, CODE + ", share of the distance", low=0)
        push_checks: int = param(2, SUITE + "; released: halved until the label holds", low=1)
        labels: Literal["bd", "mbd"] = param("bd", "paper: either; bd is what a budget allows")
        starts: int = param(1, SUITE + ", a target; released: 201", low=1)
        label_iterations: int = param(1, SUITE + ", mbd; released: as 1000 queries allow", low=1)
        probes: int = param(20, SUITE + ", a gradient; released: 200", low=1)
        tries: int = param(1, SUITE + ", step sizes a gradient; released: up to 30", low=1)
        step_size: float = param(0.2, CODE + "; here of a gradient of norm 1", low=1e-6)
        smoothing: float = param(0.1, SUITE + ", deviation 4; released: 0.001", low=1e-8)
        tolerance: float = param(0.03, SUITE + ", deviation 4; released: 1e-5", low=1e-8)
        bank: int = param(201, CODE + ": starts of a class", low=1)
        temperature: float = param(20.0, CODE + ", tau", low=1e-3)
        rest: Literal["noise", "begin"] = param("noise", "deviation 7; begin: a part of a sample")
        train_on: Literal["samples", "all"] = param("all", "deviation 8; samples: paper")
        passes: int = param(200, CODE + ": 201 epochs; not if cached", low=1)
        student_steps: int = param(0, "0: as many as the passes have; released: 11,800", low=0)
        student_lr: float = param(1e-3, CODE + ", MNIST and FMNIST (CIFAR-10: 0.005)", low=0)

    @classmethod
    def sample_cost(cls, config: Config, spec: Spec) -> int:
        """Queries of a pseudo-sample with its soft label."""
        push = push_search(config, spec).cost + config.push_checks
        target = target_search(config, spec).cost
        return config.noise + config.rounds * push + (spec.classes - 1) * target

    @classmethod
    def round_cost(cls, config: Config, spec: Spec) -> int:
        return config.samples * cls.sample_cost(config, spec)

    @classmethod
    def least_budget(cls, config: Config, spec: Spec) -> int:
        return 2  # a budget that pays no sample labels noise

    def setup(self) -> None:
        c, spec, budget = self.config, self.spec, self.oracle.budget
        self.cost = self.sample_cost(c, spec)
        self.bank = ClassBank(spec, max(c.bank, c.samples))
        # One more than fit: the last is complete, too, where a class is known of no image.
        self.transfer = TransferSet(spec, budget // self.cost + 1, budget + c.samples)
        self.used = torch.zeros(spec.classes, dtype=torch.int64, device=spec.device)
        self.student_optimiser = adam(self.student, c.student_lr)
        self.updates = self.passes_done = 0
        if budget < self.cost:
            self.note(f"no pseudo-sample fits into the budget: one costs {self.cost:,} queries")

    def step(self) -> bool:
        room = self.oracle.remaining
        if room == 0:
            return self._pass()
        fit = room // self.cost
        if fit == 0 and self.config.rest == "noise":
            images, labels = self._noise(CALL)
            self.bank.add(images, labels)
            self._keep(images, labels)
        else:
            self._round(min(max(fit, 1), self.config.samples))
        return True

    def _round(self, count: int) -> None:
        """Noise, pushed away from the boundaries, with soft labels."""
        c = self.config
        self._collect(count * c.noise)
        if self.bank.known().sum() < 2:  # nowhere to search for a boundary
            self._collect(count * (self.cost - c.noise))
            return
        images, labels = self.bank.draw(self.used, count)
        try:
            for _ in range(c.rounds):
                images = self._push(images, labels)
            distances = self._distances(images, labels)
        except BudgetExhausted:  # only where the rest of the budget begins a sample
            self._keep(images, labels)
            return
        self.bank.add(images, labels)
        self.transfer.add_soft(images, labels, robustness_logits(distances, labels))
        self.used += torch.bincount(labels, minlength=self.spec.classes)
        self.log(samples=len(self.transfer.soft), distance=distances.amin(dim=1).mean())

    def _noise(self, count: int) -> tuple[Tensor, Tensor]:
        """So many labelled images of noise, or as many as the budget has."""
        images = noise_images(min(count, self.oracle.remaining), self.spec)
        return images, self._ask(images)

    def _collect(self, count: int) -> None:
        """Label so many images of noise for the bank."""
        for done in range(0, count, CALL):
            self.bank.add(*self._noise(min(CALL, count - done)), fresh=True)

    def _push(self, images: Tensor, labels: Tensor) -> Tensor:
        """One step away from the nearest boundary, v: x - s v, s halved until the label holds."""
        c, device = self.config, images.device
        if c.push_start == "labelled":
            others = torch.arange(self.spec.classes, device=device) != labels[:, None]
            steps = self.bank.nearest(images, others, c.push_starts) - images
        else:
            steps = torch.randn(c.push_starts, *images.shape, device=device)
            steps *= 4 * torch.rand(*steps.shape[:2], 1, 1, 1, device=device)
        search = Search(self._ask, images, labels, leave=True)
        rays, distances = push_search(c, self.spec)(search, steps)
        self.log(push=distances.mean())
        shares = [c.push_step / 2**halvings for halvings in range(c.push_checks)]
        return step_back(search, distances[:, None, None, None] * rays, shares)

    def _distances(self, images: Tensor, labels: Tensor) -> Tensor:
        """Boundary distance to each class (BD or MBD), infinite where not known: N x K."""
        c, classes = self.config, torch.arange(self.spec.classes, device=labels.device)
        finder = target_search(c, self.spec)
        owners, targets = (self.bank.known() & (classes != labels[:, None])).nonzero(as_tuple=True)
        search = Search(self._ask, images[owners], targets)
        starts = self.bank.nearest(search.images, classes == targets[:, None], c.starts)
        _, found = finder(search, starts - search.images)
        distances = images.new_full((len(images), len(classes)), torch.inf)
        distances[owners, targets] = found
        missing = len(images) * (len(classes) - 1) - len(targets)
        self._collect(missing * finder.cost)
        return distances

    def _ask(self, images: Tensor) -> Tensor:
        """Labels, in calls of a bounded size. The rest of the budget is spent before it ends."""
        labels = []
        for part in images.split(CALL):
            asked, answers = self.ask(part)
            labels.append(answers)
            if self.config.train_on == "all":
                self.transfer.hard.add(asked, answers)
            if len(asked) < len(part):
                raise BudgetExhausted("the rest of the budget ended a search")
        return torch.cat(labels)

    def _keep(self, images: Tensor, labels: Tensor) -> None:
        """Into the transfer set with their labels alone, if they are not there."""
        if self.config.train_on == "samples":
            self.transfer.hard.add(images, labels)

    def _pass(self) -> bool:
        """After the last query: one pass over the transfer set, or the rest of the steps."""
        if self.updates == 0:
            self._close()
        whole = -(-len(self.transfer) // self.config.batch)
        left = self._steps(whole) - self.updates
        if left <= 0 and not self._begin_final_pass():
            return False
        self.student.train()
        for batch in islice(self.transfer.batches(self.config.batch), left if left > 0 else whole):
            (loss,) = self._student_step(*batch)
        self.log(student_loss=loss)
        self.updates += min(left, whole) if left > 0 else whole
        return True

    def _steps(self, whole: int) -> int:
        """Student steps before the final passes; ``whole``: those of one pass."""
        c = self.config
        if c.cached:
            return steps_within(len(self.transfer), c.batch, c.replay_steps)
        return c.student_steps or c.passes * whole

    def _begin_final_pass(self) -> bool:
        """Whether there is another one; the learning rate falls pass by pass, as in ``ideal``."""
        c = self.config
        if not c.cached or self.passes_done == c.final_passes:
            return False
        set_rate(self.student_optimiser, c.student_lr * (1 - self.passes_done / c.final_passes))
        self.passes_done += 1
        return True

    def _close(self) -> None:
        """The budget is spent; if that finished no sample, the student learns the noise."""
        missing = self.spec.classes - int(self.bank.known().sum())
        if missing:
            self.note(f"{missing} of {self.spec.classes} classes have no labelled noise")
        if not len(self.transfer.soft):
            self._keep(*self.bank.draw(self.used, self.bank.fresh.numel()))

    @hot("student")
    def _student_step(
        self, images: Tensor, labels: Tensor, logits: Tensor, soft: Tensor
    ) -> tuple[Tensor]:
        """One update on CE(S(x), c) + KL(softmax(l / tau) || softmax(S(x) / tau))."""
        scores, tau = self.student(images), self.config.temperature
        target = F.log_softmax(logits / tau, dim=1)
        softened = F.log_softmax(scores / tau, dim=1)
        divergence = F.kl_div(softened, target, reduction="none", log_target=True).sum(dim=1)
        loss = F.cross_entropy(scores, labels) + (soft * divergence).sum()
        return (descend(self.student_optimiser, loss),)


def push_search(config: Zsdb3.Config, spec: Spec) -> Finder:
    """The search for the nearest boundary that a sample is pushed away from."""
    certain = config.push_start == "labelled"
    return _finder(config, spec, config.push_starts, certain, config.push_iterations)


def target_search(config: Zsdb3.Config, spec: Spec) -> Finder:
    """The search for the boundary of one class."""
    iterations = config.label_iterations if config.labels == "mbd" else 0
    return _finder(config, spec, config.starts, True, iterations)


def _finder(
    config: Zsdb3.Config, spec: Spec, starts: int, certain: bool, iterations: int
) -> Finder:
    levels = levels_for(spec.shape, config.tolerance)
    how = (config.probes, config.tries, levels, config.smoothing, config.step_size)
    return Finder(starts, certain, levels, Descent(iterations, *how))


def noise_images(count: int, spec: Spec) -> Tensor:
    """clamp((U + 0.2) s + N s', 0, 1), rounded to 8 bits: count x C x H x W.

    U uniform in [0, 1] and N normal for each pixel, s and s' uniform in [0, 1] for each image.
    """
    s, s_noise = torch.rand(2, count, 1, 1, 1, device=spec.device)
    uniform = torch.rand(count, *spec.shape, device=spec.device)
    images = (uniform + 0.2) * s + torch.randn_like(uniform) * s_noise
    return from_bytes(to_bytes(images.clamp(0, 1)))


def robustness_logits(distances: Tensor, labels: Tensor) -> Tensor:
    """l_t = 1 / distance for t != c, and l_c the sum of these: N x K.

    ``distances``: N x K to the boundary of each class, infinite where none is known.
    """
    own = labels[:, None]
    logits = distances.reciprocal().scatter(1, own, 0.0)
    return logits.scatter(1, own, logits.sum(dim=1, keepdim=True))
