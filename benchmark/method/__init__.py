"""The interface of a method: what a file in ``methods/`` implements, and all it may import.

A method is an object with ``setup()`` and ``step() -> bool``; one step is one round of its paper's
outer loop. The runner owns the loop, the seeds, the clock, the evaluation and the saving.
"""

from benchmark.method.base import Method, hot, param
from benchmark.oracle import BudgetExhausted, Oracle, QueryRefused, Spec

__all__ = ["BudgetExhausted", "Method", "Oracle", "QueryRefused", "Spec", "hot", "param"]
