"""The training of a reference student alone: its images and targets, and resuming bit for bit."""

from __future__ import annotations

import numpy as np
import torch

from benchmark.nets import architectures
from benchmark.oracle.journal import Form, Journal, Pages
from benchmark.rows.packed import pack, unpack
from benchmark.run import reference
from benchmark.run.reference import Recipe, Training, recipe_for
from support.suite import MOST
from support.tape import TapeRecorder


def bought(folder, form: Form, images, labels, answers=None) -> Pages:
    """What a run bought, to learn from."""
    folder.mkdir()
    journal, hashes = Journal(folder / "records", form), np.arange(len(images))
    journal.begin_images(folder / "images")
    journal.enter(0, images, hashes, labels, answers)
    pages = journal.pages(hashes, labels)
    journal.close()
    return pages


def test_it_learns_what_is_there_to_learn_from_labels_and_from_probabilities(tmp_path):
    drawn = np.random.default_rng(0)
    labels = drawn.integers(0, 2, 400)
    images = (drawn.random((400, 1, 8, 8)) * 60 + 150 * labels[:, None, None, None]).astype("u1")
    for answers in (0, 2):
        form = Form("a", f"{answers:064}", (1, 8, 8), answers, 8, 400)
        told = np.eye(2, dtype=np.float32)[labels] if answers else None
        # With probabilities the labels are wrong on purpose: the student must not learn them.
        said = labels if not answers else 1 - labels
        pages = bought(tmp_path / f"{answers}", form, images, said, told)
        torch.manual_seed(0)
        student = architectures.build("lenet", (1, 8, 8), 2)
        training = Training(student, pages, Recipe(3), seed=0)
        while not training.ended:
            training.step()
        with torch.no_grad():
            said = student.eval()(torch.from_numpy(images).float() / 255).argmax(1)
        assert (said.numpy() == labels).mean() > 0.95
        pages.close()


def test_a_training_goes_on_bit_for_bit_with_dropout_too(tmp_path):
    form = Form("a", "0" * 64, (1, 4, 4), 0, 8, 150)
    images = np.random.default_rng(0).integers(0, 256, (150, 1, 4, 4), dtype=np.uint8)
    pages = bought(tmp_path / "a", form, images, np.arange(150) % 3)

    def fresh() -> Training:
        torch.manual_seed(0)
        layers = torch.nn.Flatten(), torch.nn.Dropout(), torch.nn.Linear(16, 3)
        return Training(torch.nn.Sequential(*layers), pages, Recipe(3), seed=0)

    whole, stopped, second = fresh(), fresh(), fresh()
    for _ in range(4):
        stopped.step()
    second.load_state_dict(unpack(pack(stopped.state_dict())))
    for training in (whole, second):
        while not training.ended:
            torch.rand(training.steps + 1)  # the caller's draws do not matter
            training.step()
    assert whole.steps == 9 and whole.digest() == second.digest() != stopped.digest()
    pages.close()


def test_a_training_by_graphs_learns_the_same_and_goes_on_bit_for_bit(tmp_path):
    form = Form("a", "0" * 64, (1, 4, 4), 0, 8, 150)
    images = np.random.default_rng(0).integers(0, 256, (150, 1, 4, 4), dtype=np.uint8)
    pages = bought(tmp_path / "a", form, images, np.arange(150) % 3)

    def fresh(recorder: TapeRecorder | None = None) -> Training:
        torch.manual_seed(0)
        layers = torch.nn.Flatten(), torch.nn.BatchNorm1d(16), torch.nn.Linear(16, 3)
        return Training(torch.nn.Sequential(*layers), pages, Recipe(7), 0, recorder)

    tapes = [TapeRecorder() for _ in range(3)]
    plain, whole, stopped, second = fresh(), *map(fresh, tapes)
    for _ in range(5):
        stopped.step()
    second.load_state_dict(unpack(pack(stopped.state_dict())))
    for training in (plain, whole, second):
        while not training.ended:
            training.step()
    assert tapes[0].replays > 10 and tapes[2].replays > 5
    assert whole.digest() == second.digest() != stopped.digest()
    for one_by_one, replayed in zip(*map(weights, (plain, whole)), strict=True):
        torch.testing.assert_close(one_by_one, replayed)  # the rate of a graph is a float32
    pages.close()


def weights(training: Training) -> list[torch.Tensor]:
    return list(training.student.state_dict().values())


def test_the_recipe_is_one_for_a_budget(monkeypatch):
    monkeypatch.setattr(reference, "MOST", MOST)
    assert [recipe_for(n).passes for n in (250, 25_000, 100_000, 250_000)] == [7, 7, 7, 4]
