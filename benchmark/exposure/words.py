"""The sentences of the page: what a number means, what it answers, what nobody tried."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from benchmark.exposure.findings import Exposure
from benchmark.exposure.transfer import MOST, STEPS
from benchmark.parse import short
from benchmark.rows.stats import FEWEST
from benchmark.run import outlines

NO_RUN = "no run is complete"
NOT_REACHED = "not reached with the budgets tried"
CHEAPEST = (
    "The method and the smallest budget whose runs agree so far with the classifier, in the mean "
    "over seeds."
)
REACHED = (
    "Agreement: the share of test images on which the final student names the class that the "
    "classifier names. Each number is the end of a run of its own with that budget, never a point "
    "on the way of a longer one: a method spreads its work over its budget. 1k – 2k: the mean "
    "over seeds is below the level at 1k and reaches it at 2k; ≤ 1k: it does so at the smallest "
    "budget that was run. Nothing between budgets was run, and nothing is interpolated. "
    "95 % interval: from the last budget at which even the upper end of the mean's t interval is "
    "below the level to the first at which even its lower end is not; > 2k: at none; it needs "
    f"{FEWEST} seeds. First run: the smallest budget at which any one seed gets there."
)
COST = (
    "Dollars and time are those of the queries alone, at the price and the rate that were given, "
    "between the same two budgets. Computing the student costs its owner more."
)
MEASURED = (
    "Mean of the final students over seeds with Student's 95 % t interval; in brackets the seeds. "
    "†: too few for an interval."
)
ALARM = (
    "PRADA (Juuti et al., 2019) looks at the distances between the queries of one user. The number "
    "is the queries that this user had asked when the alarm rang, for each seed of the largest "
    "budget; the alarm is computed afterwards and stopped no run."
)
CLASSES = (
    "Accuracy on the test images of each class, in the mean over seeds at the largest budget of "
    "each method. A copy can be of use to a thief in the classes that matter to him before it is "
    "close in all."
)


class Requirement(NamedTuple):
    """A part of a standard, and what this page has to say on it."""

    numbers: str
    subject: str
    here: str
    part: str  # the anchor on the page


STANDARD = (
    Requirement(
        "11.2.2",
        "rate limits that are sized to the extraction threat model",
        "queries, dollars and time to each level of agreement: a limit that lets one user ask "
        "more than that does not stop the copy",
        "queries",
    ),
    Requirement(
        "11.3.1, 11.3.2, 11.3.4",
        "testing of detection",
        "the query at which a detector rings, beside the queries that a copy takes",
        "alarm",
    ),
    Requirement(
        "11.3.1, 11.3.2, 11.3.4",
        "testing of degraded outputs",
        "the same methods with a defence and without one, where rows of both are there; the worth "
        "of a copy by class and for transfer attacks",
        "worth",
    ),
)
STANDARD_NOTE = (
    "OWASP AISVS 1.0, in general words only: read the standard for its text. The page is evidence "
    "for these requirements; whether they are met is for a person to say."
)


def transfer_note(found: Exposure) -> str:
    """How the transfer attacks were made."""
    noise = "" if found.noise is None else f" ({found.noise:.2f} % here)"
    return (
        f"Of {MOST:,} test images, evenly spread (of fewer all), the {found.attacked:,} that the "
        "classifier gets right are moved until the student errs, and then shown to the classifier: "
        "the share that it gets wrong. No pixel moves further than "
        f"eps = {_eps(found)} of its range, in whole bytes. FGSM: one step of eps. PGD: {STEPS} "
        "steps of eps/4 from the image itself. Compare random signs, which move every pixel by "
        f"eps and know no student{noise}. The evaluator asks these questions in an account of its "
        "own, of the classifier without any defence; no method sees them or their answers."
    )


def _eps(found: Exposure) -> str:
    return "0.3" if found.eps.denominator == 10 else str(found.eps)


def not_tried(found: Exposure) -> list[str]:
    """A sentence for each kind of attack that was left out."""
    return list(_not_tried(found))


def _not_tried(found: Exposure) -> Iterator[str]:
    ran = {row.method for row in found.rows}
    left = [name for name in outlines.names() if name not in ran]
    if left:
        yield f"Methods of this suite that were not run: {', '.join(left)}."
    yield "Other forms of the methods that were run, and hyper-parameters tuned on this classifier."
    yield f"Budgets above {short(max(found.budgets))} queries, and any between those that were run."
    yield from _access({row.access for row in found.rows})
    if not any(row.real_images for row in found.rows):
        yield (
            "People who have images of the same domain, labelled or not: with them fewer queries "
            "may do."
        )
    yield f"Students other than {_listed(row.student for row in found.rows)}."
    yield "Attackers who know the detector or the defence and ask around it, or use many accounts."
    yield "Other classifiers that the attacker may hold, as a start or beside this one."
    if found.noise is None:
        yield "Transfer attacks on the classifier: it would have to be asked, and paid, for each."
    yield "Transfer attacks with random restarts, several students together, or other eps."
    few = min(_seeds(found), default=0)
    if few < FEWEST:
        yield f"More seeds: with {few} there is no interval."


def _access(asked: Iterable[str]) -> Iterator[str]:
    if "hard-label" not in asked:
        yield "Attackers who see the class index alone."
    if "score" not in asked:
        yield "Attackers who see class probabilities, if this classifier tells them."


def _seeds(found: Exposure) -> list[int]:
    """How many complete runs each method has at each of its budgets."""
    groups = [(one, budget) for one in found.extractions for budget in {r.budget for r in one.rows}]
    return [
        sum(row.complete and row.budget == budget for row in one.rows) for one, budget in groups
    ]


def _listed(values: Iterable[str]) -> str:
    return ", ".join(sorted(set(values)))
