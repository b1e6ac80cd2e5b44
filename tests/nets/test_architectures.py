"""Every architecture: its size, the data sets it takes, and its refusals."""

from __future__ import annotations

import pytest
import torch

from benchmark.errors import BenchError
from benchmark.nets import architectures, names

CELLS = [
    ((1, 16, 16), 10),
    ((1, 28, 28), 10),
    ((3, 32, 32), 10),
    ((3, 32, 32), 100),
    ((3, 64, 64), 12),
    ((3, 64, 64), 200),
]
OWN_NAMES = list(names.NETWORKS)


def test_every_network_has_a_name_and_the_line_of_its_docstring():
    lines = {make.__name__: make.__doc__ for make in architectures._MAKERS.values()}
    assert {name: doc.split("\n")[0] for name, doc in lines.items()} == names.NETWORKS


def test_a_name_that_timm_does_not_know_is_refused_before_anything_is_built():
    architectures.check("timm:resnet10t")
    with pytest.raises(BenchError, match=r"unknown timm architecture 'resnet10tt'. Did you mean"):
        architectures.check("timm:resnet10tt")


def parameters(module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(
    ("name", "shape", "count"),
    [
        ("mlp", (1, 28, 28), 468_874),
        ("lenet", (1, 28, 28), 29_034),
        ("alexnet", (1, 28, 28), 2_163_210),
        ("alexnet", (3, 32, 32), 912_778),
        ("vgg8", (3, 32, 32), 3_918_858),
        ("vgg16", (3, 32, 32), 14_728_266),
        ("resnet18", (3, 32, 32), 11_173_962),
        ("resnet34", (3, 32, 32), 21_282_122),
    ],
)
def test_parameter_counts_are_those_of_the_released_code(name, shape, count):
    assert parameters(architectures.build(name, shape, 10)) == count


@pytest.fixture(autouse=True)
def one_thread():
    """On a busy machine many threads wait for each other; these networks gain nothing by them."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("name", [*OWN_NAMES, "timm:mobilenetv3_small_100"])
@pytest.mark.parametrize(("shape", "classes"), CELLS)
def test_every_architecture_takes_every_data_set(name, shape, classes):
    assert architectures.build(name, shape, classes).training  # build itself runs two images


@pytest.mark.parametrize("name", OWN_NAMES)
def test_networks_give_logits(name):
    module = architectures.build(name, (1, 16, 16), 10).eval()
    with torch.no_grad():
        logits = module(torch.rand(3, 1, 16, 16))
    assert logits.shape == (3, 10)
    assert (logits.sum(dim=1) - 1).abs().max() > 1e-4  # not a softmax


def test_build_refuses_a_network_of_another_output(monkeypatch):
    monkeypatch.setitem(architectures._MAKERS, "mlp", lambda shape, classes: torch.nn.Flatten())
    with pytest.raises(BenchError, match="one row of 10 logits"):
        architectures.build("mlp", (1, 4, 4), 10)


def test_weights_depend_on_the_seed_alone():
    def built(seed):
        torch.manual_seed(seed)
        return torch.cat(
            [p.flatten() for p in architectures.build("lenet", (1, 16, 16), 10).parameters()]
        )

    assert torch.equal(built(1), built(1))
    assert not torch.equal(built(1), built(2))


def test_timm_networks_are_told_the_image_size():
    module = architectures.build("timm:test_vit", (1, 32, 32), 10)
    assert module(torch.rand(2, 1, 32, 32)).shape == (2, 10)


@pytest.mark.parametrize(
    ("name", "shape", "classes", "message"),
    [
        ("lenett", (1, 28, 28), 10, "Did you mean lenet"),
        ("timm:resnet19", (1, 28, 28), 10, "unknown timm architecture"),
        ("timm:hf-hub:someone/net", (1, 28, 28), 10, "unknown timm architecture"),
        ("alexnet", (1, 8, 8), 10, "does not work on images of shape"),
        ("timm:inception_v3", (3, 16, 16), 10, "does not work on images of shape"),
        ("mlp", (28, 28), 10, "channels, height, width"),
        ("mlp", (1, 28, 28), 1, "at least two classes"),
    ],
)
def test_build_refuses_what_cannot_work(name, shape, classes, message):
    with pytest.raises(BenchError, match=message):
        architectures.build(name, shape, classes)
