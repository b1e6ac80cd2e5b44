"""IDEAL's own arithmetic: student steps, learning rates, and the changes of each variant."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F

from benchmark.run import registry
from methods._blocks.imbalance import class_balanced_focal, ldam
from methods._blocks.losses import batch_information
from support.contract import fingerprint, run_steps

ROUNDS = 5


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"replay_steps": 3, "final_passes": 0}, [1, 2, 3, 3, 3]),  # never more than a pass
        ({"replay_steps": 1, "final_passes": 0}, [1, 1, 1, 1, 1]),
        ({"replay": "all", "final_passes": 0}, [1, 2, 3, 4, 5]),
        ({"replay_steps": 2, "final_passes": 2}, [1, 2, 2, 2, 2, 5, 5]),
    ],
)
def test_student_steps_of_each_round(values, expected, spec, make_method):
    taken, steps = [], []
    method, entry = prepared(values, spec, make_method)
    plain = method._student_step
    method._student_step = lambda *batch: taken.append(1) or plain(*batch)
    step = method.step
    method.step = lambda: [step(), steps.append(len(taken))][0]
    run_steps(method, entry, 0, None, seed=0)
    rounds = [after - before for before, after in zip([0, *steps], steps, strict=False)]
    assert rounds == [*expected, 0]  # the last call ends the run


def test_the_rate_falls_in_the_final_passes_only(spec, make_method):
    rates = []
    method, entry = prepared({"replay_steps": 2, "final_passes": 4}, spec, make_method)
    plain = method._student_step
    group = method.student_optimiser.param_groups[0]
    method._student_step = lambda *batch: rates.append(group["lr"]) or plain(*batch)
    run_steps(method, entry, 0, None, seed=0)
    full = method.config.student_lr
    assert rates[:9] == [full] * 9
    assert rates[9:] == pytest.approx(
        [full * share for share in (1, 0.75, 0.5, 0.25) for _ in range(ROUNDS)]
    )


def prepared(values, spec, make_method, label="ideal"):
    entry = registry.find(label)
    entry.overrides.update(values)
    return make_method(entry, spec, ROUNDS * entry.method.tiny["batch"])[0], entry


@pytest.mark.parametrize(("variant", "ce", "information"), [("no-ce", 0, 5), ("no-info", 1, 0)])
def test_the_generators_loss_without_one_of_its_terms(variant, ce, information, spec, make_method):
    method, _ = prepared({"generator_augment": "none"}, spec, make_method, f"ideal:{variant}")
    latents, targets = method.generator.sample(30), torch.arange(30) % 3
    method.student.eval()
    with torch.no_grad():
        logits = method.student(method.generator(latents))
    _, loss = method._generator_step(latents, targets)
    expected = ce * F.cross_entropy(logits, targets) + information * batch_information(logits)
    assert loss.item() == pytest.approx(expected.item())
    assert min(F.cross_entropy(logits, targets), -batch_information(logits)) > 0.05


@pytest.mark.parametrize(
    ("label", "left_out"), [("ideal", ROUNDS), ("ideal:alg1", 0), ("ideal:no-reinit", 0)]
)
def test_an_update_that_nothing_sees_is_left_out_and_changes_no_bit(
    label, left_out, spec, make_method
):
    seen, prints = [], []
    entry = registry.find(label)
    for always in (False, True):
        method, account = make_method(entry, spec, ROUNDS * 30)
        plain = method._generator_step if always else method._generator_loss
        method._generator_loss = lambda *batch, of=plain: seen.append(1) or of(*batch)
        run_steps(method, entry, 0, None, seed=0)
        prints.append(fingerprint(method, account))
    assert len(seen) == 2 * left_out
    assert prints[0] == prints[1]


@pytest.mark.parametrize(("label", "anew"), [("ideal", True), ("ideal:no-reinit", False)])
def test_without_reinitialisation_neither_the_generator_nor_its_adam_starts_anew(
    label, anew, spec, make_method
):
    method, entry = prepared({}, spec, make_method, label)
    begins = []
    plain = method._train_generator
    method._train_generator = lambda: begins.append(weights(method.generator)) or plain()
    run_steps(method, entry, 0, 1, seed=0)
    left = weights(method.generator)
    run_steps(method, entry, 1, 2, seed=0)
    assert torch.equal(begins[1], left) is not anew
    (steps,) = {state["step"].item() for state in method.generator_optimiser.state.values()}
    each = method.config.generator_steps
    assert steps == (each - 1 if anew else 2 * each)  # the last of a generator is left out


@pytest.mark.parametrize("variant", ["uniform-targets", "ldam", "cb-focal"])
def test_the_imbalance_arms_draw_their_targets_at_random(variant, spec, make_method):
    drawn = prepared({}, spec, make_method, f"ideal:{variant}")[0]._targets(300)
    assert drawn.bincount().tolist() != [100] * 3 and drawn.bincount().min() > 60
    balanced = prepared({}, spec, make_method)[0]._targets(300)
    assert balanced.bincount().tolist() == [100] * 3


@pytest.mark.parametrize("variant", ["ldam", "cb-focal"])
def test_a_reweighted_loss_sees_the_counts_of_all_labels_so_far(variant, spec, make_method):
    method, entry = prepared({"replay_steps": 2}, spec, make_method, f"ideal:{variant}")
    loss = {
        "ldam": lambda *batch: ldam(*batch, 0.5),
        "cb-focal": lambda *batch: class_balanced_focal(*batch, 0.9999, 1.0),
    }[variant]
    seen, plain = [], method._student_step

    def watched(images, labels, counts):
        pool = method.pool
        assert torch.equal(counts, pool.labels[: len(pool)].bincount(minlength=3))
        expected = loss(method.student(images), labels, counts)
        found = plain(images, labels, counts)
        assert found[0].item() == pytest.approx(expected.item())
        return seen.append(counts.sum().item()) or found

    method._student_step = watched
    run_steps(method, entry, 0, 4, seed=0)
    assert seen == [30, 60, 60, 90, 90, 120, 120]
    assert method.counts.max() > method.counts.min()


@pytest.mark.parametrize(("losses", "kept"), [([1.0, 3.0], 0), ([3.0, 1.0], 1)])
def test_the_kept_batch_is_stored_with_its_own_targets(losses, kept, spec, make_method):
    method, entry = prepared({"latent": "fresh"}, spec, make_method, "ideal:own-targets")
    given = []

    def step(latents, targets):
        given.append((torch.rand(30, *spec.shape), targets))
        return given[-1][0], torch.tensor(losses[len(given) - 1])

    method._targets = lambda count: torch.randint(3, (count,))
    method._generator_step = method._generator_loss = step
    run_steps(method, entry, 0, 1, seed=0)
    pool = method.pool
    torch.testing.assert_close(pool.newest(30)[0], given[kept][0], atol=1 / 255, rtol=0)
    assert torch.equal(pool.targets[:30], given[kept][1])
    assert len(given) == 2 and not torch.equal(given[1][1], given[0][1])


def test_own_targets_learns_the_targets_from_the_first_weights_and_no_label(spec, make_method):
    entry, budget = registry.find("ideal:own-targets"), 60
    entry.overrides.update(target_passes=250)
    method, account = make_method(entry, spec, budget)
    first = weights(method.student)
    run_steps(method, entry, 0, 2, seed=0)
    labelled = weights(method.student)
    entry.overrides.update(target_passes=0)
    usual, usual_account = make_method(entry, spec, budget)
    run_steps(usual, entry, 0, 2, seed=0)
    assert account.digest() == usual_account.digest()
    assert torch.equal(labelled, weights(usual.student)) and not torch.equal(labelled, first)

    plain = method._student_step

    def watched(*batch):
        method._student_step = plain  # the first call only
        assert torch.equal(weights(method.student), first)
        momenta = [state["momentum_buffer"] for state in method.student_optimiser.state.values()]
        assert momenta and not any(momentum.any() for momentum in momenta)
        return plain(*batch)

    method._student_step = watched
    run_steps(method, entry, 2, None, seed=0)
    assert method._student_step is plain
    images, labels = method.pool.newest(budget)
    with torch.no_grad():
        predictions = method.deliver().eval()(images).argmax(dim=1)
    assert (labels == method.pool.targets).float().mean() < 0.6
    assert (predictions == method.pool.targets).float().mean() > 0.9


def test_own_targets_can_stop_among_its_last_passes(spec, make_method):
    entry, prints = registry.find("ideal:own-targets"), []
    for stop in (None, 5):
        method, account = make_method(entry, spec, 60)
        if stop:
            run_steps(method, entry, 0, stop, seed=0)
            saved = copy.deepcopy((method.state_dict(), account.state_dict()))
            method, account = make_method(entry, spec, 60, seed=1)
            method.load_state_dict(saved[0])
            account.load_state_dict(saved[1])
        run_steps(method, entry, stop or 0, None, seed=0)
        prints.append(fingerprint(method, account))
    assert prints[0] == prints[1]


@pytest.mark.parametrize(
    ("label", "values", "words"),
    [
        ("ideal:own-targets", {"keep": "last"}, "keep=best"),
        ("ideal:own-targets", {"relabel": True}, "relabel=false"),
        ("ideal:own-targets", {"student_loss": "ldam"}, "no target_passes"),
        ("ideal:cb-focal", {"relabel": True}, "no relabel"),
    ],
)
def test_values_without_a_meaning_are_refused(label, values, words, spec, make_method):
    with pytest.raises(ValueError, match=words):
        prepared(values, spec, make_method, label)


def weights(net):
    return torch.cat([p.detach().flatten() for p in net.parameters()])
