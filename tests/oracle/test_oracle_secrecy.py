"""Nothing leads around the oracle: it refuses all that would see the teacher or move the count."""

from __future__ import annotations

import sys
import threading

import pytest
import torch
from torch import nn

from benchmark.oracle import BudgetExhausted, Oracle, QueryRefused, open_oracle
from benchmark.oracle.account import Account
from benchmark.oracle.answering import Network
from benchmark.run.points import Marks
from support.queries import images, reachable
from support.suite import StubTeacher


def test_the_count_cannot_be_changed_from_the_methods_side(spec, stub_oracle):
    oracle, account = stub_oracle(spec, 5)
    oracle.budget = 10**9
    with pytest.raises(AttributeError):
        oracle.spent = 0
    oracle(images(5))
    with pytest.raises(BudgetExhausted):
        oracle(images(1))
    assert account.spent == 5


def test_a_global_hook_that_would_see_the_teacher_is_refused(spec, stub_oracle):
    oracle, _ = stub_oracle(spec, 5)
    caught = []
    hook = nn.modules.module.register_module_forward_hook(lambda m, *_: caught.append(m))
    try:
        with pytest.raises(QueryRefused, match="hook"):
            oracle(images(1))
    finally:
        hook.remove()
    assert caught == [] and oracle.spent == 0


def test_attributes_of_a_query_do_not_stand_for_its_methods(spec, stub_oracle):
    oracle, account = stub_oracle(spec, 50)
    query, called = images(1, 0.5), []
    for name in ("mul", "aminmax", "float", "to", "cpu", "clone", "detach", "contiguous"):
        setattr(query, name, lambda *_, **__: called.append(1) or images(40))
    assert len(oracle(query)) == 1 and account.spent == 1
    assert called == []


def test_a_query_that_is_changed_after_its_check_is_answered_as_it_was_checked(spec, stub_oracle):
    query = images(2, 0.25)
    spoil = Marks([1], lambda *_: query.fill_(float("nan")))
    oracle, _ = stub_oracle(spec, 9, observer=spoil)
    plain, _ = stub_oracle(spec, 9)
    assert torch.equal(oracle(query), plain(images(2, 0.25)))


def test_a_hook_that_comes_at_a_mark_is_refused_too(spec, stub_oracle):
    caught, hooks = [], []

    def on_mark(*_):
        begin = nn.modules.module.register_module_forward_hook
        hooks.append(begin(lambda m, *_: caught.append(m)))

    oracle, _ = stub_oracle(spec, 5, observer=Marks([1], on_mark))
    try:
        with pytest.raises(QueryRefused, match="hook"):
            oracle(images(2))
    finally:
        hooks[0].remove()
    assert caught == [] and oracle.spent == 0


def test_a_torch_function_mode_of_the_method_does_not_reach_the_teacher(spec, stub_oracle):
    caught = []

    class Spy(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, function, kinds, args=(), kwargs=None):
            caught.extend(a for a in args if isinstance(a, nn.Parameter))
            return function(*args, **(kwargs or {}))

    oracle, _ = stub_oracle(spec, 5)
    query = images(1)
    with Spy():
        oracle(query)
    assert caught == []


def test_a_failing_teacher_is_reported_without_its_frames(spec):
    class Broken(StubTeacher):
        def forward(self, seen):
            raise KeyError("out of memory")

    oracle, _, close = open_oracle(spec, 10, [Network(Broken(3))])
    with pytest.raises(RuntimeError, match="oracle failed: KeyError") as caught:
        oracle(images(1))
    close()
    assert caught.value.__cause__ is None and caught.value.__context__ is None
    assert "forward" not in [frame.name for frame in caught.traceback]


def test_nothing_reachable_from_the_oracle_is_the_teacher(spec, stub_oracle):
    oracle, _ = stub_oracle(spec, 5)
    oracle(images(1))
    errors = []
    for bad in (images(9), images(1, 7.0)):
        with pytest.raises(Exception) as caught:
            oracle(bad)
        errors.append(caught.value)
    for start in [oracle, *errors, Oracle.__call__, Oracle._ask]:
        found = [t for t in reachable(start) if isinstance(t, (nn.Module, Account))]
        assert found == []


def test_no_thread_object_and_no_global_holds_the_teacher(spec, stub_oracle):

    oracle, _ = stub_oracle(spec, 5)
    oracle(images(1))
    starts = [vars(thread) for thread in threading.enumerate()]
    starts.append(
        {k: v for k, v in vars(sys.modules["benchmark.oracle.meter"]).items() if k[0] != "_"}
    )
    for start in starts:
        assert [t for t in reachable(start) if isinstance(t, StubTeacher)] == []
