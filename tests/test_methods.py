"""What single methods promise on their pages: queries of a round, schedules, fixed controls."""

from __future__ import annotations

import pytest
import torch

from benchmark import registry
from test_contract import run_steps

ROUND = {  # queries of one round, in batches
    "ideal": 1, "ideal:alg1": 1, "ideal:all": 1, "noise": 1, "noise:smooth": 1, "noise:blobs": 1,
    "random-generator": 1,
    "dfme": 7, "dfme:l1": 7, "dfme:student-gradient": 6, "zskt": 2, "zskt:keep-labels": 1,
    "deepinversion": 1, "deepinversion:released": 1, "deepinversion:hard-labels": 1,
    "cmi": 1, "cmi:released": 1, "cmi:hard-labels": 1,
    "dast": 1, "dafl": 1, "dafl:no-activation": 1, "normal-kd": 1, "out-of-domain": 1,
    "ideal:no-info": 1, "ideal:no-ce": 1, "ideal:no-reinit": 1, "ideal:uniform-targets": 1,
    "ideal:ldam": 1, "ideal:cb-focal": 1, "ideal:own-targets": 1,
}  # fmt: skip


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
    zsdb3 = {"zsdb3", "zsdb3:mbd", "zsdb3:released"}  # not in batches: tests/test_zsdb3.py
    assert {*registry.names(), *found} == {*ROUND, "ideal:released", *zsdb3}


def test_dfme_lowers_both_rates_at_shares_of_the_budget(spec, make_method):
    entry = registry.find("dfme")
    method, account = make_method(entry, spec, 700)  # ten rounds of 70
    rates = {}
    plain = method._train_student

    def watched():
        rates[account.spent // 70] = [
            optimiser.param_groups[0]["lr"]
            for optimiser in (method.student_optimiser, method.generator_optimiser)
        ]
        plain()

    method._train_student = watched
    run_steps(method, entry, 0, None, seed=0)
    for round_, falls in {0: 0, 1: 1, 2: 1, 3: 2, 4: 2, 5: 3, 9: 3}.items():
        assert rates[round_] == pytest.approx([0.1 * 0.3**falls, 1e-4 * 0.3**falls]), round_


def test_dfme_asks_for_the_image_and_for_its_shifted_copies(spec, make_method):
    entry = registry.find("dfme")
    entry.overrides.update(epsilon=5.0, directions=2)  # a step that changes the 8-bit image
    method, account = make_method(entry, spec, 1000)
    method.generator.train()
    method._train_generator()
    assert account.spent == 30 and account.unique() == 30


def test_zskt_takes_its_student_steps_on_images_of_the_changed_generator(spec, make_method):
    for label, fresh in (("zskt", True), ("zskt:keep-labels", False)):
        entry = registry.find(label)
        method, account = make_method(entry, spec, 1000)
        before = [p.clone() for p in method.generator.parameters()]
        run_steps(method, entry, 0, 1, seed=0)
        after = method.generator.parameters()
        assert any(not torch.equal(a, b) for a, b in zip(before, after, strict=True))
        assert account.unique() == (20 if fresh else 10)


def test_dast_lets_alpha_follow_the_control_loss_once_that_is_small(spec, make_method):
    entry = registry.find("dast")
    for threshold, falls in ((1e9, True), (0.0, False)):
        entry.overrides.update(threshold=threshold)
        method, _ = make_method(entry, spec, 300)
        run_steps(method, entry, 0, 1, seed=0)
        assert (method.alpha.item() != pytest.approx(0.2)) is falls


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


def test_the_list_of_rounds_holds_the_formula_against_the_counter(cli):
    code, text, errors = cli("list", "rounds")
    assert code == 0, errors
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()]
    lines = {line[0]: line[1:] for line in cells if len(line) == 5 and line[0] in registry.labels()}
    assert list(lines) == registry.labels()
    assert all(formula == counter for _, _, formula, counter in lines.values())
    assert lines["dfme"][1] == "1,750" and lines["zskt"][0] == "2 * batch"
