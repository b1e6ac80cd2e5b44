"""The fast paths: hot steps as graphs and bfloat16 networks give the plain path's results."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from benchmark import env
from benchmark.method import engine
from benchmark.method.engine import Engine
from benchmark.method.graphs import WARM_UP, CudaRecorder, Graphed
from benchmark.method.visits import Visits
from methods._blocks import optimisers
from support.contract import FEW, LABELS, find, fingerprint, run_steps
from support.suite import CPU
from support.tape import HostRead, TapeRecorder

each_method = pytest.mark.parametrize("label", LABELS)


def graphed(function):
    recorder = TapeRecorder()
    return Graphed(function, recorder, Visits()), recorder


def test_a_graph_gives_the_new_inputs_result_and_later_replays_do_not_change_it():
    def scale(values):
        total.add_(values.sum())
        return (values * 2,)

    total = torch.zeros(())
    step, recorder = graphed(scale)
    given = [torch.full((3,), float(number)) for number in range(WARM_UP + 3)]
    results = [step(values)[0] for values in given]
    assert recorder.replays == 3
    for values, result in zip(given, results, strict=True):
        assert torch.equal(result, values * 2)
    assert total == sum(values.sum() for values in given)  # the capture itself has no effect


def test_another_shape_stays_eager_and_leaves_the_graph_alone():
    step, recorder = graphed(lambda values: (values + 1,))
    for _ in range(WARM_UP + 1):
        step(torch.zeros(4))
    assert step(torch.ones(2))[0].tolist() == [2, 2]
    assert recorder.replays == 1
    assert step(torch.ones(4))[0].tolist() == [2] * 4
    assert recorder.replays == 2


def test_images_seen_are_counted_in_replays_too():
    def step(images):
        return (net(images),)

    visits, net = Visits(), nn.Linear(3, 2)
    net.register_forward_pre_hook(visits.student)
    run = Engine(CPU, recorder=TapeRecorder(), visits=visits)
    for _ in range(WARM_UP + 4):
        run.call("student", step, (torch.zeros(5, 3),))
    assert visits["student"] == 5 * (WARM_UP + 4)


def test_a_step_that_reads_on_the_host_is_found():
    step, _ = graphed(lambda values: (values * values.sum().item(),))
    for _ in range(WARM_UP):
        step(torch.ones(2))
    with pytest.raises(HostRead, match="_local_scalar_dense"):
        step(torch.ones(2))


@each_method
def test_graphs_change_no_bit_of_a_methods_result(label, spec, make_method, monkeypatch):
    """The tape freezes each hot step as a GPU would; the run must not notice."""
    monkeypatch.setattr(optimisers, "_rate", lambda net, rate: torch.tensor(rate))  # as there
    entry, access = find(label)

    def run(engine: Engine, budget: int) -> str:
        method, account = make_method(entry, spec, budget, access=access)
        method.engine = engine
        run_steps(method, entry, 0, None, seed=5)
        return fingerprint(method, account)

    for budget in (60, 200, 400):  # the first in which steps are replayed
        recorder = TapeRecorder()
        replayed = run(Engine(CPU, recorder=recorder), budget)
        if recorder.replays > 5:
            break
    assert recorder.replays > 5
    assert run(Engine(CPU), budget) == replayed


@each_method
def test_bfloat16_networks_leave_weights_and_losses_in_float32(label, spec, make_method):
    entry, access = find(label)
    method, account = make_method(entry, spec, FEW, access=access)
    method.student.register_forward_hook(engine.float32_logits)
    method.engine = Engine(CPU, amp=True)
    with method.engine.autocast():
        run_steps(method, entry, 0, None, seed=5)
    assert account.spent >= 0.95 * FEW
    assert {tensor.dtype for tensor in method.student.parameters()} == {torch.float32}
    losses = {n: v for n, v in method._scalars.items() if n.endswith("loss")}
    assert losses and all(loss.dtype == torch.float32 for loss in losses.values())


def test_autocast_sees_the_weights_of_after_an_optimiser_step():
    net = nn.Linear(2, 1, bias=False)
    images = torch.ones(1, 2)
    with Engine(CPU, amp=True).autocast():
        before = net(images)
        with torch.no_grad():
            net.weight.add_(1.0)
        assert (net(images) - before).item() == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize(
    ("choice", "pays", "expected"),
    [("off", True, False), ("on", False, True), ("auto", True, True), ("auto", False, False)],
)
def test_amp_by_choice_and_probe(choice, pays, expected, monkeypatch):
    monkeypatch.setattr(engine, "bfloat16_pays", lambda device: pays)
    found = engine.arithmetic(choice, CPU)
    assert engine.start(found, True, CPU, Visits()).amp is expected
    assert found == ("bfloat16" if expected else "float32")


def test_the_probe_decides_by_time_and_leaves_the_random_state(monkeypatch):
    state = torch.get_rng_state()
    assert isinstance(engine.bfloat16_pays(CPU), bool)
    assert torch.equal(state, torch.get_rng_state())
    for seconds, pays in (({False: 1.0, True: 0.5}, True), ({False: 1.0, True: 0.95}, False)):
        engine.bfloat16_gain.cache_clear()
        monkeypatch.setattr(engine, "_probe", lambda device, amp, s=seconds: s[amp])
        assert engine.bfloat16_pays(CPU) is pays
    engine.bfloat16_gain.cache_clear()


def test_graphs_are_of_gpus_only():
    assert engine.start("float32", True, CPU, Visits()).recorder is None
    cuda = torch.device("cuda")
    assert isinstance(engine.start("float32", True, cuda, Visits()).recorder, CudaRecorder)
    assert engine.start("float32", False, cuda, Visits()).recorder is None


def test_the_allocator_is_tuned_where_it_is_glibcs_and_left_alone_elsewhere(monkeypatch):
    class Glibc:
        def mallopt(self, option, value):
            given[option] = value

    given = {}
    for library in (Glibc(), object()):
        monkeypatch.setattr(env.ctypes, "CDLL", lambda name, found=library: found)
        env.keep_freed_memory()
    assert given == {env.M_MMAP_THRESHOLD: 32 * 2**20, env.M_TRIM_THRESHOLD: 512 * 2**20}
    monkeypatch.setattr(env.ctypes, "CDLL", no_library)
    env.keep_freed_memory()


def no_library(name):
    raise OSError("no such library")
