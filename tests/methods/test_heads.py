"""Heads of generators: their images of feature maps, and the head of each method."""

from __future__ import annotations

import typing

import pytest
import torch

from benchmark.errors import BenchError
from benchmark.method import Spec, config
from benchmark.run import registry
from methods._blocks.generators import GENERATORS, HEADS, HeadName, build
from support.contract import WITH_A_GENERATOR
from support.suite import CPU

each = pytest.mark.parametrize("head", HEADS)
PUBLISHED = {
    "ideal": "sigmoid",
    "cmi": "sigmoid",
    "dast": "sigmoid",
    "dfme": "bn-tanh",
    "dafl": "tanh-bn",
    "zskt": "bn-affine",
    "random-generator": "sigmoid",
    "qedg": "sigmoid",  # IDEAL's generator, as dfhl-rs
    "dfhl-rs": "sigmoid",
    "disguide": "bn-tanh",  # DFME's generator
}


def fresh(head: str, shape: tuple[int, int, int] = (1, 28, 28), name: str = "upsampling"):
    return build(name, Spec(shape, 3, CPU), 64, 32, head)


def deviation(head: str) -> float:
    generator = fresh(head)
    with torch.no_grad():
        return generator(generator.sample(100)).std().item()


def test_a_config_field_takes_exactly_the_heads_there_are():
    assert list(typing.get_args(HeadName)) == list(HEADS)
    with pytest.raises(ValueError, match="unknown head 'relu'; known: sigmoid, bn-tanh"):
        fresh("relu")


@pytest.mark.parametrize("method", WITH_A_GENERATOR)
def test_an_unknown_head_is_one_clear_line(method):
    with pytest.raises(BenchError, match=rf"{method}\.head must be one of sigmoid, .*not 'relu'"):
        config.resolve(registry.find(method).method, method, {"head": "relu"})


def test_every_method_has_the_head_of_its_paper():
    found = {name: registry.find(name).method.Config().head for name in WITH_A_GENERATOR}
    assert found == PUBLISHED


def test_there_is_a_floor_for_every_head_that_a_method_has():
    variants = registry.find("random-generator").method.variants
    floors = {"sigmoid", *(changes.get("head") for changes in variants.values())}
    used = {
        variant.get("head")
        for name in WITH_A_GENERATOR
        for variant in registry.find(name).method.variants.values()
    }
    assert {*PUBLISHED.values(), *used - {None}} <= floors
    assert variants["stylegan"] == {"generator": "stylegan"}


@each
@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize("shape", [(1, 9, 9), (3, 10, 14)])
def test_images_lie_in_the_unit_interval_whatever_the_weights(head, name, shape):
    generator = build(name, Spec(shape, 3, CPU), 8, 4, head)
    with torch.no_grad():
        for scale in (1, 300):
            for parameter in generator.parameters():
                parameter.mul_(scale)
            latents = generator.sample(6)
            images = generator(latents)
            assert images.min() >= 0 and images.max() <= 1 and images.shape == (6, *shape)
            assert torch.equal(images, generator.squash(generator.raw(latents)))
    assert generator.squash(torch.full((2, 3, *shape), 1e6)).max() == 1


def test_a_new_generator_is_grey_but_for_those_that_end_in_batch_norm():
    """0.085 without, 0.31 with tanh after batch norm: real digits have about that."""
    assert deviation("sigmoid") == pytest.approx(0.085, abs=0.03)
    assert deviation("bn-tanh") == pytest.approx(0.31, abs=0.02)
    assert deviation("tanh-bn") == pytest.approx(0.25, abs=0.02)
    assert deviation("bn-affine") == pytest.approx(0.25, abs=0.02)


@each
def test_raw_images_are_mapped_as_the_page_says(head):
    generator, raw = fresh(head), torch.tensor([-3.0, -1.0, 0.0, 1.0, 3.0]).view(5, 1, 1, 1)
    expected = {
        "sigmoid": torch.sigmoid(raw),
        "bn-tanh": torch.sigmoid(2 * raw),  # (tanh + 1) / 2
        "tanh-bn": torch.tensor([0.0, 0.25, 0.5, 0.75, 1.0]).view(5, 1, 1, 1),
        "bn-affine": torch.tensor([0.0, 0.25, 0.5, 0.75, 1.0]).view(5, 1, 1, 1),
    }[head]
    torch.testing.assert_close(generator.squash(raw), expected)
    assert generator.squash(raw).std() > 0.3


@pytest.mark.parametrize("head", ["bn-tanh", "tanh-bn", "bn-affine"])
def test_batch_norm_gives_each_channel_of_a_batch_mean_0_and_variance_1(head):
    generator = fresh(head, (3, 12, 12))
    raw = generator.raw(generator.sample(50))
    torch.testing.assert_close(raw.mean(dim=(0, 2, 3)), torch.zeros(3), atol=1e-4, rtol=0)
    torch.testing.assert_close(raw.var(dim=(0, 2, 3)), torch.ones(3), atol=0.02, rtol=0)
    learnt = [name for name, _ in generator.named_parameters() if name.startswith("head")]
    assert learnt == (["head.norm.weight", "head.norm.bias"] if head == "bn-affine" else [])


@each
def test_the_last_layers_gradient_passes_the_head(head):
    generator = fresh(head)
    weigh = torch.randn(1, 28, 28)
    (generator(generator.sample(20)) * weigh).sum().backward()
    last = generator.layers[-1].weight.grad
    assert torch.isfinite(last).all() and last.abs().max() > 0
