"""Metered against claimed: counts worked out from formulas, and the rows beside them."""

from __future__ import annotations

import csv
import io

from benchmark import datasets
from benchmark.papers.claims import CLAIMS
from benchmark.run import registry
from benchmark.run.tasks import TASKS
from benchmark.tables import queries
from benchmark.tables.render import render
from support.made_rows import FAILED, fill, make_row


def counts(what: str) -> dict[str, int]:
    return {claim.dataset: claim.count for claim in CLAIMS if claim.what == what}


def test_the_released_loop_asks_what_was_counted_by_hand():
    assert counts("IDEAL, released loop") == {
        "mnist": 1_262_500,
        "fmnist": 20_050_000,
        "svhn": 20_050_000,
        "cifar10": 80_050_000,
        "imagenet12": 80_050_000,
        "cifar100": 720_200_000,
        "tiny-imagenet": 720_200_000,
    }
    for batch, rounds, dataset in (
        (250, 100, "mnist"),
        (250, 1000, "cifar10"),
        (1000, 2000, "cifar100"),
    ):
        total = sum(batch * min(e, 400) for e in range(1, rounds + 1))  # round by round
        assert counts("IDEAL, released loop")[dataset] == total
        assert counts("IDEAL, as the paper counts")[dataset] == batch * rounds


def test_what_the_paper_claims_are_its_budgets():
    for claim in CLAIMS:
        if claim.what.startswith("IDEAL"):
            assert claim.claimed == TASKS[claim.dataset].budget
        if claim.what == "IDEAL, as the paper counts":
            assert claim.count == claim.claimed


def test_loops_of_the_baselines():
    assert counts("DFME, own budget") == {"svhn": 1_999_872, "cifar10": 19_998_720}
    assert counts("ZSDB3, one training image") == {"mnist": 222_237, "cifar100": 324_207}
    assert counts("DAFL, full run") == {"mnist": 12_288_000, "cifar10": 245_760_000}
    assert counts("DaST, full run") == {"": 10**9}
    assert counts("ZSKT, full run") == {"cifar10": 20_480_000}
    assert counts("CMI, full run") == {"cifar10": 30_720_000}
    assert counts("DeepInversion, in CMI's code") == {"cifar10": 71_680_000}
    for claim in CLAIMS:
        if claim.what.endswith("in IDEAL's Table 2"):
            assert claim.claimed - 2000 < claim.count <= claim.claimed or claim.count == 0


def test_names_are_the_suites():
    for claim in CLAIMS:
        assert claim.dataset in {"", *datasets.names()}
        name, _, variant = claim.label.partition(":")
        if name in registry.names() and variant:
            assert variant in registry.find(name).method.variants


def test_rows_stand_beside_the_claim_of_their_method(cli, tmp_path):
    setting = {"dataset": "mnist", "budget": 25_000, "method": "ideal", "variant": "released"}
    rows = [make_row(**setting, unique=6000), make_row(**setting, unique=7000, seed=1)]
    others = [
        {"seed": 100},
        {"scale": 0.5},
        {"budget": 5000},
        {"dataset": "fmnist"},
        FAILED,
        {"variant": "all"},
        {"overrides": {"batch": 9}},
    ]
    rows += [make_row(**setting | change, unique=1) for change in others]
    found = {
        (one["what"], one["dataset"]): one
        for one in csv.DictReader(io.StringIO(render(queries.sheet(rows), "csv")))
    }
    one = found["IDEAL, released loop", "mnist"]
    assert (one["claimed"], one["count"], one["ratio"]) == ("25000", "1262500", "50.5")
    assert (one["queries"], one["unique"], one["runs"]) == ("25000.0", "6500.0", "2")
    assert found["IDEAL, as the paper counts", "mnist"]["runs"] == ""
    fill(tmp_path, *rows)
    for form in ("md", "latex", "html", "csv"):
        code, text, errors = cli("table", "--queries", "--format", form)
        assert code == 0 and ("1,262,500" in text or form == "csv"), errors
    assert "| IDEAL, released loop " in cli("table", "--queries")[1]


def test_the_table_needs_no_rows(cli):
    code, text, _ = cli("table", "--queries")
    assert code == 0 and "720,200,000" in text and "Suite" not in text
