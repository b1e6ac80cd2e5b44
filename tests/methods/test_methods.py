"""Promises on the pages of single methods: queries of a round, schedules, fixed controls."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from benchmark.method import Spec, config
from benchmark.oracle import open_oracle
from benchmark.oracle.answering import Network
from benchmark.run import registry
from benchmark.run.cells import Request, expand
from methods._blocks.differences import unit_directions
from methods._blocks.drawings import FAMILIES
from methods._blocks.losses import divergence
from support.contract import run_steps
from support.suite import CPU, ROOT

ROUND = {  # queries of one round, in batches
    "ideal": 1,
    "ideal:alg1": 1,
    "ideal:all": 1,
    "noise": 1,
    "noise:smooth": 1,
    "noise:blobs": 1,
    "random-generator": 1,
    "random-generator:bn-tanh": 1,
    "random-generator:tanh-bn": 1,
    "random-generator:bn-affine": 1,
    "random-generator:stylegan": 1,
    "dfme": 7,
    "dfme:cached": 7,
    "dfme:l1": 7,
    "dfme:student-gradient": 6,
    "zskt": 2,
    "zskt:cached": 2,
    "deepinversion": 1,
    "deepinversion:released": 1,
    "deepinversion:hard-labels": 1,
    "cmi": 1,
    "cmi:released": 1,
    "cmi:hard-labels": 1,
    "dast": 1,
    "dast:cached": 1,
    "dafl": 1,
    "dafl:cached": 1,
    "dafl:no-activation": 1,
    "normal-kd": 1,
    "out-of-domain": 1,
    "dip-kd": 1,
    "dip-kd:two-pass": 1,
    "dip-kd:pre-edit": 1,
    "dip-kd:colour": 1,
    "disguide": 1,
    "disguide:dual-students": 5,
    "dfhl-rs": 1,
    "dfhl-rs:released": 2,  # of its student steps, of which the tests take two
    "dfhl-rs:clean": 1,
    "dfhl-rs:near": 1,
    "ideal:no-info": 1,
    "ideal:no-ce": 1,
    "ideal:no-reinit": 1,
    "ideal:uniform-targets": 1,
    "ideal:ldam": 1,
    "ideal:cb-focal": 1,
    "ideal:own-targets": 1,
    "drawn": 1,
    **{f"drawn:{name}": 1 for name in FAMILIES},
    **{f"drawn:no-{name}": 1 for name in (*FAMILIES, "moves")},
    "drawn:evolved": 1,
    "drawn:scenes": 1,
    "drawn:distilled": 1,
}


@pytest.mark.parametrize("label", ROUND)
def test_the_counter_says_what_the_page_says_a_round_costs(label, spec, make_method):
    entry = registry.find(label)
    method, account = make_method(entry, spec, 10_000)
    for rounds in (1, 2, 3):
        run_steps(method, entry, rounds - 1, rounds, seed=0)
        assert account.spent == rounds * ROUND[label] * method.config.batch


def test_the_released_loop_labels_its_whole_pool_in_every_round(spec, make_method):
    entry = registry.find("ideal:released")
    method, account = make_method(entry, spec, 10_000)
    run_steps(method, entry, 0, 4, seed=0)
    assert account.spent == method.config.batch * (1 + 2 + 3 + 4)


def test_every_variant_has_its_cost_in_the_list():
    found = [f"{n}:{v}" for n in registry.names() for v in registry.find(n).method.variants]
    # not in whole batches: test_zsdb3.py, test_qedg.py
    others = {name for name in registry.labels() if name.partition(":")[0] in ("zsdb3", "qedg")}
    assert {*registry.names(), *found} == {*ROUND, "ideal:released", *others}


def test_dfme_lowers_both_rates_at_shares_of_the_budget(spec, make_method):
    for label in ("dfme", "dfme:cached"):
        entry = registry.find(label)
        method, account = make_method(entry, spec, 700)  # ten rounds of 70
        rates, plain = {}, method._buy_for_the_student

        def watched(method=method, account=account, rates=rates, plain=plain):
            optimisers = (method.student_optimiser, method.generator_optimiser)
            rates[account.spent // 70] = [of.param_groups[0]["lr"] for of in optimisers]
            plain()

        method._buy_for_the_student = watched
        run_steps(method, entry, 0, 10, seed=0)
        for round_, falls in {0: 0, 1: 1, 2: 1, 3: 2, 4: 2, 5: 3, 9: 3}.items():
            c, fall = method.config, 0.3**falls
            expected = [c.student_lr * (1 if c.cached else fall), c.generator_lr * fall]
            assert rates[round_] == pytest.approx(expected), (label, round_)


def test_dfme_asks_for_the_image_and_for_its_shifted_copies(spec, make_method):
    entry = registry.find("dfme")
    entry.overrides.update(epsilon=5.0, directions=2)  # a step that changes the 8-bit image
    method, account = make_method(entry, spec, 1000)
    method.generator.train()
    method._train_generator()
    assert account.spent == 30 and account.unique() == 30


def test_zskt_takes_its_student_steps_on_images_of_the_changed_generator(spec, make_method):
    entry = registry.find("zskt")
    method, account = make_method(entry, spec, 1000)
    shown, plain = [], method._student_step
    method._student_step = lambda *batch: shown.append(batch[0]) or plain(*batch)
    before = [p.clone() for p in method.generator.parameters()]
    run_steps(method, entry, 0, 1, seed=0)
    after = method.generator.parameters()
    assert any(not torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert account.unique() == 20 and len(shown) == 3
    assert all(torch.equal(images, shown[0]) for images in shown)


def test_zskt_has_the_batch_it_was_released_with_on_every_data_set():
    for dataset, batch in (("digits", 250), ("cifar100", 1000)):
        request = Request([registry.find("zskt"), registry.find("dfme")], [dataset], [0])
        zskt, dfme = expand(request)
        assert (zskt.config.batch, dfme.config.batch) == (128, batch)
    asked = replace(request, overrides={"zskt": {"batch": 50}}, batch=70)
    assert [cell.config.batch for cell in expand(asked)] == [50, 70]


def test_dfme_shifts_less_where_queries_are_not_rounded():
    for precision, epsilon in (("uint8", 1.0), ("float32", 1e-3)):
        request = Request([registry.find("dfme")], ["digits"], [0], precision=precision)
        (cell,) = expand(request)
        assert cell.config.epsilon == epsilon and cell.overrides == {}
        (cell,) = expand(replace(request, overrides={"dfme": {"epsilon": 0.1}}))
        assert cell.config.epsilon == 0.1 and cell.overrides == {"epsilon": 0.1}


def test_dfme_follows_the_true_gradient_at_the_precision_of_its_queries():
    """64 directions of 256 have a cosine of about 0.45; shifts that rounding undoes leave 0.1."""
    spec = Spec((1, 16, 16), 3, CPU, "score")
    for precision in ("uint8", "float32"):
        (cell,) = expand(Request([registry.find("dfme")], ["digits"], [0], precision=precision))
        assert cosines(precision, cell.config.epsilon, spec).mean() > 0.4
    assert cosines("uint8", 1e-3, spec).mean() < 0.3


def cosines(precision: str, epsilon: float, spec: Spec) -> torch.Tensor:
    """Of DFME's estimates along 64 directions with the gradients through a teacher that is open."""
    entry = registry.find("dfme")
    layers = nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * (spec.shape[1] - 2) ** 2, 3)
    nets = [nn.Sequential(*copy.deepcopy(layers)) for _ in range(2)]
    for net in nets:
        for layer in (net[0], net[3]):
            layer.reset_parameters()
            layer.weight.data.mul_(3)
    teacher, student = nets
    values = config.resolve(entry.method, "dfme", {"epsilon": epsilon}, entry.method.tiny)
    asked = Network(copy.deepcopy(teacher), spec.access != "hard-label")
    oracle, _, close = open_oracle(spec, 10_000, [asked], precision)
    method = entry.method(spec, values, oracle, student.eval().requires_grad_(False))
    method.setup()
    raw = method.generator.raw(method.generator.sample(40)).detach()
    directions = unit_directions(64, raw)
    points = torch.cat([raw[None], raw + epsilon * directions])
    answers = oracle(method.generator.squash(points.flatten(0, 1))).view(65, 40, 3)
    close()
    estimate, _ = method.estimate(raw, directions, answers)
    raw.requires_grad_()
    images = method.generator.squash(raw)
    loss = -divergence(student(images), teacher(images).softmax(dim=1)).sum()
    (true,) = torch.autograd.grad(loss, raw)
    return F.cosine_similarity(estimate.flatten(1), true.flatten(1))


