"""Every sentence of the documents with a measured number, and the rows that support it."""

from __future__ import annotations

from statistics import fmean, median

from benchmark.papers.published import lookup
from benchmark.rows.stats import entry
from support.measured import (
    ALEXNET,
    CACHED,
    CIFAR,
    CIFAR_100,
    CIFAR_TEACHER,
    DIGITS,
    FAR,
    FASHION,
    FEW,
    FLOOR_ON_USPS,
    FLOORS_ON_CIFAR,
    GREY,
    HALF,
    HUNDRED,
    IDEAL_ON_USPS,
    IMAGENETTE,
    INVERTED,
    LABELS,
    LARGE,
    MARK,
    NEWER_ON_DIGITS,
    ON_TEN,
    ON_USPS,
    PAPERS_ON_CIFAR,
    RELEASED,
    RESNET,
    SCORES,
    SHIFTS,
    SOONER,
    SPREADS,
    STARTS,
    STYLEGAN,
    TEN,
    TEXTURES,
    TINY,
    TURF,
    UNDER_SHIFTS,
    UNTRAINED,
    USPS,
    below,
    drawn_trial,
    first_seed,
    isolation,
    load,
    loopback,
    measured,
    of_dip_kd,
    on_one_thread,
    pool,
    printed,
    printed_on,
    reference,
    seeds,
    share_of_marks,
    shares_of_the_reference,
    speed_of,
    steps,
    stored,
    teacher_of,
    trials_gain,
)
from support.raw_rows import accuracies, mean, rows, spread

