"""Sentences with a measured number, on drawings and the newer methods: see ``claims``."""

from __future__ import annotations

from statistics import fmean

from support.measured import (
    ALEXNET,
    ALONE,
    BETTER,
    CIFAR,
    CIFAR_100,
    DIGITS,
    EVEN,
    FAR,
    FASHION,
    FEW,
    FIVE,
    FLOORS_ON_CIFAR,
    GREY,
    HUNDRED,
    IMAGENETTE,
    IN_COLOUR,
    INVERTED,
    INVERTED_AGAIN,
    LARGE,
    NEWER_ON_DIGITS,
    ON_TEN,
    PHOTOS,
    QUARTER,
    SHIFTS,
    TAUGHT,
    TEN,
    TEN_THOUSAND,
    TEXTURES,
    TINY,
    TURF,
    UNDER_SHIFTS,
    USPS,
    drawn_trial,
    first_seed,
    of_dip_kd,
    reference,
    seeds,
    teacher_of,
    teacher_of_trials,
    trial_scores,
    trials_gain,
)
from support.raw_rows import accuracies, mean

TODAY = [
    ("README", "prior of this project has {:.2f} % there", mean("drawn")),
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
        "with 25,000 strokes alone end at {:.2f} % (all six at {:.2f} % with that seed). On "
        "Fashion-MNIST with 10,000 they end at {:.2f} %, all six at {:.2f} %",
        *(
            accuracies(form, **setting)[0]
            for setting in ({"budget": 25_000}, FEW)
            for form in ("drawn:strokes", "drawn")
        ),
    ),
    (
        "findings",
        "with 5,000 queries `drawn` ends there at {:.2f} % (with another seed at {:.2f} %)",
        drawn_trial(TEN),
        drawn_trial(TEN, seed="101"),
    ),
    (
        "findings",
        "up to five layers of textures have {:.2f} and {:.2f} %, averaged weights {:.2f} %, "
        "choosing drawings of rare classes {:.2f} %, those of rare classes on which two students "
        "disagree {:.2f} %, joined parts of two images {:.2f} %, a second student that learns the "
        "first one's answers to 20,000 unpaid drawings {:.2f} %, larger moves {:.2f} %, other "
        "brightness {:.2f} %",
        *(drawn_trial(TEN, FIVE, seed) for seed in ("100", "101")),
        *(
            drawn_trial(TEN, varied)
            for varied in (
                "weights averaged over updates (0.999)",
                "of four drawings those are paid whose class in a student is rare",
                "of four drawings those are paid whose class in two students is rare and on which "
                "they disagree",
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
        "an MLP ends at {:.2f} % where the LeNet has {:.2f} %, and an AlexNet at {:.2f} % ({}; a "
        "reference student of its kind learns {:.2f} % from the same labels)",
        mean("drawn", student="mlp", budget=10_000),
        mean("drawn", budget=10_000),
        *(of("drawn", student="alexnet", budget=10_000) for of in (mean, seeds, reference)),
    ),
    (
        "findings",
        "All this is under a teacher of {:.2f} %. Under one of {:.2f} %",
        teacher_of_trials(TEN),
        teacher_of_trials(BETTER),
    ),
    (
        "findings",
        "`drawn` ends at {:.2f} % as `bench tune` runs it and at {:.2f} % in the trials that "
        "follow. There two students that teach a last one on new drawings lift it to {:.2f} %, "
        "showing all classes alike to {:.2f} %, logits corrected by the shares of the classes to "
        "{:.2f} %, and these together with the two students to {:.2f} %; evolved it has {:.2f} %",
        trial_scores("drawn", "folder:cifar100_ten")[0],
        *(
            drawn_trial(BETTER, varied)
            for varied in (ALONE, TAUGHT, "classes shown alike", EVEN, f"{TAUGHT}; {EVEN}", FAR)
        ),
    ),
    (
        "findings",
        "the last of three students ends at {:.2f} and {:.2f} % where one alone has {:.2f} and "
        "{:.2f} %",
        *(
            fmean(drawn_trial(name, varied, seed) for seed in ("100", "101"))
            for varied in (TAUGHT, ALONE)
            for name in ("tuning:digits", "tuning:folder:usps_png")
        ),
    ),
    (
        "findings",
        "On CIFAR-10 (JPEG) it ends at {:.2f} % ({}) with 10,000 queries, where `drawn` has "
        "{:.2f} %, and at {:.2f} % ({}) with 25,000 ({:.2f} %); on the grey photographs at "
        "{:.2f} % ({}), on the textures at {:.2f} % ({})",
        *(of("drawn:evolved", **TEN_THOUSAND) for of in (mean, seeds)),
        mean("drawn", **TEN_THOUSAND),
        *(of("drawn:evolved", **CIFAR) for of in (mean, seeds)),
        mean("drawn", **CIFAR),
        *(of("drawn:evolved", **setting) for setting in (GREY, TEXTURES) for of in (mean, seeds)),
    ),
    (
        "findings",
        "On MNIST with 5,000 queries it ends at {:.2f} % ({}) and on Fashion-MNIST with 10,000 at "
        "{:.2f} % ({}), so",
        *(
            of("drawn:evolved", **setting)
            for setting in ({"budget": 5000}, FEW)
            for of in (mean, seeds)
        ),
    ),
    (
        "findings",
        "On MNIST with 5,000 queries it ends at {:.2f} % ({}), where `drawn` has {:.2f} %, on USPS "
        "with as many at {:.2f} % ({}) where `drawn` has {:.2f} %. On CIFAR-10 (JPEG) with 25,000 "
        "it ends at {:.2f} % ({}), `drawn` with that seed at {:.2f} %",
        *(of("drawn:distilled", budget=5000) for of in (mean, seeds)),
        mean("drawn", budget=5000),
        *(of("drawn:distilled", **USPS) for of in (mean, seeds)),
        mean("drawn", **USPS),
        mean("drawn:distilled", **CIFAR),
        seeds("drawn:distilled", **CIFAR),
        accuracies("drawn", **CIFAR)[0],
    ),
    (
        "findings",
        "On training images of CIFAR-100 in grey it lifts {:.2f} to {:.2f} %, where evolving has "
        "{:.2f} %. On the grey photographs it ends at {:.2f} % ({}), on the textures at {:.2f} % "
        "({}), on Fashion-MNIST with 10,000 queries at {:.2f} % ({})",
        drawn_trial(PHOTOS),
        drawn_trial(PHOTOS, QUARTER),
        drawn_trial(PHOTOS, FAR),
        *(
            of("drawn:scenes", **setting)
            for setting in (GREY, TEXTURES, FEW)
            for of in (mean, seeds)
        ),
    ),
    (
        "findings",
        "It costs a little where they fit: on Fashion-MNIST with 100,000 queries it ends at {:.2f} "
        "% ({}), on MNIST with 5,000 at {:.2f} %, with 10,000 at {:.2f} % and with 25,000 at "
        "{:.2f} % ({} each)",
        *(of("drawn:scenes", **LARGE) for of in (mean, seeds)),
        *(mean("drawn:scenes", budget=budget) for budget in (5_000, 10_000, 25_000)),
        seeds("drawn:scenes"),
    ),
    (
        "findings",
        "with 5,000 at {:.2f} and {:.2f} %, as `drawn` does",
        *(mean("drawn:scenes", **setting) for setting in (DIGITS, USPS)),
    ),
    (
        "findings",
        "under a second teacher of that recipe, it ends at {:.2f} %, and `drawn` at {:.2f} % ({} "
        "each)",
        *(mean(form, **INVERTED_AGAIN) for form in ("drawn:scenes", "drawn")),
        seeds("drawn:scenes", "drawn", **INVERTED_AGAIN),
    ),
    (
        "findings",
        "Four trials of other values beside it (`bench tune dip-kd:colour`, 5,000 queries) end at "
        "{:.2f} to {:.2f} %; as it is it has {:.2f} %",
        min(IN_COLOUR[1:]),
        max(IN_COLOUR[1:]),
        IN_COLOUR[0],
    ),
    (
        "findings",
        "There `drawn` has {:.2f} %, `ideal` {:.2f} %, the best of four trials, and `disguide` "
        "{:.2f} %, the best of five",
        trial_scores("drawn", "folder:cifar100_ten")[0],
        max(trial_scores("ideal", "folder:cifar100_ten")),
        max(trial_scores("disguide", "folder:cifar100_ten")),
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
]
