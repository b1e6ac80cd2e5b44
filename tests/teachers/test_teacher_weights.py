"""The weights of a teacher: rounded once, measured after that, stored without any further loss."""

from __future__ import annotations

import hashlib
import re

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from benchmark.errors import BenchError
from benchmark.nets import architectures
from benchmark.nets.evaluate import percent_equal, predict
from support.noise_teachers import RECIPE, noise_set, save
from teachers import cards, shelf, weights
from teachers.probe import probe

NETWORKS = ("lenet", "mlp", "alexnet", "vgg8")


def trained(architecture: str, size: int = 16) -> nn.Module:
    """A network whose batch norm has seen something."""
    torch.manual_seed(0)
    module = architectures.build(architecture, (1, size, size), 3)
    for _ in range(3):
        module(torch.rand(8, 1, size, size))
    return module.eval()


@pytest.mark.parametrize("architecture", NETWORKS)
def test_a_rounded_network_comes_back_bit_by_bit(architecture, tmp_path):
    module = trained(architecture)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    weights.round_weights(module)
    path = tmp_path / "x.safetensors"
    path.write_bytes(weights.pack(module))
    assert path.stat().st_size < 0.6 * sum(value.nbytes for value in before.values()) + 20_000
    sha = hashlib.sha256(path.read_bytes()).hexdigest()
    state = weights.unpack(path, trained(architecture), sha)
    for name, value in module.state_dict().items():
        assert state[name].dtype == value.dtype and torch.equal(state[name], value)
        assert torch.allclose(value.float(), before[name].float(), rtol=2**-11, atol=1e-7)


def test_weights_are_halves_and_what_batch_norm_has_seen_is_as_it_was(tmp_path):
    module = trained("lenet")
    module[1].running_var.fill_(1e9)  # float16 does not hold it
    module[1].running_mean.fill_(1e-9)  # nor this
    seen = {n: v.clone() for n, v in module.named_buffers()}
    weights.round_weights(module)
    (tmp_path / "x").write_bytes(weights.pack(module))
    stored = load_file(tmp_path / "x")
    assert {v.dtype for n, v in stored.items() if n not in seen} == {torch.float16}
    assert all(torch.equal(stored[name], value) for name, value in seen.items())
    assert stored["1.num_batches_tracked"].dtype == torch.int64
    assert stored["1.num_batches_tracked"] == 3
    assert all(parameter.dtype == torch.float32 for parameter in module.parameters())


@pytest.mark.parametrize("value", [65520.0, -1e30, float("inf"), float("nan")])
def test_a_weight_that_no_half_holds_is_refused_by_name_and_nothing_is_changed(value, tmp_path):
    dataset = noise_set("folder:x")
    module = architectures.build("mlp", dataset.shape, 2)
    kept = module[1].weight.detach().clone()
    with torch.no_grad():
        module[3].weight[1, 2] = value
    path = shelf.path_for(tmp_path, dataset, "mlp")
    with pytest.raises(BenchError, match=re.escape(f"the weights 3.weight hold {value:g}")):
        cards.save(module, path, dataset, "mlp", RECIPE, 0)
    assert torch.equal(module[1].weight, kept) and list(tmp_path.iterdir()) == []


def test_the_largest_half_and_the_smallest_weights_are_rounded(tmp_path):
    layer = nn.Linear(2, 1)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[65519.0, 1e-9]]))
    weights.round_weights(layer)
    assert layer.weight.tolist() == [[65504.0, 0.0]]


def test_an_unrounded_network_is_never_stored():
    module = trained("lenet")
    with pytest.raises(ValueError, match="was not rounded before it was measured"):
        weights.pack(module)


def test_a_card_tells_of_the_rounded_network(tmp_path):
    dataset = noise_set("folder:x")
    torch.manual_seed(0)
    module = architectures.build("mlp", dataset.shape, 2)
    with torch.no_grad():  # every image lies on the edge: rounding decides
        for parameter in module.parameters():
            parameter.mul_(1e-3).add_(torch.rand_like(parameter) * 1e-4)
    path = shelf.path_for(tmp_path, dataset, "mlp")
    cards.save(module, path, dataset, "mlp", RECIPE, 0)
    teacher = cards.load(path)
    assert teacher.accuracy == percent_equal(
        predict(teacher.module, dataset.test.images), dataset.test.labels
    )
    assert probe(teacher.module, dataset.shape) == teacher.card["probe"]


@pytest.mark.parametrize("path", sorted(shelf.SHIPPED.glob("*.safetensors")), ids=lambda p: p.stem)
def test_a_shipped_teacher_is_loaded_with_the_bits_of_its_file(path):
    stored, module = load_file(path), cards.load(path).module
    for name, value in module.state_dict().items():
        assert torch.equal(value, stored[name].to(value.dtype))
    assert cards.load(path).sha == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_same_teacher_saved_twice_is_the_same_file(tmp_path):
    one, other = (save(tmp_path / name, noise_set("folder:x"), seed=1) for name in "ab")
    assert one.read_bytes() == other.read_bytes()
    again = cards.load(one).module
    weights.round_weights(again)
    assert weights.pack(again) == one.read_bytes()  # rounded once, rounded for ever