def test_dast_lets_alpha_follow_the_control_loss_after_the_step(spec, make_method):
    """The step at which the control loss falls below the threshold still has the old alpha."""
    entry = registry.find("dast")
    for threshold, falls in ((1e9, True), (0.0, False)):
        entry.overrides.update(threshold=threshold)
        method, _ = make_method(entry, spec, 300)
        latents, chosen = method.generator.sample(30), torch.arange(30) % 3
        labels = torch.zeros(30, dtype=torch.int64)
        method.student.eval().requires_grad_(False)
        with torch.no_grad():
            logits = method.student(method._images(latents, chosen))
        control, distance = F.cross_entropy(logits, chosen), F.cross_entropy(logits, labels)
        (loss,) = method._generator_step(latents, chosen, labels)
        assert loss.item() == pytest.approx(((-distance).exp() + 0.2 * control).item(), rel=1e-5)
        assert method.alpha.item() == pytest.approx(control.item() if falls else 0.2, rel=1e-5)


@pytest.mark.parametrize(("count", "classes"), [(30, 3), (31, 3), (7, 3), (2, 3)])
def test_dast_passes_its_generator_once_for_each_class(count, classes, spec, make_method):
    """So that an image depends, through batch norm, on those of its own class alone."""
    method, _ = make_method(registry.find("dast"), spec, 300)
    latents, chosen = method.generator.sample(count), torch.arange(count) % classes
    images = method._images(latents, chosen)
    for label in range(min(classes, count)):
        mine = method.generator(latents[chosen == label] + method.classes(chosen[chosen == label]))
        torch.testing.assert_close(images[chosen == label], mine)


