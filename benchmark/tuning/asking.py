"""The values of a trial: the first has the defaults, each other one those that Optuna asks for.

A sampler is made anew for every trial, with a seed of the study and the trial's number. So what is
tried depends on the trials before it alone, however often the tuning was interrupted.
"""

from __future__ import annotations

import hashlib
import importlib.util
import typing
import warnings
from typing import TYPE_CHECKING, Any

from benchmark.errors import BenchError
from benchmark.tuning.space import Space, rounded

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

History = list[tuple[dict[str, Any], float | None]]  # values tried, their score if any


def require_optuna() -> None:
    """Refuse to begin without Optuna. It is not imported."""
    if importlib.util.find_spec("optuna") is None:
        raise BenchError("bench tune needs Optuna, which is not here: pip install '.[tune]'")


def ask(space: Space, config: type, history: History, study: str) -> dict[str, Any]:
    """The values of the next trial, field by field.

    ``config``: the ``Config`` whose fields the space names; ``history``: the trials so far, in
    order, the defaults first; ``study``: the id that seeds the sampler. Raises ``BenchError`` for a
    trial that does not lie in the space.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    ranges = distributions(space, config)
    seed = hashlib.sha256(f"{study} {len(history)}".encode()).digest()
    sampler = optuna.samplers.TPESampler(seed=int.from_bytes(seed[:4], "big"))
    found = optuna.create_study(direction="maximize", sampler=sampler)
    for values, score in history:
        found.add_trial(_told(values, score, ranges))
    asked = found.ask(ranges).params
    return {field: rounded(asked[field]) for field in space}


def distributions(space: Space, config: type) -> dict[str, Any]:
    """Optuna's form of a space; a field of type int gets whole numbers."""
    from optuna import distributions as kinds

    types = typing.get_type_hints(config)
    found: dict[str, kinds.BaseDistribution] = {}
    for field, where in space.items():
        if field not in types:
            raise BenchError(f"the search space names {field}, which is no field of the Config")
        if isinstance(where, list):
            found[field] = kinds.CategoricalDistribution(where)
        elif types[field] is int:
            found[field] = kinds.IntDistribution(int(where[0]), int(where[1]), log=True)
        else:
            found[field] = kinds.FloatDistribution(float(where[0]), float(where[1]), log=True)
    return found


def _told(values: dict[str, Any], score: float | None, ranges: dict[str, Any]) -> FrozenTrial:
    """A trial that has been made, as Optuna knows it."""
    from optuna.trial import TrialState, create_trial

    state = TrialState.FAIL if score is None else TrialState.COMPLETE
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return create_trial(state=state, params=values, distributions=ranges, value=score)
    except ValueError as problem:
        raise BenchError(
            f"a trial or a default does not lie in its search space: {problem}"
        ) from None
