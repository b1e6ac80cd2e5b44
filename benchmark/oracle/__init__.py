"""The trusted core: the oracle's queries, their count, and the files that keep them.

A method holds an ``Oracle``; a run holds the ``Account``; the teacher is held by the server alone.
"""

from benchmark.oracle.account import Account
from benchmark.oracle.journal import Journal
from benchmark.oracle.meter import Oracle, open_oracle
from benchmark.oracle.query import (
    ACCESSES,
    PRECISIONS,
    BudgetExhausted,
    QueryRefused,
    Spec,
)
from benchmark.oracle.serving import Observer

__all__ = [
    "ACCESSES",
    "PRECISIONS",
    "Account",
    "BudgetExhausted",
    "Journal",
    "Observer",
    "Oracle",
    "QueryRefused",
    "Spec",
    "open_oracle",
]