# Document, sentence, and the values in its gaps.
CLAIMS = [
    ("README", "end at {:.2f} %, `ideal` at {:.2f} %", mean("noise:blobs"), mean("ideal")),
    ("README", "prior of this project has {:.2f} % there", mean("drawn")),
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
        "on MNIST with 25,000 queries at {:.2f} % ({}; the best floor has {:.2f} %)",
        mean("drawn"),
        seeds("drawn"),
        mean("noise:blobs"),
    ),
    (
        "findings",
        "on Fashion-MNIST with 10,000 queries at {:.0f} % ({}; the floor {:.0f} %, "
        "`ideal` {:.0f} %)",
        mean("drawn", **FEW),
        seeds("drawn", "noise:blobs", "ideal", **FEW),
        mean("noise:blobs", **FEW),
        mean("ideal", **FEW),
    ),
    (
        "findings",
        "on digits and USPS with 5,000 queries at {:.0f} and {:.0f} %",
        mean("drawn", **DIGITS),
        mean("drawn", **USPS),
    ),
    (
        "findings",
        "with 10,000 queries at {:.2f} %, with 5,000 at {:.2f} %, with 2,000 at {:.2f} % and with "
        "1,000 at {:.2f} %",
        *(mean("drawn", budget=budget) for budget in (10_000, 5_000, 2_000, 1_000)),
    ),
    (
        "findings",
        "under the MLP teacher at {:.2f} % ({}; `dfme:cached` has {:.2f} %)",
        mean("drawn", teacher="mlp"),
        seeds("drawn", "dfme:cached", teacher="mlp"),
        mean("dfme:cached", teacher="mlp"),
    ),
    (
        "findings",
        "under the shipped AlexNet at {:.2f} % ({}; `ideal` {:.2f} %)",
        mean("drawn", **ALEXNET),
        seeds("drawn", "ideal", **ALEXNET),
        mean("ideal", **ALEXNET),
    ),
    (
        "findings",
        "on CIFAR-10 (JPEG) with 10,000 queries at {:.0f} % and with 25,000 at {:.0f} % ({} each); "
        "the best floor has {:.0f} % with",
        mean("drawn", **CIFAR | {"budget": 10_000}),
        mean("drawn", **CIFAR),
        seeds("drawn", **CIFAR | {"budget": 10_000}),
        max(mean(form, **CIFAR) for form in FLOORS_ON_CIFAR),
    ),
    ("findings", "`mnist-lenet-shifts`, {:.2f} %) is as accurate", teacher_of("drawn", **SHIFTS)),
    (
        "findings",
        "25,000 queries ({}) the best floor falls to {:.2f} %, `ideal` to {:.2f} %, `dfme:cached` "
        "to {:.2f} % and `dafl:cached` to {:.2f} %, which is chance; `drawn` ends at {:.2f} %",
        seeds(*UNDER_SHIFTS, **SHIFTS),
        *(mean(form, **SHIFTS) for form in UNDER_SHIFTS),
    ),
    *(
        (
            "findings",
            "from a LeNet of {:.2f} %, at {:.2f} % ({}), where the floor has {:.2f} %, `ideal` "
            "{:.2f} % and `dfme:cached` {:.2f} %",
            teacher_of("drawn", **setting),
            mean("drawn", **setting),
            seeds("drawn", "noise:blobs", "ideal", "dfme:cached", **setting),
            *(mean(form, **setting) for form in ("noise:blobs", "ideal", "dfme:cached")),
        )
        for setting in (CIFAR_100, IMAGENETTE, TINY)
    ),
    (
        "findings",
        "on Fashion-MNIST with 100,000 queries at {:.0f} % ({}), where the floor has {:.0f} %",
        mean("drawn", **LARGE),
        seeds("drawn", **LARGE),
        mean("noise:blobs", **LARGE),
    ),
    (
        "findings",
        "it ends with 10,000 queries at {:.0f} % ({}), {:.0f} points below MNIST itself; the floor "
        "has {:.0f} % there ({})",
        mean("drawn", **INVERTED),
        seeds("drawn", **INVERTED),
        mean("drawn", budget=10_000) - mean("drawn", **INVERTED),
        mean("noise:blobs", **INVERTED),
        seeds("noise:blobs", **INVERTED),
    ),
    (
        "findings",
        "in grey it ends at {:.0f} % ({}), where its drawings in colour reach {:.0f} % on the same "
        "photographs ({}). `ideal`, which draws nothing, has {:.0f} % there, the floor {:.0f} %",
        mean("drawn", **GREY),
        seeds("drawn", **GREY),
        mean("drawn", dataset="folder:cifar10_jpg", budget=10_000),
        seeds("drawn", dataset="folder:cifar10_jpg", budget=10_000),
        mean("ideal", **GREY),
        mean("noise:blobs", **GREY),
    ),
    (
        "findings",
        "it ends with 10,000 queries at {:.0f} % ({}), `ideal` at {:.0f} % ({}), the floor at "
        "{:.0f} % ({})",
        *(
            of(name, **TEXTURES)
            for name in ("drawn", "ideal", "noise:blobs")
            for of in (mean, seeds)
        ),
    ),
    (
        "findings",
        "A reference student learns {:.0f} % from the same labels",
        reference("drawn", **TEXTURES),
    ),
    (
        "findings",
        "On Fashion-MNIST `dfhl-rs` has {:.0f} % ({}) and `qedg` {:.0f} % ({})",
        mean("dfhl-rs", **FASHION),
        seeds("dfhl-rs", **FASHION),
        mean("qedg", **FASHION),
        seeds("qedg", **FASHION),
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
        "`disguide` ends at {:.2f} % ({}), `dfhl-rs` at {:.2f} % ({}), `qedg` at {:.2f} % ({}) and "
        "`dip-kd` at {:.2f} % ({})",
        *(of(name) for name in ("disguide", "dfhl-rs", "qedg", "dip-kd") for of in (mean, seeds)),
    ),
    (
        "findings",
        "`disguide` has {:.0f} % and `dip-kd` {:.0f} %, on CIFAR-10 (JPEG) {:.0f} and {:.0f} %",
        *(mean(form, **of) for of in (FASHION, CIFAR) for form in ("disguide", "dip-kd")),
    ),
    (
        "findings",
        "with half the updates it ends at {:.2f} %, with twice as many at {:.2f} %, with all "
        "images of a batch moved at {:.2f} % and without a warm-up at {:.2f} %",
        *(
            first_seed(f"drawn ({value})")
            for value in ("updates=500", "updates=2000", "moved=1.0", "warm_up=0.0")
        ),
    ),
    ("findings", "With all six that seed ends at {:.2f} %", first_seed("drawn")),
    (
        "findings",
        "Pen strokes alone end at {:.2f} %, pairs of families at {:.2f} %, level lines at "
        "{:.2f} %, sharpened noise at {:.2f} %, shapes at {:.2f} %, smooth noise alone at {:.2f} %",
        *(
            first_seed(f"drawn:{family}")
            for family in ("strokes", "pairs", "lines", "blobs", "shapes", "smooth")
        ),
    ),
    (
        "findings",
        "with 5,000 queries `drawn` ends there at {:.2f} %",
        drawn_trial(TEN),
    ),
    (
        "findings",
        "averaged weights have {:.2f} %, choosing drawings of rare classes {:.2f} %, joined parts "
        "of two images {:.2f} %, a second student that learns the first one's answers to 20,000 "
        "unpaid drawings {:.2f} %, larger moves {:.2f} %, other brightness {:.2f} %",
        *(
            drawn_trial(TEN, varied)
            for varied in (
                "weights averaged over updates (0.999)",
                "of four drawings those are paid whose class in a student is rare",
                "half of the batches with parts of two images and of their labels",
                "a first student of as many updates whose softmax on 20,000 unpaid drawings is "
                "half of the loss of a second",
                "larger moves: shift 0.12 and stretch 0.25",
                "moved images brighter or darker by up to 0.3",
            )
        ),
    ),
    (
        "findings",
        "Evolved it ends at {:.2f} %; an earlier form, which joined the moved images with others, "
        "at {:.2f} %",
        drawn_trial(TEN, FAR),
        drawn_trial(TEN, f"{FAR} and joined with others"),
    ),
    (
        "findings",
        "in the place of drawings the same student ends at {:.2f} %",
        drawn_trial(TEN, "the random images of dip-kd in the place of drawings"),
    ),
    (
        "findings",
        "On all hundred classes with 10,000 queries it ends at {:.2f} %, evolved at {:.2f} %, and "
        "at {:.2f} % where",
        drawn_trial(HUNDRED),
        drawn_trial(HUNDRED, FAR),
        drawn_trial(
            HUNDRED,
            "from three fifths of the queries on half are drawings that were changed until a "
            "student says a rare class",
        ),
    ),
    (
        "findings",
        "an MLP ends at {:.2f} % where the LeNet has {:.2f} %",
        mean("drawn", student="mlp", budget=10_000),
        mean("drawn", budget=10_000),
    ),
    (
        "findings",
        "on the grey photographs it ends at {:.2f} % ({}), on the textures at {:.2f} % ({})",
        *(of("drawn:evolved", **setting) for setting in (GREY, TEXTURES) for of in (mean, seeds)),
    ),
    (
        "findings",
        "On MNIST with 5,000 queries it ends at {:.2f} % ({}), on Fashion-MNIST with 10,000 at "
        "{:.2f} % ({}) and on CIFAR-10 (JPEG) with 10,000 at {:.2f} % ({}), where `drawn` has "
        "{:.2f} % with the same seed",
        *(
            of("drawn:evolved", **setting)
            for setting in ({"budget": 5000}, FEW, CIFAR | {"budget": 10_000})
            for of in (mean, seeds)
        ),
        accuracies("drawn", **CIFAR, budget=10_000)[0],
    ),
    (
        "findings",
        "with 100,000 queries `dip-kd` has {:.0f} % there ({})",
        mean("dip-kd", **LARGE),
        seeds("dip-kd", **LARGE),
    ),
    (
        "findings",
        "under the LeNet that was trained so `dip-kd` ends at {:.2f} % ({})",
        mean("dip-kd", **SHIFTS),
        seeds("dip-kd", **SHIFTS),
    ),
    ("findings", "one seed of three ends at {:.2f} %", min(accuracies("dip-kd", **CIFAR))),
    (
        "findings",
        "it ends at {:.2f} % with 0.1, {:.2f} % with 0.03 and {:.2f} % with 0.01. With 0.01 it "
        "ends at {:.2f} % on CIFAR-10 (JPEG) ({})",
        mean("dip-kd", **ON_TEN),
        *(mean(f"dip-kd (colour_lr={rate})", **ON_TEN) for rate in ("0.03", "0.01")),
        mean("dip-kd (colour_lr=0.01)", **CIFAR),
        seeds("dip-kd (colour_lr=0.01)", **CIFAR),
    ),
    (
        "findings",
        "`disguide` ends at {:.2f} % ({}), `qedg` at {:.2f} % ({}), `dip-kd` at {:.2f} % ({}) and "
        "`dfhl-rs` at {:.2f} % ({}), though a reference student learns {:.2f} % from its labels",
        *(of(form, **TURF) for form in NEWER_ON_DIGITS for of in (mean, seeds)),
        reference("dfhl-rs", **TURF),
    ),
    (
        "findings",
        "Without strokes it is {:.2f} %, and {:.2f} % where images are never moved",
        first_seed("drawn:no-strokes"),
        first_seed("drawn:no-moves"),
    ),
    (
        "findings",
        "it takes {:.2f} to {:.2f} % (one seed, two kinds of CPU), but with 10,000 only {:.2f} to "
        "{:.2f} % ({})",
        mean("dip-kd", 1),
        accuracies("dip-kd")[0],
        *(mean("dip-kd", version, budget=10_000) for version in (1, 2)),
        seeds("dip-kd", budget=10_000),
    ),
    (
        "findings",
        "the best of `dip-kd` is {:.1f} points above them, that of `qedg` {:.1f} and that of "
        "`dfhl-rs` {:.1f}, one run of twenty each; that of `disguide` is {:.1f} points above",
        *map(trials_gain, ("dip-kd", "qedg", "dfhl-rs", "disguide")),
    ),
    ("findings", "Its paper prints {:.2f} % for 20,000 images", of_dip_kd(20_000)),
    (
        "findings",
        "25,000 on MNIST {:.0f} % are one class, and the rarest has {:d} images",
        100 * max(LABELS) / sum(LABELS),
        min(LABELS),
    ),
    ("speed", "spends {:.2f} to {:.2f} s on 1,000", speed_of("float32"), speed_of("graphs")),
    ("speed", "on MNIST, and {:.2f} s without graphs", speed_of("eager")),
    ("speed", "took 472 s and has {:.2f} %", printed_on(RESNET)),
    ("speed", "take {:.1f} to {:.1f} CPU seconds", min(MARK), max(MARK)),
    ("speed", "with 25,000 the marks are {:.1f} % of one (Intel)", 100 * share_of_marks()),
    (
        "speed",
        "takes {:.0f} to {:.0f} % of the CPU time of its run of `ideal`",
        min(shares_of_the_reference()),
        max(shares_of_the_reference()),
    ),
    (
        "speed",
        "ten cells of 300 queries took {:.1f} CPU seconds, now {:.1f} (medians of {} pairs",
        *(median(float(line[column]) for line in STARTS) for column in ("fresh", "copied")),
        len(STARTS),
    ),
    (
        "speed",
        "takes {:.2f} CPU seconds, where it took {:.2f} (medians of {} pairs in turn",
        *(
            median(float(line[f"{form} CPU s"]) for line in measured("first_cell"))
            for form in ("without", "compiler")
        ),
        len(measured("first_cell")),
    ),
    (
        "speed",
        "took {:.2f} of the wall time of the same run in a thread (median of {:.0f} pairs in turn, "
        "{:.2f} to {:.2f})",
        *isolation("noise:blobs, digits, 5k", "ratio", "pairs", "lowest", "highest"),
    ),
    (
        "speed",
        "queries took {:.0f} CPU seconds confined and {:.0f} in a thread",
        *isolation("ideal, mnist, 25k", "confined", "thread"),
    ),
    (
        "speed",
        "1,000 queries cost {:.2f} CPU seconds in the first quarter of a million and {:.2f} in the "
        "last of two million; the process itself never had more than {:.0f} MB, a state never more "
        "than {:.0f} MB",
        *(pool("CPU s per 1k queries")[part] for part in (0, -1)),
        max(pool("of the process MB")),
        max(pool("state MB")),
    ),
    ("serve", "within {:.1f} s, without an error; 99 of 100 calls took at most {:.3f} s", *load()),
    ("serve", "took {:.2f} and {:.2f} of the wall time of the same run without", *loopback()),
    ("speed", "takes {} of its CPU time in float32, in each of three pairs", "0.54"),
    (
        "speed",
        "cost {:.1f} CPU seconds at a budget of 10,000; the dearest methods are `zsdb3` with "
        "{:.1f}, `qedg` with {:.1f} and `deepinversion` with {:.1f}, at 25,000",
        on_one_thread("ideal", 10_000),
        *(on_one_thread(name, 25_000) for name in ("zsdb3", "qedg", "deepinversion")),
    ),
    (
        "speed",
        "`ideal` ends at {} on digits and `noise:blobs` at {}",
        *(
            entry(accuracies(form, **HALF)).removesuffix(" (3)")
            for form in ("ideal", "noise:blobs")
        ),
    ),
    (
        "speed",
        "cost {} CPU seconds at a budget of 2,000, {} at 20,000, {} at 50,000 and {} at 200,000",
        *(
            "{:.2f}".format(
                fmean(
                    1000 * row["cpu_seconds"] / row["queries"]
                    for row in rows("ideal", dataset="digits", budget=budget)
                )
            )
            for budget in (2000, 20_000, 50_000, 200_000)
        ),
    ),
]

# Numbers in rules, names of statistics and arithmetic, which are no measurements.
RULES = (
    "Python 3.10",
    "`flip:0.10` is `flip:0.1`",
    "from 0.9 to 0.95",
    "Linux before 5.13",
    "torch 2.11",
    "agreement near 100 %",
    "95 %",
    "50, 80 and 90 %",
    "within half a point",
    "within 5 points of the",
    "within 4 points",
)
