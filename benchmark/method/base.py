"""The interface that a file in ``methods/`` implements, and all it may import.

A method is an object with ``setup()`` and ``step() -> bool``; one step is one round of its paper's
outer loop. The runner owns the loop, the seeds, the clock, the evaluation and the saving.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable, Collection
from types import MethodType
from typing import Any, ClassVar, Literal, TypeVar, cast, overload

from torch import Tensor, nn

from benchmark import text as lines
from benchmark.method import saved
from benchmark.method.engine import Engine
from benchmark.oracle import BudgetExhausted, Oracle, QueryRefused, Spec

__all__ = ["BudgetExhausted", "Method", "Oracle", "QueryRefused", "Spec", "hot", "param"]

NOTES, NUMBERS = 20, 50  # the most that a method may note and log; a picture shows a few of them
HotStep = TypeVar("HotStep", bound=Callable[..., tuple[Tensor, ...]])
NAME = re.compile(r"\w[\w./ -]{0,59}")  # of a logged number


def param(
    default: Any,
    source: str,
    low: float | None = None,
    high: float | None = None,
    later: bool = False,
    own: bool = False,
) -> Any:
    """A ``Config`` field: its default, the source of that value, and its allowed range.

    ``later``: the field was added after the first rows, whose runs had its default.
    ``own``: the data set's default does not replace this one (``batch``).
    """
    metadata = {"source": source, "low": low, "high": high, "later": later, "own": own}
    return dataclasses.field(default=default, metadata=metadata)


def hot(part: str) -> Callable[[HotStep], HotStep]:
    """Mark a method's inner step; ``part`` is "generator" or "student", as profiles count it.

    The step takes tensors and returns a tuple of tensors. On a GPU it becomes a CUDA graph: its
    Python runs for the first calls only, so it must change tensors in place, never put new ones
    into attributes, read no tensor on the host (``.item()``, ``if tensor``), ask no oracle, and
    take every value that changes from call to call as an argument.
    """

    def decorate(step: HotStep) -> HotStep:
        @functools.wraps(step)
        def call(self: Method, *inputs: Tensor) -> tuple[Tensor, ...]:
            return self.engine.call(part, MethodType(step, self), inputs)

        return cast(HotStep, call)

    return decorate


class Method:
    """Base class of every method.

    A subclass gives ``Config`` (a frozen dataclass of ``param`` fields), ``setup`` and ``step``.
    It holds ``spec``, ``config``, ``oracle`` and ``student`` (seeded, on the device), and keeps its
    state in plain attributes: the base class finds modules, optimisers, schedulers, tensors,
    numbers and all objects with ``state_dict``, so that a run can stop and resume bit for bit.
    """

    paper: ClassVar[str] = ""
    version: ClassVar[int] = 1  # raised whenever a change alters numbers
    access: ClassVar[tuple[str, ...]] = ("hard-label",)  # those it can work with, its default first
    floor: ClassVar[bool] = False  # it learns no images: every other method has to beat it
    # "own": gets the data set's training images; "other": those of the set named Config.dataset
    real_images: ClassVar[Literal["", "own", "other"]] = ""
    not_validated: ClassVar[str] = ""  # the claim about its home turf that no run has shown
    designed: ClassVar[str] = ""  # the knowledge of images that a person put in by hand
    variants: ClassVar[dict[str, dict[str, Any]]] = {}  # name -> Config overrides
    tiny: ClassVar[dict[str, Any]] = {}  # Config overrides that make the contract tests quick
    # variant ("": the default) -> Config field -> values that `bench tune` tries: (low, high), by
    # ratio, or a list of choices. No run reads it, so the method's hash leaves it out.
    space: ClassVar[dict[str, dict[str, Any]]] = {}
    # Config defaults under ``--precision float32``, where no query is rounded to 8 bits
    unrounded: ClassVar[dict[str, Any]] = {}

    @dataclasses.dataclass(frozen=True)
    class Config:
        """A method without hyper-parameters."""

    engine = Engine()  # the runner gives each run its own
    teacher: nn.Module | None = None  # white-box access: frozen, [0, 1] images to logits
    images: Tensor | None = None  # where ``real_images`` is set: uint8 N x C x H x W, on the device

    def __init__(self, spec: Spec, config: Any, oracle: Oracle, student: nn.Module) -> None:
        self.spec, self.config, self.oracle, self.student = spec, config, oracle, student
        self._scalars: dict[str, float | Tensor] = {}
        self._new: set[str] = set()  # names logged since they were last asked for
        self._notes: list[str] = []

    @classmethod
    def round_cost(cls, config: Any, spec: Spec) -> int:
        """Queries of the first round under a budget that is large enough; usually a batch."""
        return getattr(config, "batch", 1)

    @classmethod
    def least_budget(cls, config: Any, spec: Spec) -> int:
        """The smallest budget that the method accepts."""
        return getattr(config, "batch", 1)

    def setup(self) -> None:
        """Build generators, optimisers, empty pools: everything with weights or state."""

    def step(self) -> bool:
        """Do one round; False when nothing is left to do. The budget is never exceeded."""
        raise NotImplementedError(f"{type(self).__name__}.step")

    def deliver(self) -> nn.Module:
        """The final student, in the architecture it was given in."""
        return self.student

    @overload
    def ask(self, images: Tensor) -> tuple[Tensor, Tensor]: ...
    @overload
    def ask(self, images: Tensor, beside: Tensor, /) -> tuple[Tensor, Tensor, Tensor]: ...
    @overload
    def ask(self, images: Tensor, *beside: Tensor) -> tuple[Tensor, ...]: ...
    def ask(self, images: Tensor, *beside: Tensor) -> tuple[Tensor, ...]:
        """The first images, as many as the budget has room for, and the answers to them.

        ``images``: as the oracle takes them. ``beside``: tensors with an entry for each image,
        which are cut like the images and returned after the answers. Costs one query per image.
        """
        room = self.oracle.remaining
        asked, *others = (part[:room] for part in (images, *beside))
        return asked, self.oracle(asked), *others

    def log(self, **scalars: float | Tensor) -> None:
        """Note numbers for the curve; a tensor is read at the next mark, not now (no sync here).

        Raises ``TypeError`` for a value that is no number, ``ValueError`` for a name that is no
        short word and for more than ``NUMBERS`` names.
        """
        if new := scalars.keys() - self._scalars.keys():
            check_names([*self._scalars, *new])
        for name, value in scalars.items():
            one = isinstance(value, Tensor) and value.numel() == 1 and not value.is_complex()
            if not one and not isinstance(value, (int, float)):
                raise TypeError(f"log({name}=...) takes a number or a tensor of one, not {value!r}")
        self._scalars.update(scalars)
        self._new |= scalars.keys()

    def note(self, text: str) -> None:
        """Put an unusual circumstance of this run into its row, once, as a line of 300 letters.

        The row keeps ``NOTES`` notes and says if there were more.
        """
        if not isinstance(text, str):
            raise TypeError(f"note() takes a text, not {type(text).__name__}")
        if len(self._notes) <= NOTES and (line := lines.line(text)) not in self._notes:
            self._notes.append(line)

    def logged(self) -> dict[str, float]:
        """The latest logged numbers as floats."""
        check_names(self._scalars)
        return {name: float(value) for name, value in self._scalars.items()}

    def newly_logged(self) -> dict[str, float]:
        """As ``logged``, only the numbers logged since the last call of this."""
        names, self._new = self._new, set()
        check_names(names)
        return {name: float(self._scalars[name]) for name in sorted(names)}

    def notes(self) -> list[str]:
        """The notes, as they may stand in a row."""
        noted = vars(self).get("_notes")
        found = [one for one in noted if type(one) is str] if isinstance(noted, list) else []
        more = ["there were more notes, which are left out"] if len(found) > NOTES else []
        return [*map(lines.line, found[:NOTES]), *more]

    def state_dict(self) -> dict[str, Any]:
        """All own attributes, as data that loads without executing code."""
        skip = ("spec", "config", "oracle", "engine", "teacher", "images", "_scalars", "_new")
        return {
            name: saved.plain(f"{type(self).__name__}.{name}", value)
            for name, value in vars(self).items()
            if name not in skip
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Put a saved state into the objects that ``setup`` has built."""
        filled: dict[int, int] = {}
        for name, value in state.items():
            where = f"{type(self).__name__}.{name}"
            setattr(self, name, saved.restored(where, getattr(self, name, None), value, filled))


def check_names(names: Collection[str]) -> None:
    """Refuse names of logged numbers that make a row large or that tables cannot show."""
    for name in names:
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise ValueError(
                f"log({str(name)[:60]!r}=...): a name is up to 60 letters, digits, spaces and _./-"
            )
    if len(set(names)) > NUMBERS:
        raise ValueError(f"log() has {len(set(names)):,} names by now, at most {NUMBERS} are kept")
