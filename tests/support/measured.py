"""What the committed rows and measurements say, for the sentences of documents."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from statistics import fmean

from benchmark.papers.published import lookup
from support.raw_rows import accuracies, every_row, inside, mean, rows, spread
from support.suite import ROOT

DIGITS = {"dataset": "digits", "budget": 5000}
HALF = DIGITS | {"folder": "results/bfloat16"}
TABLES = ROOT / "results" / "tables"
SHIPPED = ROOT / "teachers" / "shipped"
RESULTS_TEACHERS = ROOT / "results" / "teachers"


def printed(method: str, teacher: str = "lenet") -> float:
    return lookup("mnist", teacher, "lenet", method, "hard-label", 25_000)


def printed_on(card: Path) -> float:
    """The accuracy in % on a teacher's card."""
    return json.loads(card.read_text())["accuracy"]


def of_dip_kd(images: int) -> float:
    """The accuracy in % that the paper of DIP-KD prints for itself on MNIST."""
    with (ROOT / "benchmark/data/published.csv").open() as file:
        table = [line for line in csv.DictReader(file) if line["table"] == "standard-all"]
    wanted = {"method": "dip-kd", "dataset": "mnist", "metric": "accuracy", "budget": str(images)}
    (found,) = (line for line in table if wanted.items() <= line.items())
    return float(found["value"])


def first_seed(form: str) -> float:
    """The accuracy in % of seed 0 on MNIST with 5,000 queries."""
    return accuracies(form, budget=5000)[0]


def trials_gain(name: str) -> float:
    """Points of the best of a method's newest trials on grey sets above its defaults."""
    scores = trial_scores(name, "digits")
    return max(scores) - scores[0]


def trial_scores(label: str, dataset: str) -> list[float]:
    """Of the newest trials of a form on tuning sets with this one, in %, by number."""
    method, _, variant = label.partition(":")
    files = (ROOT / "results/tuning/trials").glob("*/*.json")
    trials = [
        one
        for file in files
        if (one := json.loads(file.read_bytes()))["method"] == method
        and one["variant"] == variant
        and dataset in one["sets"]
    ]
    newest = max(one["method_version"] for one in trials)
    kept = {one["number"]: one["score"] for one in trials if one["method_version"] == newest}
    return [kept[number] for number in sorted(kept)]


def stored(name: str) -> tuple[float, float]:
    """On digits: the first version, and the one that stores its labels."""
    return mean(name, 1, **DIGITS), mean(f"{name}:cached", **DIGITS)


def seeds(*forms: str, **setting: object) -> str:
    (n,) = {len(accuracies(form, **setting)) for form in forms}
    return f"{n} seed" + "s" * (n > 1)


def teacher_of(form: str, **setting: object) -> float:
    """The accuracy in % of the teacher that the rows of a form had."""
    (found,) = {row["teacher_accuracy"] for row in rows(form, **setting)}
    return found


def reference(form: str, **setting: object) -> float:
    """Mean accuracy in % of the reference students of a form."""
    return fmean(row["reference_accuracy"] for row in rows(form, **setting))


def below(teacher: str) -> tuple[float, float]:
    """Points of `ideal` below the paper's number under a teacher, and that number."""
    return printed("ideal", teacher) - mean("ideal", teacher=teacher), printed("ideal", teacher)


def speed_of(label: str) -> float:
    """Seconds per 1,000 queries of `ideal` in a profile of a GPU."""
    told = json.loads((ROOT / f"results/perf/mnist-ideal-5k-{label}.json").read_text())
    return told["seconds_per_1k_queries"]


def pairs(arithmetic: str) -> list[dict]:
    """Profiles of `ideal` on an AMD EPYC, in float32 and bfloat16 in turn."""
    found = sorted((ROOT / "results" / "perf").glob(f"mnist-ideal-1k-pair-?-{arithmetic}-*.json"))
    return [json.loads(path.read_text()) for path in found]


def over_products(profile: dict) -> float:
    """Time of the training steps over that of their products at the machine's rate."""
    flops = sum(part["flops"] for part in profile["parts"].values())
    taken = profile["seconds"]["generator"] + profile["seconds"]["student"]
    return taken * profile["machine"]["matmul_flops"] / flops


