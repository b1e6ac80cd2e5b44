"""Copies of a network are told from networks that were made apart."""

from __future__ import annotations

import pytest
import torch

from benchmark import env
from benchmark.nets import architectures, likeness
from benchmark.nets.names import NETWORKS


def made(name: str, seed: int) -> dict[str, torch.Tensor]:
    env.seed_all("likeness", seed)
    return architectures.build(name, (1, 32, 32), 10).state_dict()


@pytest.mark.parametrize("name", sorted({*NETWORKS} - {"vgg16", "resnet34"}))
def test_networks_of_two_seeds_share_nothing_and_one_shares_all_with_itself(name):
    one, other = made(name, 0), made(name, 1)
    assert likeness.shared(one, other) == {}
    assert len(likeness.shared(one, one)) == likeness.compared(one) > 2


def test_noise_up_to_the_bound_hides_no_copy():
    one = {name: of for name, of in made("lenet", 0).items() if of.ndim > 1}
    for share, caught in ((0.1, True), (1.0, True), (1.6, True), (3.0, False)):
        noisy = {name: of + share * of.std() * torch.randn(of.shape) for name, of in one.items()}
        assert bool(likeness.shared(one, noisy)) == caught


def test_small_tensors_vectors_and_constants_say_nothing():
    same = {"bias": torch.ones(999), "few": torch.rand(3, 5), "flat": torch.zeros(30, 30)}
    assert likeness.shared(same, same) == {}
    assert likeness.correlation(torch.ones(4), torch.arange(4.0)) == 0


def test_a_turned_sign_and_another_scale_hide_no_copy():
    weights = {"w": torch.randn(20, 20)}
    assert likeness.shared(weights, {"w": -3 * weights["w"]}) == {"w": pytest.approx(1.0)}


def test_answers_echo_whatever_their_scale_and_what_all_classes_share():
    logits = torch.randn(50, 10)
    assert likeness.echoes(logits, 7 * logits + torch.randn(50, 1))
    assert not likeness.echoes(logits, logits + 0.1 * torch.randn(50, 10))
