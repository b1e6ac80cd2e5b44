"""``bench profile``: parts of the time, counts, the table, and that watching changes nothing."""

from __future__ import annotations

import json
import time

import pytest
import torch
from torch import nn

from benchmark import datasets
from benchmark.errors import BenchError
from benchmark.nets import architectures
from benchmark.perf import counters, files, machine
from benchmark.perf.profile import PARTS, measure
from benchmark.rows.store import Store
from benchmark.run import registry
from benchmark.run.cells import Request, expand
from benchmark.run.setting import Places
from benchmark.run.watch import Show
from support.runs import IDEAL, SMALL
from support.suite import CPU, ROOT, real_rates


def test_a_profile_watches_the_same_run_and_divides_its_time(cli, tmp_path):
    assert cli(*IDEAL)[0] == 0
    row = Store(tmp_path / "results").rows()[0]
    code, output, errors = cli(
        "profile",
        "ideal",
        "--dataset",
        "digits",
        "--seed",
        "0",
        "--budget",
        "1k",
        "--device",
        "cpu",
        *SMALL,
        "--label",
        "tiny / one",
        "-o",
        tmp_path / "perf",
    )
    assert code == 0, errors
    assert not (tmp_path / "results" / "perf").exists()
    (path,) = (tmp_path / "perf").glob("digits-ideal-1k-tiny-one-*.json")
    profile = json.loads(path.read_text())
    assert "tiny / one" in output and "ideal, digits, 1k" in output
    for name in ("id", "accuracy", "student_images", "queries", "method_sha"):
        assert profile[name] == getattr(row, name), name
    parts, seconds = profile["parts"], profile["seconds"]
    assert parts["generator"]["calls"] == 4 and parts["student"]["calls"] == 1 + 2 + 3 + 4 + 2 * 4
    assert min(seconds.values()) >= 0 and seconds["student"] <= profile["taken"]
    assert all(0 < parts[name]["kernel_share"] < 1 for name in PARTS)
    assert parts["generator"]["flops"] > 0 and profile["machine"]["copy_bytes"] > 1e8
    assert len(Store(tmp_path / "results").rows()) == 1  # no row of a watched run is kept


def test_flops_of_the_student_are_those_of_its_layers(tmp_path):
    cell = expand(Request([registry.find("noise")], ["digits"], [0], [250]))[0]
    profile = next(measure([cell], Places(tmp_path, tmp_path), CPU, Show()))
    layers = products(cell.student, datasets.load("digits", tmp_path).shape)
    each = 2 * (3 * sum(layers) - layers[0])  # nothing needs the gradient of the images
    assert profile["parts"]["student"]["flops"] == each * profile["student_images"]


def products(architecture: str, shape: tuple[int, int, int]) -> list[int]:
    """Products per image of each convolution and linear layer in a forward pass."""
    found = []
    net = architectures.build(architecture, shape, 10).eval()
    for module in net.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.register_forward_hook(
                lambda layer, _, out: found.append(out[0].numel() * layer.weight[0].numel())
            )
    net(torch.zeros(1, *shape))
    return found


def test_counted_and_kernel_share_return_what_the_work_returns():
    matrix = torch.ones(64, 64)
    product, cost = counters.counted(lambda: (matrix @ matrix).t())
    assert torch.equal(product, matrix @ matrix)
    assert cost == counters.Cost(2 * 64**3, 3 * matrix.nbytes)  # the transposed view costs nothing
    large = torch.ones(512, 512)
    _, share = counters.kernel_share(lambda: large @ large, CPU)
    assert share > 0.5
    _, share = counters.kernel_share(lambda: large.exp(), CPU)
    assert share == 0


def test_the_machines_rates_are_of_this_world():
    rates = real_rates(CPU)
    assert 1e8 < rates["matmul_flops"] < 1e16 and 1e8 < rates["copy_bytes"] < 1e14


def test_one_thread_of_a_cpu_is_measured_by_its_own_time(monkeypatch, tmp_path):
    """Other processes lengthen wall time; here it runs a thousand times too fast."""
    real = time.perf_counter
    monkeypatch.setattr(machine.torch, "get_num_threads", lambda: 1)
    monkeypatch.setattr(time, "perf_counter", lambda: 1000 * real())
    cell = expand(Request([registry.find("noise")], ["digits"], [0], [250]))[0]
    profile = next(measure([cell], Places(tmp_path, tmp_path), CPU, Show()))
    seconds = profile["seconds"]
    assert profile["clock"] == files.CPU_TIME and profile["taken"] < profile["wall"] / 10
    assert sum(seconds.values()) == pytest.approx(profile["taken"], abs=0.1, rel=0.1)
    own_time = {
        device: machine.clock(torch.device(device)) is time.process_time
        for device in ("cpu", "cuda")
    }
    assert own_time == {"cpu": True, "cuda": False}
    monkeypatch.setattr(machine.torch, "get_num_threads", lambda: 2)
    assert machine.clock(CPU) is not time.process_time


def test_a_failing_method_and_missing_options_are_named(cli, method_file, tmp_path):
    path = method_file("breaks", "def step(self):\n    raise ValueError('no')")
    folder = tmp_path / "perf"
    given = ("--dataset", "digits", "--budget", "100", "--device", "cpu", "-o", folder)
    code, output, _ = cli("profile", path, *given)
    assert code == 1 and "ValueError: no" in output and not any(folder.iterdir())
    code, _, errors = cli("profile", "noise")
    assert code == 2 and "--dataset" in errors
    (tmp_path / "file").write_text("")
    code, _, errors = cli("profile", "noise", *given[:-1], tmp_path / "file" / "perf")
    assert code == 2 and "cannot make" in errors
    code, output, _ = cli("profile", "-o", folder)
    assert code == 0 and "no profiles yet" in output


def test_a_file_that_is_no_profile_is_named(tmp_path):
    for content in ("{}", "[]", "{torn"):
        (tmp_path / "odd.json").write_text(content)
        with pytest.raises(BenchError, match=r"odd\.json is no profile"):
            files.load(tmp_path)


def test_profiles_stand_in_order_of_device_method_and_budget(tmp_path):
    committed = min((ROOT / "results" / "perf").glob("*.json"))
    base = json.loads(committed.read_text())
    kinds = [("gpu", 2000, ""), ("cpu", 25_000, ""), ("cpu", 2000, "with"), ("cpu", 2000, "")]
    for number, (device, budget, label) in enumerate(kinds):
        profile = base | {"device": device, "budget": budget, "label": label}
        (tmp_path / f"{number}.json").write_text(json.dumps(profile))
    found = [(one["device"], one["budget"], one["label"]) for one in files.load(tmp_path)]
    assert found == sorted(kinds)