def on_one_thread(method: str, budget: int) -> float:
    """CPU seconds per 1,000 queries on MNIST of a method's rows on one Intel thread."""
    return fmean(
        1000 * row["cpu_seconds"] / row["queries"]
        for row in INTEL
        if (row["method"], row["variant"], row["budget"]) == (method, "", budget)
    )


def share_of_marks() -> float:
    """Of the time of `ideal` on one Intel thread."""
    (found,) = (row for row in rows("ideal") if row["device"] == INTEL_THREAD)
    return found["eval_seconds"] / (found["seconds"] + found["eval_seconds"])


def shares_of_the_reference() -> list[float]:
    """CPU time of the reference student over that of its run of `ideal` on a CPU, in %."""
    return [
        100 * row["reference_cpu_seconds"] / row["cpu_seconds"]
        for row in every_row(ROOT / "results")
        if (row["method"], row["variant"]) == ("ideal", "")
        and row["device"].endswith(("thread", "threads"))
        and row.get("reference_cpu_seconds")
        and row.get("cpu_seconds")
    ]


def measured(name: str) -> list[dict[str, str]]:
    """The lines of a file of measurements."""
    with (ROOT / "results" / "perf" / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


def drawn_trials() -> list[dict[str, str]]:
    """Those of `drawn` that a person made."""
    with (ROOT / "results" / "tuning" / "drawn.csv").open() as file:
        return list(csv.DictReader(file))


def drawn_trial(images: str, varied: str = "nothing else", seed: str = "100") -> float:
    """The accuracy in % of a later trial of `drawn`."""
    (found,) = (
        one
        for one in drawn_trials()
        if (one["set"], one["varied"], one["updates"], one["seed"])
        == (images, varied, "1000", seed)
    )
    return float(found["accuracy"])


def teacher_of_trials(images: str) -> float:
    """The accuracy in % of the teacher of the trials of `drawn` on a set."""
    (found,) = {one["teacher_accuracy"] for one in drawn_trials() if one["set"] == images}
    return float(found)


def inverted_under(card: str) -> dict[str, object]:
    """The setting of inverted MNIST under one of its two teachers, by the name of its card."""
    text = (RESULTS_TEACHERS / f"folder-mnist_inverted-lenet-{card}.json").read_bytes()
    sha = json.loads(text)["sha256"]
    return {"dataset": "folder:mnist_inverted", "budget": 10_000, "teacher_sha": sha}


def isolation(run: str, *columns: str) -> list[float]:
    """Numbers of a pair of runs, confined and in a thread."""
    (line,) = (line for line in measured("isolation") if line["run"] == run)
    return [float(line[column]) for column in columns]


def loopback() -> list[float]:
    """Wall time of each run against a server over that of its twin in the process."""
    lines = measured("loopback")
    return [float(one["loopback wall s"]) / float(one["in process wall s"]) for one in lines]


def load() -> list[float]:
    """Seconds of all calls of many clients at once, and of 99 in 100 calls."""
    (line,) = measured("serve")
    return [float(line["seconds"]), float(line["p99 s"])]


def pool(column: str) -> list[float]:
    """What a pool of two million images took, part by part."""
    return [float(line[column]) for line in measured("pool")]


def steps(count: int) -> float:
    return mean(f"ideal (generator_steps={count})")


def after(count: int) -> float:
    return inside(f"ideal (generator_steps={count})", 5000)[0]


INTEL_THREAD = "Intel(R) Xeon(R) Processor, 1 thread"
INTEL = [
    row
    for row in every_row(ROOT / "results")
    if row["dataset"] == "mnist"
    and row["device"] == INTEL_THREAD
    and row["status"] == "complete"
    and row.get("cpu_seconds")
]
MARK = [one["seconds"]["evaluation"] / 4 for form in ("float32", "bfloat16") for one in pairs(form)]
HEADS = ("bn-tanh", "bn-affine", "tanh-bn")
UNTRAINED = [mean(f"random-generator:{head}", **DIGITS) for head in HEADS]
SPREADS = sorted(spread("ideal", budget=budget) for budget in (5000, 10_000))
SOONER = [after(10), after(30), after(50), *inside("ideal", 5000)]
CACHED = accuracies("dfme:cached")
SCORES = {"dataset": "digits", "access": "score"}
USPS = {"dataset": "folder:usps_png", "budget": 5000}
STORED = [f"{name}:cached" for name in ("dfme", "dast", "dafl", "zskt")]
ON_USPS = [mean(form, **USPS) for form in STORED]
UNTRAINED_FORMS = [f"random-generator:{form}" for form in (*HEADS, "stylegan")]
FLOORS = ("noise:blobs", "noise:smooth", *UNTRAINED_FORMS)
IDEAL_ON_USPS = mean("ideal", **USPS)
FLOOR_ON_USPS = max(mean(form, **USPS) for form in FLOORS)

ALEXNET = {
    "teacher": "alexnet",
    "teacher_sha": json.loads((SHIPPED / "mnist-alexnet.json").read_text())["sha256"],
}
RELEASED = {"budget": 1_262_500}
FASHION, LARGE = {"dataset": "fmnist"}, {"dataset": "fmnist", "budget": 100_000}
FEW = {"dataset": "fmnist", "budget": 10_000}
CIFAR = {"dataset": "folder:cifar10_jpg"}
TEN_THOUSAND = CIFAR | {"budget": 10_000}
CIFAR_100 = {"dataset": "folder:cifar100_jpg"}
TINY = {"dataset": "folder:tiny_imagenet_32"}
IMAGENETTE = {"dataset": "folder:imagenette_64", "budget": 10_000}
SHIFTS = {"teacher_name": "shifts"}
INVERTED, INVERTED_AGAIN = (inverted_under(card) for card in ("efe8a21f", "second"))
GREY = {"dataset": "folder:cifar10_grey", "budget": 10_000}
TEXTURES = {"dataset": "folder:textures", "budget": 10_000}
TEN = "ten superclasses of CIFAR-100 (JPEG), training split, second teacher"
PHOTOS = "ten superclasses of CIFAR-100 (JPEG), training split, grey at 28 px"
QUARTER = "a quarter of the grey drawings are masks between textures"
IN_COLOUR = trial_scores("dip-kd:colour", "folder:cifar100_ten")
HUNDRED = "100 classes of CIFAR-100 (JPEG), training split"
FIVE = "up to five layers in the place of three"
BETTER = "ten superclasses of CIFAR-100 (JPEG), training split, third teacher"
ALONE = "nothing else, when earlier students were tried"
TAUGHT = "half of a last student's batch are new drawings with the mean softmax of 2 earlier"
EVEN = "logits corrected by 1 times the log of the shares of classes"
FAR = "from a fifth of the queries on half are paid images of rare classes moved far"
ON_TEN = {
    "folder": "results/tuning",
    "dataset": "tuning:folder:ten_set",
    "budget": 10_000,
    "tuning": True,
}
TURF = {"dataset": "digits", "budget": 25_000}
NEWER_ON_DIGITS = ("disguide", "qedg", "dip-kd", "dfhl-rs")
ONE_CLASS = [max(row["labels_per_class"]) / 10_000 for row in rows("drawn", **TEXTURES)]
LABELS = rows("dip-kd")[0]["labels_per_class"]
PAPERS_ON_CIFAR = ("ideal", "dfme:cached", "dafl:cached", "dast:cached", "zskt:cached", "cmi")
FLOORS_ON_CIFAR = ("noise:blobs", "noise:smooth", "random-generator:bn-affine")
RESNET = RESULTS_TEACHERS / "cifar10_jpg-resnet34.json"
(CIFAR_TEACHER,) = SHIPPED.glob("folder-cifar10_jpg-lenet-*.json")

STARTS = measured("starts")
STYLEGAN = [mean(f"{name} (generator=stylegan)") for name in ("dfme", "dast", "dafl", "zskt")]
UNDER_SHIFTS = ("noise:blobs", "ideal", "dfme:cached", "dafl:cached", "drawn")
