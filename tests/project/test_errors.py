"""The errors of the suite have one root, and the page of that root names all of them."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest

import benchmark
from benchmark import errors
from benchmark.errors import BenchError, OracleError
from benchmark.oracle import BudgetExhausted, QueryRefused


def classes() -> set[type]:
    """Every error class that the suite defines for others than itself."""
    found = set()
    for module in pkgutil.walk_packages(benchmark.__path__, "benchmark."):
        if module.name != "benchmark.__main__":
            values = vars(importlib.import_module(module.name)).values()
            found |= {one for one in values if inspect.isclass(one) and issubclass(one, BenchError)}
    return found


def test_every_error_of_the_suite_stands_in_its_tree():
    named = {word for line in errors.__doc__.splitlines()[4:] for word in line.split()[:1]}
    assert {one.__name__ for one in classes()} == named


@pytest.mark.parametrize(
    ("kind", "usual"), [(QueryRefused, ValueError), (BudgetExhausted, RuntimeError)]
)
def test_what_an_oracle_does_not_serve_is_of_the_tree_and_what_methods_expect(kind, usual):
    assert issubclass(kind, OracleError) and issubclass(kind, usual)


def test_a_message_obeys_no_screen():
    assert "\x1b" not in str(BudgetExhausted("asked \x1b[2J for 3"))