def test_dafl_rewards_balance_confidence_and_large_features(spec, make_method):
    """Each weight alone leads the generator's images where its term says."""
    entry = registry.find("dafl")
    losses = {}
    for term in ("one_hot", "balance", "activation"):
        entry.overrides.update(one_hot=0.0, balance=0.0, activation=0.0, generator_lr=0.01)
        entry.overrides[term] = 1.0
        method, _ = make_method(entry, spec, 300)
        latents, labels = method.generator.sample(30), torch.zeros(30, dtype=torch.int64)
        method.student.eval().requires_grad_(False)
        values = [method._generator_step(latents, labels)[0].item() for _ in range(20)]
        losses[term] = values
    assert all(values[-1] < values[0] for values in losses.values())
    assert losses["activation"][0] < 0 < losses["one_hot"][0]


def test_the_list_of_rounds_holds_the_formula_against_the_counter():
    """The committed list, which another test makes anew and compares."""
    text = (ROOT / "results" / "tables" / "rounds.md").read_text()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()]
    labels = registry.labels()
    lines = {line[0]: line[1:] for line in cells if len(line) == 5 and line[0] in labels}
    assert list(lines) == labels
    assert all(formula == counter for _, _, formula, counter in lines.values())
    assert lines["dfme"][1] == "1,750" and lines["zskt"][0] == r"2 \* batch"
