"""The trusted core: the oracle's queries, their count, and the files that keep them.

A method holds an ``Oracle``; a run holds the ``Account``; the teacher is held by the server alone.
"""

from benchmark.oracle.account import Account
from benchmark.oracle.meter import (
    ACCESSES,
    PRECISIONS,
    BudgetExhausted,
    Observer,
    Oracle,
    QueryRefused,
    Spec,
    open_oracle,
)

__all__ = [
    "ACCESSES",
    "PRECISIONS",
    "Account",
    "BudgetExhausted",
    "Observer",
    "Oracle",
    "QueryRefused",
    "Spec",
    "open_oracle",
]
