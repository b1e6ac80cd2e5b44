"""The trusted core: what a query is, who counts it, and what is kept of it.

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
