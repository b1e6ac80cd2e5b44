from __future__ import annotations

import numpy as np
import pytest
import torch

from benchmark.defences.memory import Memory
from benchmark.defences.users import Told, cost_to_users
from benchmark.defences.wrappers import defended
from benchmark.errors import BenchError
from benchmark.oracle.answering import Answer

CLASSES, COUNT = 10, 4000


class Constant:
    """Says one class of every image."""

    def __init__(self, label: int) -> None:
        self.label = label

    def answer(self, shown, first):
        return Answer(torch.full((len(shown),), self.label))


class Telling(Constant):
    def answer(self, shown, first):
        return Answer(super().answer(shown, first).labels, torch.eye(CLASSES)[[0] * len(shown)])


def images(count=COUNT, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(256, (count, 1, 4, 4), dtype=torch.uint8, generator=generator)


def asked(server, shown, size):
    first, told = 0, []
    for part in shown.split(size):
        told.append(server.answer(part, first).labels)
        first += len(part)
    return torch.cat(told)


def members(architecture, sha):
    return Constant({"mlp": 1, "lenet5": 2}[architecture])


TEXTS = ("flip:0.3", "refuse-near:0.9", "ensemble:mlp@00000000:lenet5@00000000", "rate:1/s")


@pytest.mark.parametrize("text", [*TEXTS, "+".join(TEXTS)])
def test_no_split_into_batches_changes_an_answer(text):
    shown = images(600)
    found = [
        asked(defended(Constant(3), text, 5, CLASSES, members=members), shown, size)
        for size in (600, 250, 7)
    ]
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])


def test_a_flip_hits_its_share_and_any_other_class_alike_but_never_the_same():
    told = asked(defended(Constant(3), "flip:0.2", 0, CLASSES), images(), 500).bincount(
        minlength=10
    )
    flipped = COUNT - told[3].item()
    assert flipped == pytest.approx(0.2 * COUNT, abs=4 * (0.16 * COUNT) ** 0.5)
    others = torch.cat([told[:3], told[4:]]).double()
    assert ((others - flipped / 9) ** 2 / (flipped / 9)).sum() < 26  # chi-square, 8 degrees, 0.1 %


def test_another_seed_flips_other_queries():
    found = [asked(defended(Constant(3), "flip:0.2", seed, 10), images(), 500) for seed in (0, 1)]
    assert not torch.equal(*found)


def test_of_two_classes_a_flip_is_the_other_one_and_one_class_is_refused():
    told = asked(defended(Constant(1), "flip:0.5", 0, 2), images(200), 50)
    assert set(told.tolist()) == {0, 1}
    with pytest.raises(BenchError, match="two classes"):
        defended(Constant(0), "flip:0.5", 0, 1)


def test_members_of_an_ensemble_answer_about_equally_often():
    text = "ensemble:mlp@00000000:lenet5@00000000"
    told = asked(defended(Constant(0), text, 0, CLASSES, members=members), images(), 500)
    assert (told.bincount(minlength=3) - COUNT / 3).abs().max() < 4 * (COUNT * 2 / 9) ** 0.5


def test_an_ensemble_whose_members_nobody_knows_is_refused():
    with pytest.raises(BenchError, match="not known here"):
        defended(Constant(0), "ensemble:mlp@00000000", 0, CLASSES)


def test_without_a_defence_the_answerer_stays_itself():
    teacher = Constant(0)
    assert defended(teacher, "", 0, CLASSES) is teacher
    assert defended(teacher, "rate:10/s", 0, CLASSES) is teacher


@pytest.mark.parametrize("text", ["flip:0.1", "refuse-near:1"])
def test_a_teacher_that_tells_probabilities_is_not_defended_by_other_labels(text):
    with pytest.raises(ValueError, match="tells more"):
        defended(Telling(0), text, 0, CLASSES).answer(images(3), 0)


def test_probabilities_come_from_the_member_that_answers():
    server = defended(
        Telling(0), "ensemble:mlp@00000000", 0, CLASSES, members=lambda *_: Telling(0)
    )
    assert server.answer(images(5), 0).probabilities.argmax(1).tolist() == [0] * 5


def test_near_duplicates_are_those_below_the_distance_also_within_a_batch():
    one = torch.zeros(1, 1, 2, 2, dtype=torch.uint8)
    near, far = one.clone(), one.clone()
    near[0, 0, 0, 0], far[0, 0, 0, 0] = 50, 51  # the limit is 51: 0.2 of 255
    batch = torch.cat([one, far, near + 200, near, one]).numpy()
    assert Memory().near(batch, 0, 0.2).tolist() == [False, False, False, True, True]


def test_repeats_of_an_image_get_a_class_that_says_nothing_and_the_rest_of_the_batch_its_label():
    shown = torch.cat([images(50), images(50).repeat(40, 1, 1, 1)])
    told = asked(defended(Constant(3), "refuse-near:0.01", 0, CLASSES), shown, 300)
    assert (told[:50] == 3).all()
    counts = told[50:].bincount(minlength=CLASSES).double()
    assert ((counts - 200) ** 2 / 200).sum() < 28  # chi-square, 9 degrees, 0.1 %


def test_memory_is_blind_to_chunks(monkeypatch):
    shown = images(300).numpy()
    whole = Memory().near(shown, 0, 1.2)
    monkeypatch.setattr("benchmark.defences.memory.CHUNK", 17)
    assert 0 < whole.sum() < 300
    assert np.array_equal(Memory().near(shown, 0, 1.2), whole)


def test_memory_goes_on_from_its_state_and_a_setup_that_asks_again_changes_nothing():
    shown = images(300).numpy()
    whole = Memory().near(shown, 0, 1.2)
    before, after = Memory(), Memory()
    before.near(shown[:200], 0, 1.2)
    after.near(shown[:30], 0, 1.2)
    after.load_state_dict(before.state_dict())
    assert np.array_equal(after.near(shown[200:], 200, 1.2), whole[200:])
    assert np.array_equal(after.near(shown[:200], 0, 1.2), whole[:200])


def test_memory_with_a_gap_is_refused():
    with pytest.raises(ValueError, match="only 0 are remembered"):
        Memory().near(images(3).numpy(), 5, 1.0)


def test_honest_users_lose_about_the_share_of_flips():
    shown, truth = images(), torch.arange(COUNT) % CLASSES
    teacher = Told(truth)
    assert cost_to_users("", teacher, shown, truth, 0, CLASSES) == 100
    lost = 100 - cost_to_users("flip:0.1", teacher, shown, truth, 0, CLASSES)
    assert lost == pytest.approx(10, abs=2)


def test_users_get_other_draws_than_the_queries_of_the_run():
    shown, truth = images(), torch.zeros(COUNT, dtype=torch.int64)
    run = asked(defended(Told(truth), "flip:0.1", 0, CLASSES), shown, 1000)
    users = cost_to_users("flip:0.1", Told(truth), shown, truth, 0, CLASSES)
    assert users != 100 * (run == truth).double().mean().item()


def test_float_queries_are_compared_as_the_bytes_nearest_to_them():
    shown = images(20)
    server = defended(Constant(3), "refuse-near:0.001", 0, CLASSES)
    bytes_too = defended(Constant(3), "refuse-near:0.001", 0, CLASSES)
    twice = torch.cat([shown, shown])
    assert torch.equal(asked(server, twice.float() / 255, 40), asked(bytes_too, twice, 40))
