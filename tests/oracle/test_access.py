"""Access beyond labels (scores, the teacher itself, its data): each only when asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from benchmark import datasets, env
from benchmark.datasets.fit import fit
from benchmark.errors import BenchError
from benchmark.method import Spec
from benchmark.method.visits import Visits
from benchmark.run import cells, registry
from benchmark.run.cells import Request, check_budget, expand
from methods._blocks.losses import distillation, divergence, log_probabilities
from methods._blocks.pool import LabelledPool
from support.made_rows import make_row
from support.runs import TINY, only_row, path_run, rows
from support.suite import CPU

WHITE_BOX = """
    access = ("hard-label", "white-box")

    @classmethod
    def round_cost(cls, config, spec):
        return 20

    least_budget = round_cost

    def step(self):
        images = torch.rand(20, *self.spec.shape, requires_grad=True)
        if self.spec.access == "white-box":
            self.teacher(images).sum().backward()
            assert images.grad.abs().sum() > 0
            assert not any(p.requires_grad for p in self.teacher.parameters())
        else:
            self.note("no teacher, so no gradient")
            assert self.teacher is None
        answers = self.oracle(images.detach())
        assert answers.is_floating_point() == (self.spec.access == "white-box")
        return self.oracle.remaining > 0
"""


def one_cell(label: str, **request) -> cells.Cell:
    return expand(Request([registry.find(label)], ["digits"], [0], **request))[0]


def test_scores_are_probabilities_and_cost_what_labels_cost(spec, stub_oracle):
    images = torch.rand(7, *spec.shape)
    hard, _ = stub_oracle(spec, 10)
    soft, account = stub_oracle(replace(spec, access="score"), 10)
    answers = soft(images)
    assert answers.shape == (7, 3) and answers.dtype == torch.float32
    assert torch.allclose(answers.sum(dim=1), torch.ones(7))
    assert torch.equal(answers.argmax(dim=1), hard(images))
    assert soft.spent == 7 and torch.equal(account.labels[:7].long(), answers.argmax(dim=1))
    assert soft(images[:0]).shape == (0, 3) and hard(images[:0]).shape == (0,)


def test_a_white_box_run_hands_over_a_frozen_teacher_and_counts_what_it_saw(
    cli, method_file, tmp_path
):
    path = method_file("looks", WHITE_BOX)
    code, _, errors = cli(*path_run(path, 60, "--access", "white-box"))
    assert code == 0, errors
    row = only_row(tmp_path / "results")
    assert (row.access, row.queries, row.teacher_images) == ("white-box", 60, 60)
    assert row.teacher_gradients == 60
    assert row.notes == ()
    code, _, errors = cli(*path_run(path, 60))
    assert code == 0, errors
    found = {row.access: row for row in rows(tmp_path / "results")}
    assert found["hard-label"].teacher_images == found["hard-label"].teacher_gradients == 0
    assert found["hard-label"].notes == ("no teacher, so no gradient",)
    assert found["hard-label"].id != found["white-box"].id


def test_the_usual_access_leaves_the_ids_of_the_first_rows():
    row = make_row()
    assert row.run_id == replace(row, variant="y", overrides={"a": 1}).run_id
    assert row.run_id != replace(row, access="score").run_id


def test_an_access_that_a_method_cannot_use_is_refused_with_the_list(cli):
    with pytest.raises(BenchError, match=r"--access score .*dafl: hard-label, .*; .*real-data"):
        found = [registry.find(name) for name in ("dafl", "dfme", "normal-kd")]
        expand(Request(found, ["digits"], [0], access="score"))
    assert one_cell("normal-kd").access == "real-data"
    assert one_cell("dfme").access == "hard-label"
    assert one_cell("dfme", access="score").access == "score"
    code, _, errors = cli("run", "--methods", "dfme", *TINY, "1k", "--access", "white-box")
    assert code == 2 and "dfme: hard-label, score" in errors


def test_a_budget_below_a_batch_or_a_round_is_refused_with_what_works(cli, tmp_path):
    spec = Spec((1, 16, 16), 10, CPU)
    with pytest.raises(BenchError, match=r"ideal.batch must be at most the budget, 100, not 250"):
        check_budget(one_cell("ideal", budgets=[100]), spec)
    with pytest.raises(BenchError, match="dfme works with a budget of 750 or more, not with 749"):
        check_budget(one_cell("dfme", budgets=[749]), spec)
    check_budget(one_cell("dfme", budgets=[750]), spec)
    code, _, errors = cli("run", "--methods", "noise,dfme", *TINY, "300")
    assert code == 2 and "750 or more" in errors
    assert not (tmp_path / "results").exists()  # nothing was run before the refusal


def test_answers_of_either_kind_train_a_student():
    logits = torch.tensor([[2.0, 0.0], [0.0, 1.0]])
    answers = torch.tensor([[0.75, 0.25], [1.0, 0.0]])
    student = logits.log_softmax(dim=1)
    first = 0.75 * (0.75 / student[0, 0].exp()).log() + 0.25 * (0.25 / student[0, 1].exp()).log()
    expected = torch.stack([first, -student[1, 0]])
    assert torch.allclose(divergence(logits, answers), expected)
    assert torch.allclose(distillation(logits, answers), expected.mean())
    labels = torch.tensor([0, 0])
    assert torch.allclose(divergence(logits, labels).mean(), distillation(logits, labels))
    # T = 2: the roots of 3/4 and 1/4, so 0.6340 and 0.3660; the certain image stays certain
    warm = (logits / 2).log_softmax(dim=1)
    softened = torch.tensor([3**0.5, 1.0]) / (3**0.5 + 1)
    two = ((softened * (softened.log() - warm[0])).sum() - warm[1, 0]) / 2
    assert torch.allclose(distillation(logits, answers, 2.0), 4 * two)
    assert torch.isfinite(log_probabilities(torch.zeros(1, 2))).all()


def test_the_pool_keeps_scores(spec):
    pool = LabelledPool(replace(spec, access="score"), 10)
    answers = torch.rand(4, 3)
    pool.add(torch.rand(4, *spec.shape), answers)
    images, kept = pool.newest(4)
    assert torch.equal(kept, answers) and images.shape == (4, *spec.shape)


def test_foreign_images_take_the_shape_of_the_task():
    grey = torch.full((2, 1, 8, 8), 40, dtype=torch.uint8)
    assert torch.equal(fit(grey, (3, 8, 8)), grey.expand(2, 3, 8, 8))
    colour = torch.tensor([100, 200, 50], dtype=torch.uint8).view(1, 3, 1, 1).expand(1, 3, 6, 6)
    assert fit(colour, (1, 3, 5)).unique().tolist() == [153]  # 29.9 + 117.4 + 5.7
    assert fit(colour, (3, 6, 6)) is colour


def test_photographs_are_built_in_and_their_test_part_is_apart():
    photos = datasets.load("photos")
    assert photos.train.images.shape == (1450, 3, 32, 32)
    assert photos.train.labels.bincount().tolist() == [725, 725]
    assert photos.test.labels.bincount().tolist() == [225, 225]
    with pytest.raises(BenchError, match="one image size only"):
        datasets.load("photos", size=64)


def test_real_images_are_asked_as_they_are_first_and_as_views_later(spec, make_method):
    for label in ("normal-kd", "out-of-domain"):
        method, account = make_method(registry.find(label), spec, 80)  # 50 images
        originals = {bytes(image.numpy().tobytes()) for image in method.images}
        asked = (method.next_images(50) * 255).round().to(torch.uint8)
        assert {image.numpy().tobytes() for image in asked} == originals
        views = (method.next_images(30) * 255).round().to(torch.uint8)
        assert len({image.numpy().tobytes() for image in views} - originals) > 10
        assert account.spent == 0


def test_real_images_reach_the_row_and_the_tasks_own_are_not_foreign(cli, tmp_path):
    few = ("--set", "out-of-domain.passes=1", "--set", "normal-kd.passes=1")
    code, _, errors = cli("run", "--methods", "out-of-domain,normal-kd", *TINY, "300", *few)
    assert code == 0, errors
    found = {row.method: (row.real_images, row.access) for row in rows(tmp_path / "results")}
    assert found == {
        "out-of-domain": ("photos", "hard-label"),
        "normal-kd": ("digits", "real-data"),
    }
    own = ("--set", "out-of-domain.dataset=digits")
    code, _, errors = cli("run", "--methods", "out-of-domain", *TINY, "300", *own)
    assert code == 2 and "another data set" in errors
    code, _, errors = cli(
        "run", "--methods", "out-of-domain", *TINY, "300", "--set", "out-of-domain.dataset=minst"
    )
    assert code == 2 and "Did you mean mnist" in errors


SHOWS = """
    access = ("white-box",)

    def setup(self):
        self.teacher(torch.zeros(2, *self.spec.shape))
        self.rounds = 0

    def step(self):
        self.oracle(self.teacher_free())
        self.teacher(torch.zeros(3, *self.spec.shape))
        self.rounds += 1
        return self.rounds < 4

    def teacher_free(self):
        return torch.rand(20, *self.spec.shape)
