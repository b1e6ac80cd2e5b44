"""Sentences with a measured number, on the methods of the paper: see ``claims``."""

from __future__ import annotations

from statistics import fmean

from benchmark.papers.published import lookup
from support.measured import (
    ALEXNET,
    CACHED,
    CIFAR,
    CIFAR_TEACHER,
    DIGITS,
    FASHION,
    FLOOR_ON_USPS,
    FLOORS_ON_CIFAR,
    IDEAL_ON_USPS,
    LABELS,
    LARGE,
    ON_USPS,
    PAPERS_ON_CIFAR,
    RELEASED,
    SCORES,
    SOONER,
    SPREADS,
    STYLEGAN,
    UNTRAINED,
    below,
    printed,
    printed_on,
    reference,
    seeds,
    steps,
    stored,
)
from support.raw_rows import accuracies, mean, spread

PAPER = [
    ("README", "end at {:.2f} %, `ideal` at {:.2f} %", mean("noise:blobs"), mean("ideal")),
    ("README", "`dfme` goes from {:.0f} to {:.0f} %", *stored("dfme")),
    ("README", "`dast` from {:.0f} to {:.0f} %", *stored("dast")),
    ("README", "near its printed {:.2f} %", printed("ideal")),
    (
        "findings",
        "`cmi` ends at {:.2f} % with one seed and at {:.2f} % with another",
        *accuracies("cmi (generator=stylegan)"),
    ),
    (
        "findings",
        "`ideal` ends at {:.2f} % (its own generator gives {:.2f} %, {}), `dfme`, `dast`, `dafl` "
        "and `zskt` at {:.2f} to {:.2f} %. Without any training its images give {:.2f} % ({})",
        mean("ideal (generator=stylegan)"),
        mean("ideal"),
        seeds("ideal"),
        min(STYLEGAN),
        max(STYLEGAN),
        mean("random-generator (generator=stylegan)"),
        seeds("random-generator (generator=stylegan)"),
    ),
    ("findings", "ends at {:.2f} %, `ideal` at {:.2f} %", mean("noise:blobs"), mean("ideal")),
    ("findings", "their images reach {:.0f} to {:.0f} %", min(UNTRAINED), max(UNTRAINED)),
    ("findings", "`ideal` reaches {:.0f} %.", mean("ideal", **DIGITS)),
    ("findings", "its seeds lie {:.0f} to {:.0f} points apart", *SPREADS),
    ("findings", "The floor has {:.0f} % at 2,000 queries", mean("noise:blobs", budget=2000)),
    ("findings", "`dfme` goes from {:.0f} to {:.0f} %", *stored("dfme")),
    ("findings", "`dast` from {:.0f} to {:.0f} %", *stored("dast")),
    ("findings", "`dafl` from {:.0f} to {:.0f} %", *stored("dafl")),
    ("findings", "`zskt` from {:.0f} to {:.0f} %", *stored("zskt")),
    (
        "findings",
        "On USPS they end at {:.0f} to {:.0f} % with 5,000 queries, the best floor at "
        "{:.0f} %, `ideal` at {:.0f} %",
        min(ON_USPS),
        max(ON_USPS),
        FLOOR_ON_USPS,
        IDEAL_ON_USPS,
    ),
    (
        "findings",
        "do, by {:.0f} to {:.0f} points",
        min(ON_USPS) - FLOOR_ON_USPS,
        max(ON_USPS) - FLOOR_ON_USPS,
    ),
    (
        "findings",
        "`dfme:cached` ends at {:.0f} % ({}, {:.0f} to {:.0f} %; the paper prints {:.2f} "
        "% for DFME)",
        fmean(CACHED),
        seeds("dfme:cached"),
        min(CACHED),
        max(CACHED),
        printed("dfme"),
    ),
    (
        "findings",
        "The others end at {:.0f} % (`dafl:cached`, {}), {:.0f} % (`dast:cached`) and {:.0f} % "
        "(`zskt:cached`)",
        mean("dafl:cached"),
        seeds("dafl:cached"),
        mean("dast:cached"),
        mean("zskt:cached"),
    ),
    (
        "findings",
        "(version 2, {}), `zskt` ends at {:.0f} % on MNIST where the paper prints {:.2f} "
        "%, `dafl` at {:.0f} % where it prints {:.2f} %",
        seeds("zskt", "dafl"),
        mean("zskt", 2),
        printed("zskt"),
        mean("dafl", 2),
        printed("dafl"),
    ),
    ("findings", "prints {:.2f} % and {:.2f} %", printed("dfme"), printed("dast")),
    ("findings", "within 5 points of the {:.2f} % that the paper prints", printed("ideal")),
    (
        "findings",
        "DaST with probabilities ends at {:.0f} % ({}), though a reference student learns {:.0f} % "
        "from the same answers",
        mean("dast", **SCORES),
        seeds("dast", **SCORES),
        reference("dast", **SCORES),
    ),
    (
        "findings",
        "four times the steps, it ends at {:.0f} % ({}), its reference at {:.0f} %; with its "
        "answers stored and shown again at {:.0f} % ({})",
        mean("dast (batch=64)", **SCORES),
        seeds("dast (batch=64)", **SCORES),
        reference("dast (batch=64)", **SCORES),
        mean("dast:cached", **SCORES),
        seeds("dast:cached", **SCORES),
    ),
    ("findings", "the first version of `cmi` lie {:.0f} points apart", spread("cmi", 1)),
    ("findings", "E_G = 3 ends {:.0f} points below", mean("ideal") - steps(3)),
    (
        "findings",
        "have {:.0f} %, {:.0f} % and {:.0f} %, with E_G = 5 {:.0f} % (its other seeds "
        "{:.0f} % and {:.0f} %)",
        *SOONER,
    ),
    (
        "findings",
        "from {:.2f} % at 5 to {:.2f} % at 50",
        printed("ideal", "alexnet"),
        printed("ideal (generator_steps=50)", "alexnet"),
    ),
    (
        "findings",
        "ends at {:.0f} % ({}, {:.0f} to {:.0f} %; the paper prints {:.2f} %); with",
        mean("ideal", **ALEXNET),
        seeds("ideal", **ALEXNET),
        min(accuracies("ideal", **ALEXNET)),
        max(accuracies("ideal", **ALEXNET)),
        printed("ideal", "alexnet"),
    ),
    (
        "findings",
        "under both, at {:.0f} and {:.0f} %",
        mean("deepinversion", **ALEXNET),
        mean("deepinversion", teacher="mlp"),
    ),
    ("findings", "the MLP {:.0f} points below {:.2f} %", *below("mlp")),
    (
        "findings",
        "`noise:blobs` ends at {:.2f} %, `ideal` at {:.2f} % and `dfme:cached` at {:.2f} %; with "
        "the paper's 100,000 at {:.2f} % and {:.2f} % (`ideal`, where the paper prints {:.2f} %)",
        *(mean(form, **FASHION) for form in ("noise:blobs", "ideal", "dfme:cached")),
        *(mean(form, **LARGE) for form in ("noise:blobs", "ideal")),
        lookup("fmnist", "lenet", "lenet", "ideal", "hard-label", 100_000),
    ),
    (
        "findings",
        "teacher of {:.2f} % to a LeNet, no method of the paper ends above {:.0f} %: `ideal` has "
        "{:.2f} %, the best floor {:.2f} %",
        printed_on(CIFAR_TEACHER),
        max(mean(form, **CIFAR) for form in PAPERS_ON_CIFAR),
        mean("ideal", **CIFAR),
        max(mean(form, **CIFAR) for form in FLOORS_ON_CIFAR),
    ),
    (
        "findings",
        "ends at {:.2f} % ({}). Where each of its {:,} queries is paid it ends at {:.2f} % ({}), "
        "so the paper's {} % is reached",
        mean("ideal:released"),
        seeds("ideal:released"),
        RELEASED["budget"],
        mean("ideal:released", **RELEASED),
        seeds("ideal:released", **RELEASED),
        printed("ideal"),
    ),
    (
        "README",
        "and has {:.2f} % after 25,000",
        mean("ideal:released"),
    ),
    (
        "findings",
        "25,000 on MNIST {:.0f} % are one class, and the rarest has {:d} images",
        100 * max(LABELS) / sum(LABELS),
        min(LABELS),
    ),
]
