"""The state of a method: its saved values, and that a resumed run equals an undisturbed one."""

from __future__ import annotations

import pytest
import torch

from benchmark.errors import BenchError
from benchmark.run import registry
from support.contract import resume_elsewhere, run_steps

LATENT = """
    def setup(self):
        self.pixels = torch.rand(20, *self.spec.shape, requires_grad=True)
        self.on_pixels = torch.optim.Adam([self.pixels], 0.05)
        self.optimiser = torch.optim.Adam(self.student.parameters(), 1e-3)

    def step(self):
        targets = torch.arange(20) % self.spec.classes
        self.down(self.on_pixels, self.student(self.pixels.clamp(0, 1)), targets)
        images = self.pixels.detach().clamp(0, 1)
        self.down(self.optimiser, self.student(images), self.oracle(images))
        return self.oracle.remaining > 0

    def down(self, optimiser, logits, labels):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(logits, labels).backward()
        optimiser.step()
"""
FREEZES = """
    def setup(self):
        self.dropout = torch.nn.Dropout()
        self.optimiser = torch.optim.Adam(self.student.parameters(), 1e-2)
        self.rounds = 0

    def step(self):
        if self.rounds == 1:
            self.dropout.eval()
            next(self.student.parameters()).requires_grad_(False)
        images = torch.rand(20, *self.spec.shape)
        labels = self.oracle(images)
        self.optimiser.zero_grad()
        logits = self.student(self.dropout(images))
        torch.nn.functional.cross_entropy(logits, labels).backward()
        self.optimiser.step()
        self.rounds += 1
        return self.oracle.remaining > 0
"""


@pytest.fixture
def two(make_method, method_file, spec):
    """``make(name, body) -> (first, second)``: one method set up under two seeds."""

    def make(name: str, body: str):
        entry = registry.find(str(method_file(name, body)))
        return [make_method(entry, spec, 200, seed)[0] for seed in (1, 2)]

    return make


def test_a_plain_tensor_with_adam_and_a_frozen_network_resume_bit_equal(
    spec, make_method, method_file, tmp_path
):
    """In another process, after one, two and three rounds each."""
    files = {"latent": LATENT, "freezes": FREEZES}
    labels = [str(method_file(name, body)) for name, body in files.items() for _ in range(3)]
    resume_elsewhere(labels, spec, make_method, tmp_path)


def test_a_tensor_is_filled_in_place_where_an_optimiser_holds_it(two):
    first, second = two("latent", LATENT)
    run_steps(first, registry.find("noise"), 0, 2, seed=0)
    pixels = second.pixels
    second.load_state_dict(first.state_dict())
    assert second.pixels is pixels is second.on_pixels.param_groups[0]["params"][0]
    assert torch.equal(pixels, first.pixels) and pixels.requires_grad
    assert pixels.data_ptr() != first.pixels.data_ptr()


def test_a_tensor_that_does_not_fit_is_replaced(two):
    names = ("shape", "dtype", "order", "shown")
    first, second = two(
        "plain",
        f"""
        def setup(self):
            for name in {names}:
                setattr(self, name, torch.zeros(2, 3))
            self.shown = torch.zeros(1, 3).expand(2, 3)
    """,
    )
    first.shape = torch.ones(4, 3, requires_grad=True)
    first.dtype, first.order = torch.ones(2, 3, dtype=torch.int64), torch.rand(3, 2).T
    first.shown = torch.ones(1, 3).expand(2, 3)
    second.load_state_dict(first.state_dict())
    for name in names:
        saved, loaded = getattr(first, name), getattr(second, name)
        assert torch.equal(saved, loaded) and saved.stride() == loaded.stride(), name
        assert (saved.dtype, saved.requires_grad) == (loaded.dtype, loaded.requires_grad), name


def test_two_names_of_one_tensor_that_became_two_tensors_come_back_as_two(two):
    first, second = two(
        "alias",
        """
        def setup(self):
            self.now = self.best = torch.zeros(3)
            self.rows = torch.zeros(4, 2)
            self.head = self.rows[:2]
    """,
    )
    first.now = first.now + 1
    first.head.add_(5)
    second.load_state_dict(first.state_dict())
    assert second.now.tolist() == [1, 1, 1] and second.best.tolist() == [0, 0, 0]
    second.head.add_(1)  # these two were one all the time, and still are
    assert second.rows.sum(dim=1).tolist() == [12, 12, 0, 0]


FLAGS = "def setup(self):\n    self.net = torch.nn.Sequential(torch.nn.Linear(2, 2))"


def test_modes_and_gradients_of_every_part_of_a_network_come_back(two):
    first, second = two("flags", FLAGS)
    first.net[0].eval()
    first.net[0].bias.requires_grad_(False)
    second.net.eval()
    second.load_state_dict(first.state_dict())
    assert second.net.training and not second.net[0].training
    assert second.net[0].weight.requires_grad and not second.net[0].bias.requires_grad


def test_a_state_of_the_first_versions_has_no_flags_and_loads(two):
    first, second = two("flags", FLAGS)
    second.net.eval()
    state = first.state_dict()
    state["net"] = {"state_dict": state["net"]["state_dict"]}
    second.load_state_dict(state)
    assert torch.equal(first.net[0].weight, second.net[0].weight) and not second.net.training


def test_parts_that_setup_does_not_build_are_named(two):
    first, second = two("flags", FLAGS)
    first.net.append(torch.nn.Dropout())  # it has no weights, so torch sees no difference
    with pytest.raises(BenchError, match=r"Tested\.net has other parts than setup\(\) gives it"):
        second.load_state_dict(first.state_dict())


def test_state_that_cannot_be_saved_is_named(spec, make_method, method_file):
    path = method_file("odd", "def setup(self):\n    self.things = {'a': [1, object()]}")
    method, _ = make_method(registry.find(str(path)), spec, 10)
    with pytest.raises(Exception, match=r"Tested\.things\['a'\]\[1\] is a object"):
        method.state_dict()


def test_nested_state_comes_back(spec, make_method, method_file):
    path = method_file(
        "nested",
        """
        def setup(self):
            self.nets = {'a': [torch.nn.Linear(2, 2)], 'b': (torch.zeros(2), 1.5, None)}
            self.count = 0
    """,
    )
    first, _ = make_method(registry.find(str(path)), spec, 10, seed=1)
    first.count, first.extra = 7, torch.ones(3)
    second, _ = make_method(registry.find(str(path)), spec, 10, seed=2)
    second.load_state_dict(first.state_dict())
    assert torch.equal(second.nets["a"][0].weight, first.nets["a"][0].weight)
    assert second.nets["b"][1:] == (1.5, None) and isinstance(second.nets["b"], tuple)
    assert second.count == 7 and second.extra.sum() == 3
