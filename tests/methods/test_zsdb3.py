"""ZSDB3KD: the price of a round, pseudo-samples, soft labels, budgets that pay for no sample."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmark import env
from benchmark.method import Spec, config
from benchmark.nets import architectures
from benchmark.oracle import open_oracle
from benchmark.oracle.answering import Network
from benchmark.run import registry
from methods._blocks.pool import from_bytes
from methods.zsdb3 import noise_images, robustness_logits
from support.contract import run_steps
from support.suite import CPU, StubTeacher

TEN = Spec((1, 8, 8), 10, CPU)
SMALL = {
    "zsdb3": {"samples": 4, "passes": 2, "batch": 10},
    "zsdb3:samples": {"samples": 4, "passes": 2, "batch": 10},
    "zsdb3:mbd": {"samples": 3, "passes": 2, "batch": 10, "label_iterations": 2, "tries": 2},
    "zsdb3:released": {
        "passes": 2,
        "batch": 10,
        "rounds": 2,
        "push_starts": 3,
        "push_iterations": 2,
        "starts": 4,
        "probes": 5,
        "tries": 2,
        "tolerance": 0.02,
    },
}


class Only(StubTeacher):
    """A teacher that has more classes than it ever answers."""

    def __init__(self, classes: int, answered: int) -> None:
        super().__init__(answered)
        self.silent = classes - answered

    def forward(self, images: Tensor) -> Tensor:
        return F.pad(super().forward(images), (0, self.silent), value=-10.0)


@pytest.fixture
def build():
    """``make(label, spec, budget, teacher, student, **values) -> (method, account)``."""
    closers = []

    def make(label, spec, budget, teacher=None, student=None, **values):
        entry = registry.find(label)
        resolved = config.resolve(entry.method, label, entry.overrides, values)
        box = [Network(teacher or StubTeacher(spec.classes))]
        oracle, account, close = open_oracle(spec, budget, box)
        closers.append(close)
        env.seed_all("zsdb3", label)
        student = student or architectures.build("lenet", spec.shape, spec.classes)
        method = entry.method(spec, resolved, oracle, student)
        method.setup()
        return method, account

    yield make
    for close in closers:
        close()


def run(method, first: int = 0, last: int | None = None) -> int:
    return run_steps(method, registry.find("zsdb3"), first, last, seed=0)


@pytest.mark.parametrize("label", SMALL)
@pytest.mark.parametrize("classes", [3, 10])
@pytest.mark.parametrize("answered", [1, 2, None])
def test_the_formula_of_a_round_is_what_the_oracle_counts(label, classes, answered, build):
    """Also where the teacher never gives some classes, and where it gives a single one."""
    spec = Spec((1, 8, 8), classes, CPU)
    teacher = Only(classes, answered) if answered else None
    method, account = build(label, spec, 10_000, teacher, **SMALL[label])
    cost = method.round_cost(method.config, spec)
    for rounds in (1, 2):
        run(method, rounds - 1, rounds)
        assert account.spent == rounds * cost
    samples = len(method.transfer.soft)
    assert samples == 0 if answered == 1 else samples >= method.config.samples


@pytest.mark.parametrize(
    ("label", "shape", "classes", "queries"),
    [
        ("zsdb3", (1, 28, 28), 10, 3 + (9 + 20 + 10 + 2) + 9 * 9),
        ("zsdb3", (3, 32, 32), 100, 3 + (10 + 20 + 11 + 2) + 99 * 10),
        ("zsdb3:mbd", (1, 28, 28), 10, 3 + (9 + 20 + 10 + 2) + 9 * (9 + 20 + 10)),
        ("zsdb3:released", (1, 28, 28), 10, 224_847),
    ],
)
def test_the_price_of_a_sample_by_hand(label, shape, classes, queries):
    entry = registry.find(label)
    resolved = config.resolve(entry.method, label, entry.overrides)
    assert entry.method.sample_cost(resolved, Spec(shape, classes, CPU)) == queries


@pytest.mark.parametrize("label", ["zsdb3:samples", "zsdb3:mbd", "zsdb3:released"])
def test_labels_are_those_of_the_stored_images_and_the_rest_is_noise(label, build):
    values = SMALL[label] | {"train_on": "samples"}
    method, account = build(label, TEN, 3000, **values)
    run(method)
    assert account.spent == 3000
    soft, hard = method.transfer.soft, method.transfer.hard
    assert len(soft) == 3000 // method.cost > 0
    for pool in (soft, hard):
        images, labels = from_bytes(pool.images[: len(pool)]), pool.labels[: len(pool)]
        assert torch.equal(StubTeacher(10)(images).argmax(dim=1), labels)
    begun = method.config.rest == "begin"
    assert len(hard) == (1 if begun else 3000 % method.cost)


def margins(images: Tensor, classes: int) -> Tensor:
    """Exact distances to the nearest boundary of the stub, a plane of equal brightness."""
    centres = torch.linspace(0.2, 0.8, classes)
    planes = (centres[1:] + centres[:-1]) / 2
    apart = (images.mean(dim=(1, 2, 3))[:, None] - planes).abs().amin(dim=1)
    return apart * math.sqrt(images[0].numel())


@pytest.mark.parametrize(
    "values",
    [{}, {"push_start": "random", "push_starts": 8, "push_iterations": 4, "tries": 3}],
    ids=["labelled", "random"],
)
def test_pseudo_samples_move_away_from_the_boundary(values, build):
    """Half a step back from a plane adds half of the distance, except where it is clipped."""
    method, _ = build("zsdb3", Spec((1, 8, 8), 2, CPU), 50_000, **values)
    method._collect(200)
    images, labels = method.bank.draw(method.used, 60)
    pushed = method._push(images, labels)
    growth = margins(pushed, 2) / margins(images, 2)
    assert growth.mean() > 1.12 and (growth > 1).float().mean() > 0.8
    assert torch.equal(StubTeacher(2)(pushed).argmax(dim=1), labels)


@pytest.mark.parametrize("labels", ["bd", "mbd"])
def test_distances_bound_the_true_ones_and_order_the_classes(labels, build, spec):
    method, _ = build(
        "zsdb3", spec, 200_000, labels=labels, label_iterations=6, probes=60, tries=3, starts=5
    )
    method._collect(300)
    images, own = method.bank.draw(method.used, 60)
    distances = method._distances(images, own)
    nearest = distances.amin(dim=1)
    assert (nearest > margins(images, 3) - 0.05).all()
    dark, bright = distances[own == 0], distances[own == 2]
    assert len(dark) and len(bright)
    assert (dark[:, 1] < dark[:, 2]).all() and (bright[:, 1] < bright[:, 0]).all()
    assert torch.isinf(distances[torch.arange(60), own]).all()
    if labels == "mbd":
        assert (nearest < 1.3 * margins(images, 3) + 0.1).float().mean() > 0.9


def test_soft_label_of_known_distances():
    infinite = math.inf
    distances = torch.tensor([[infinite, 2.0, 4.0, 0.5], [1.0, infinite, infinite, 10.0]])
    found = robustness_logits(distances, torch.tensor([0, 1]))
    torch.testing.assert_close(found, torch.tensor([[2.75, 0.5, 0.25, 2.0], [1.0, 1.1, 0.0, 0.1]]))
    ten = torch.full((1, 10), 2.0)
    probabilities = torch.softmax(robustness_logits(ten, torch.tensor([3])) / 20, dim=1)[0]
    assert probabilities[3].item() == pytest.approx(0.11950, abs=1e-5)  # l = 4.5, the others 0.5
    assert probabilities[0].item() == pytest.approx(0.09783, abs=1e-5)


def test_the_loss_is_a_mean_ce_and_a_summed_divergence(build, spec):
    student = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    method, _ = build("zsdb3", spec, 100, student=student)
    images, labels = torch.rand(2, *spec.shape), torch.tensor([1, 2])
    logits, soft = torch.tensor([[1.0, 3.0, 2.0], [0.0, 0.0, 0.0]]), torch.tensor([1.0, 0.0])
    scores = student(images).tolist()
    ce = sum(math.log(sum(map(math.exp, s))) - s[y] for s, y in zip(scores, (1, 2), strict=True))

    def softened(values):
        shares = [math.exp(value / 20) for value in values]
        return [share / sum(shares) for share in shares]

    target, given = softened([1.0, 3.0, 2.0]), softened(scores[0])
    divergence = sum(p * math.log(p / q) for p, q in zip(target, given, strict=True))
    (loss,) = method._student_step(images, labels, logits, soft)
    assert loss.item() == pytest.approx(ce / 2 + divergence, abs=1e-5)
    assert student(images).tolist() != scores


def test_a_class_that_never_occurs_has_logit_zero_and_is_noted(build):
    method, _ = build("zsdb3", TEN, 3000, Only(10, 7), samples=5, passes=1, batch=10)
    run(method)
    samples = len(method.transfer.soft)
    assert samples - 3000 // method.cost in (0, 1), "the last one may miss its unknown classes"
    logits = method.transfer.logits[:samples]
    assert (logits[:, 7:] == 0).all() and (logits[:, :7] > 0).any(dim=1).all()
    missing = 10 - int(method.bank.known().sum())
    assert missing >= 3
    assert method._notes == [f"{missing} of 10 classes have no labelled noise"]


@pytest.mark.parametrize("label", SMALL)
def test_a_teacher_of_one_class_leaves_noise_to_learn(label, build):
    method, account = build(label, TEN, 2000, Only(10, 1), **SMALL[label])
    run(method)
    assert account.spent == 2000 and len(method.transfer.soft) == 0
    assert len(method.transfer.hard) > 0 and method._notes[-1].startswith("9 of 10 classes")


@pytest.mark.parametrize("budget", [2, 3, 60])
def test_a_budget_below_a_sample_labels_noise(budget, build):
    method, account = build("zsdb3", TEN, budget, passes=1)
    before = [parameter.clone() for parameter in method.student.parameters()]
    run(method)
    assert account.spent == len(method.transfer.hard) == budget
    assert (
        method._notes[0]
        == f"no pseudo-sample fits into the budget: one costs {method.cost} queries"
    )
    after = method.student.parameters()
    assert any(not torch.equal(a, b) for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("budget", [8, 500])
def test_released_ends_within_its_first_sample_and_trains_on_what_it_has(budget, build):
    method, account = build("zsdb3:released", TEN, budget, passes=1)
    run(method)
    assert account.spent == budget and len(method.transfer.soft) == 0
    assert method._notes[0] == "no pseudo-sample fits into the budget: one costs 217,581 queries"
    assert len(method.transfer.hard) == min(budget, 10)  # the noise, one of it under way


def test_a_sample_that_was_cut_off_is_kept_as_far_as_it_was_pushed(build):
    values = SMALL["zsdb3:released"] | {"rounds": 50, "push_starts": 8}
    method, _ = build("zsdb3:released", TEN, 600, **values)
    pushes = []
    plain = method._push
    method._push = lambda *given: pushes.append(plain(*given)) or pushes[-1]
    run(method)
    assert len(pushes) > 2
    hard = method.transfer.hard
    assert torch.equal(from_bytes(hard.images[:1]), pushes[-1])


def test_all_answers_train_the_student_but_in_the_papers_form(build):
    for label, trained in (("zsdb3", 700), ("zsdb3:cached", 700), ("zsdb3:samples", None)):
        method, account = build(label, TEN, 700, samples=3, passes=1, final_passes=1)
        run(method)
        hard, soft = method.transfer.hard, method.transfer.soft
        assert account.spent == 700 and len(soft) == 700 // method.cost
        assert len(hard) == (trained or 700 % method.cost)
        if trained:
            assert torch.equal(hard.labels[:700].int(), account.labels)


@pytest.mark.parametrize(
    ("label", "values", "expected"),
    [
        ("zsdb3", {"passes": 3}, [1.0] * 3 * 8),  # 700 answers and 5 samples by 90: 8 a pass
        ("zsdb3:released-steps", {}, [1.0] * 11_800),
        ("zsdb3:released-steps", {"student_steps": 21}, [1.0] * 21),  # ends within a pass
        # ideal's: 1, 2, 3, then 3 steps each time a batch is bought, and passes that fall
        ("zsdb3:cached", {"replay_steps": 3, "final_passes": 2}, [1.0] * 21 + [1.0, 0.5] * 8),
    ],
)
def test_student_steps(label, values, expected, build):
    method, _ = build(label, TEN, 700, samples=3, batch=90, **values)
    rates, group = [], method.student_optimiser.param_groups[0]
    method._student_step = lambda *batch: (rates.append(group["lr"]), (torch.zeros(()),))[1]
    run(method)
    full = method.config.student_lr
    assert len(method.transfer) == 706 and len(rates) == len(expected)
    assert sorted(rates) == pytest.approx(sorted(full * share for share in expected))


@pytest.mark.parametrize("classes", [2, 200])
@pytest.mark.parametrize("budget", [1000, 5000])
def test_every_budget_is_spent_for_few_classes_and_for_many(classes, budget, build):
    spec = Spec((1, 8, 8), classes, CPU)
    method, account = build("zsdb3", spec, budget, passes=1)
    run(method)
    assert account.spent == budget


def test_noise_has_its_own_brightness_and_contrast_for_each_image(spec):
    torch.manual_seed(0)
    images = noise_images(4000, spec)
    assert images.shape == (4000, *spec.shape) and images.min() >= 0 and images.max() <= 1
    torch.testing.assert_close(images.mul(255).round().div(255), images)
    flat = images.flatten(1)
    assert flat.std(dim=1).min() < 0.05 and flat.std(dim=1).max() > 0.35
    # without clipping the mean is 0.7 s with s uniform in [0, 1]
    calm = flat.mean(dim=1)[(flat.max(dim=1).values < 1) & (flat.min(dim=1).values > 0)]
    assert calm.min() < 0.1 and calm.max() > 0.5
