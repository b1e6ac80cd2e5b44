"""The row: all that is kept of one run, each field with its type, its check and its meaning.

This is the one home of a row's fields: the annotation of a field is its type and, by its kind, the
check that the file has to pass (``schema``). A field without a default must stand in every file. A
field with one may be missing there, and the default is then its value: None says "not measured".
So a field that is added later gets a default, and every file from before it stays sound.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Annotated, Any

from benchmark import filenames
from benchmark.rows.form import Form, form
from benchmark.rows.kinds import (
    CURVE,
    FLOAT32,
    Amount,
    Arithmetic,
    Boolean,
    Id,
    Logged,
    Long,
    MaybeSha,
    Percent,
    Positive,
    Settings,
    Sha,
    Share,
    Status,
    Texts,
    Whole,
    Wholes,
    Word,
    Words,
)


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The identity of a run: the settings that decide its numbers, and its method's names.

    A default is the usual value of a field that came after the first rows. A field that is added
    must have one, else no id of an earlier row could be worked out from the row again.
    """

    dataset: Word  # its name; of a folder of images without the path
    teacher: Word  # architecture
    teacher_sha: Sha  # of the teacher's file
    student: Word  # architecture; own:Class@DIGEST of a person's own file
    method: Word
    variant: Words  # "" for the method as it comes; a label for readers, not in the id
    overrides: Settings  # from --set; a label for readers, not in the id
    method_version: Whole
    config: Settings  # the whole Config
    budget: Positive  # queries that the run may ask
    seed: Whole
    precision: Word  # of queries: uint8 or float32
    access: Word = "hard-label"  # the answers that the teacher gives
    arithmetic: Arithmetic = FLOAT32  # number format of the networks
    scale: Share = 1.0  # below 1 the budget is that share of a preset's: a rehearsal
    train_digest: MaybeSha = ""  # of the training images of a set of files; "" for other sets
    images_digest: MaybeSha = ""  # of the set of files whose images the method got; "" without one
    defence: Words = ""  # of the teacher, as ``defences.spelling`` writes it; "" for none
    student_source: MaybeSha = ""  # of the file of a student of a person's own; "" for all others

    @property
    def run_id(self) -> str:
        """Twelve hex digits over what decides the numbers.

        Left out are labels for readers, and later fields that have their usual value: so the first
        rows keep their ids. ``schema`` is the constant of the first rows, for the same reason.
        """
        values = {one.name: getattr(self, one.name) for one in IDENTITY if one.name not in LABELS}
        decisive = {k: v for k, v in values.items() if k not in USUAL or v != USUAL[k]}
        text = json.dumps({"schema": 1} | decisive, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def form(self) -> Form:
        """The method as it was run, by which it is held against printed numbers."""
        return form(self.method, self.variant, self.overrides)

    @property
    def plain_label(self) -> str:
        """``name`` or ``name:variant``, as ``--methods`` takes it."""
        return self.form.label

    @property
    def label(self) -> str:
        """The method as tables and legends show it: name, variant, overridden fields."""
        changed = ", ".join(f"{key}={value}" for key, value in self.overrides.items())
        return f"{self.plain_label} ({changed})" if changed else self.plain_label

    def stem(self, run_id: str) -> str:
        """The name of a run's files without folder and ending: method and setting, then the id.

        It is the id that makes it unique, so whatever else is long may be cut.
        """
        label = f"{self.method}.{self.variant}" if self.variant else self.method
        parts = [self.dataset, self.teacher, self.student, label, self.budget, self.seed]
        return f"{filenames.joined([filenames.folded(str(one), '_') for one in parts])}-{run_id}"


LABELS = ("variant", "overrides")
IDENTITY = fields(Identity)
USUAL: dict[str, Any] = {one.name: one.default for one in IDENTITY if one.default is not MISSING}


@dataclass(frozen=True, kw_only=True)
class Point:
    """A point of a run's curve: the student as it was before the call that passed a mark."""

    mark: Positive  # queries at which the student was to be judged
    queries: Whole  # queries that had been answered
    step: Whole
    accuracy: Percent
    agreement: Percent  # with the teacher
    seconds: Amount  # without evaluation
    student_images: Whole  # that the student was trained on
    labels_digest: Sha | None = None  # of all labels so far; None: not noted
    student_digest: Sha | None = None  # of the student's weights (``kept.digest``), likewise
    logged: Logged = field(default_factory=dict)  # the method's own numbers; None for NaN


@dataclass(frozen=True, kw_only=True)
class Row(Identity):
    """One run that came to its end. Accuracies are in %, times in seconds without evaluation."""

    id: Id
    status: Status
    queries: Whole  # that were answered
    unique: Whole  # different images among them
    steps: Whole
    accuracy: Percent | None  # of the final student on the test set; None for a failed run
    best_accuracy: Percent | None  # of all points of the curve, likewise
    agreement: Percent | None  # of the final student with the teacher, likewise
    teacher_accuracy: Percent
    floor: Boolean  # the method learns no images: every other one has to beat it
    real_images: Words  # the data set whose images the method got; "" for none
    notes: Texts  # that readers should know
    flags: Texts  # faults of a run that ended
    error: Long | None  # the traceback of a run that failed
    seconds: Amount
    eval_seconds: Amount
    student_images: Whole  # that the student was trained on, each as often as it was shown
    teacher_images: Whole  # that a white-box method showed its own teacher
    peak_memory_mb: Amount | None  # None: the system does not tell
    resumes: Whole  # times that the run went on from a saved state
    suite: Word  # version
    commit: Words  # "" where nobody could tell
    dirty: Boolean | None  # whether the code was changed since the commit; None: nobody could tell
    torch: Word  # version
    python: Word  # version
    device: Word  # name, and the threads of a CPU
    deterministic: Boolean  # every bit comes out again on the same device
    amp: Word  # off, or the engine's number format
    graphs: Boolean  # hot steps ran as graphs
    method_sha: Sha  # of the method's source
    data_digest: Sha  # of the test set
    classes: Positive
    started: Word  # UTC
    finished: Word
    labels_per_class: Wholes  # answers of each class
    labels_digest: Sha  # of all labels in order
    curve: Annotated[tuple[Point, ...], CURVE]
    teacher_shipped: Boolean | None = None  # the suite has the teacher's file; None: not noted
    # Of a teacher beside the usual one of its data and architecture; "": the usual, or not noted.
    teacher_name: Words = ""
    cpu_seconds: Amount | None = None  # over all threads
    teacher_gradients: Whole | None = None  # images whose gradient a white-box teacher gave
    student_sha: Sha | None = None  # of the file of the final student; None: none was kept
    sample_sha: Sha | None = None  # of the file of queries and logged numbers, likewise
    # The reference student, which learns the bought images by one recipe; None: none was trained.
    reference_accuracy: Percent | None = None
    reference_agreement: Percent | None = None
    reference_images: Whole | None = None  # that it learnt from
    reference_digest: Sha | None = None  # of its weights
    reference_seconds: Amount | None = None
    reference_cpu_seconds: Amount | None = None
    # Images that all starts of this run with this code have asked; None: not noted.
    asked_in_all: Whole | None = None
    # A rerun: images that other code of the method, under the same id, had asked before.
    rerun: Whole | None = None  # 0: it is none; None: not noted
    # What honest users are told behind the defence, on the test set; None: there is no defence.
    defended_accuracy: Percent | None = None
    isolation: Word = "thread"  # of the method's code from the suite: confined, process or thread
    arithmetic_in_id: Boolean = True  # False: the id was made before arithmetic was a part of it
    checksum: MaybeSha = ""  # of the file that it was read from; "" for a row that is in no file

    @property
    def teacher_label(self) -> str:
        """The teacher as titles call it: its architecture, and its name if it has one."""
        return f"{self.teacher} {self.teacher_name}".rstrip()

    @property
    def complete(self) -> bool:
        """Whether the run ended well and has numbers."""
        return self.status == "complete"

    @property
    def end_accuracy(self) -> float:
        """``accuracy`` of a complete row. Raises ``ValueError`` for a failed one."""
        return self._number("accuracy")

    @property
    def end_agreement(self) -> float:
        """``agreement`` of a complete row. Raises ``ValueError`` for a failed one."""
        return self._number("agreement")

    def _number(self, name: str) -> float:
        value = getattr(self, name)
        if value is None:
            raise ValueError(f"the row {self.id} is {self.status} and has no {name}")
        return value

    @property
    def failure(self) -> str:
        """``error`` of a failed row, "" of a complete one."""
        return self.error or ""

    @property
    def own_id(self) -> str:
        """The id that the settings make; an honest row has it."""
        return self.run_id if self.arithmetic_in_id else replace(self, arithmetic=FLOAT32).run_id

    @property
    def file_stem(self) -> str:
        """See ``stem``."""
        return self.stem(self.id)