"""


def test_a_resumed_run_counts_what_setup_showed_the_teacher_once(cli, method_file, tmp_path):
    command = path_run(method_file("shows", SHOWS), 80, "--access", "white-box")
    for _ in range(2):
        assert cli(*command, "--stop-after", "0.001s")[0] == 75
    code, _, errors = cli(*command)
    assert code == 0, errors
    row = only_row(tmp_path / "results")
    assert (row.resumes, row.teacher_images, row.queries) == (2, 2 + 4 * 3, 80)
    assert row.teacher_gradients == 0  # it only looked


@pytest.mark.parametrize("name", ["dafl", "zskt"])
def test_an_open_teachers_gradient_moves_the_generator_and_is_counted(name, spec, make_method):
    """With another last layer of the teacher the same step has another gradient."""
    gradients, entry = [], registry.find(name)
    for spoil in (False, False, True):
        method, account = make_method(entry, spec, 500, access="white-box")
        if spoil:
            layer = [m for m in method.teacher.modules() if isinstance(m, torch.nn.Linear)][-1]
            layer.weight.neg_()
        seen = Visits()
        method.teacher.register_forward_pre_hook(seen.teacher)
        env.seed_all("the same round")
        method.step()
        batch = method.config.batch
        assert account.spent == seen["teacher"] == seen["teacher_gradients"] == batch
        gradients.append(torch.cat([p.grad.flatten() for p in method.generator.parameters()]))
    first, same, other = gradients
    assert first.abs().max() > 0 and torch.equal(first, same)
    assert not torch.allclose(first, other, rtol=0.01)


def test_zskt_in_white_box_access_matches_beliefs_as_released(spec, make_method):
    """KL(T || S) as a mean over images and classes, with a sign for each of the two players."""
    method, _ = make_method(registry.find("zskt"), spec, 500, access="white-box")
    latents = method.generator.sample(10)
    with torch.no_grad():
        images = method.generator(latents)
        teacher = method.teacher(images).log_softmax(dim=1)
        student = method.student.train()(images).log_softmax(dim=1)
    expected = (teacher.exp() * (teacher - student)).mean()
    (loss,) = method._open_generator_step(latents)
    assert loss.item() == pytest.approx(-expected.item(), rel=1e-4)
    (loss,) = method._student_step(images, teacher.exp())
    assert loss.item() == pytest.approx(expected.item(), rel=1e-4)


def test_dast_with_scores_adds_the_distance_of_probabilities(spec, make_method):
    losses, answers = {}, torch.tensor([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]])
    images = torch.rand(2, *spec.shape)
    for access, given in (("hard-label", torch.tensor([0, 2])), ("score", answers)):
        method, _ = make_method(registry.find("dast"), spec, 500, access=access)
        logits = method.student.train()(images).detach()
        losses[access] = method._student_step(images, given)[0].item()
    apart = (logits.softmax(dim=1) - answers).square().mean().item()
    assert losses["score"] == pytest.approx(losses["hard-label"] + 0.1 * apart, rel=1e-5)
