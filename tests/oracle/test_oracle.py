"""The oracle at every edge: its count and its refusals; nothing leads around it."""

from __future__ import annotations

import threading

import pytest
import torch
from torch import nn

from benchmark.oracle import BudgetExhausted, QueryRefused, Spec, open_oracle
from benchmark.oracle.answering import Network
from benchmark.run.points import Marks
from support.queries import images
from support.suite import CPU, StubTeacher


def test_labels_are_the_teachers_argmax_without_gradient(spec, stub_oracle):
    oracle, _ = stub_oracle(spec, 10)
    asked = torch.cat([images(1, 0.2), images(1, 0.5), images(1, 0.8)]).requires_grad_()
    labels = oracle(asked)
    assert labels.tolist() == [0, 1, 2]
    assert labels.dtype == torch.int64 and not labels.requires_grad
    assert not labels.is_inference()  # such a tensor could not be the target of a loss


def test_every_image_counts_and_duplicates_are_not_unique(spec, stub_oracle):
    oracle, account = stub_oracle(spec, 100)
    batch = images(7)
    oracle(batch)
    oracle(batch)
    assert (oracle.spent, oracle.remaining, account.spent) == (14, 86, 14)
    assert account.unique() == 7


def test_the_last_query_is_served_and_the_next_is_not(spec, stub_oracle):
    oracle, _ = stub_oracle(spec, 5)
    oracle(images(4))
    with pytest.raises(BudgetExhausted, match="asked for 2 labels, 1 of 5 left"):
        oracle(images(2))
    assert oracle.spent == 4  # refused whole, for nothing
    oracle(images(1))
    with pytest.raises(BudgetExhausted):
        oracle(images(1))
    assert oracle.remaining == 0


def test_an_empty_batch_costs_nothing(spec, stub_oracle):
    oracle, account = stub_oracle(spec, 5)
    assert oracle(images(0)).shape == (0,)
    assert account.spent == 0 and account.unique() == 0


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (torch.rand(2, 3, 8, 8), "float32 N x 1x8x8, not float32"),
        (torch.rand(1, 8, 8), "float32 N x 1x8x8"),
        (torch.rand(1, 8, 8, 8), "float32 N x 1x8x8"),
        (torch.rand(2, 1, 8, 8).double(), "not float64"),
        (torch.rand(2, 1, 8, 8).half(), "not float16"),
        (torch.zeros(2, 1, 8, 8, dtype=torch.uint8), "not uint8"),
        (torch.full((1, 1, 8, 8), torch.nan), "finite values"),
        (torch.full((1, 1, 8, 8), torch.inf), "finite values"),
        (torch.full((1, 1, 8, 8), 1.0001), r"in \[0, 1\]"),
        (torch.full((1, 1, 8, 8), -1e-6), r"in \[0, 1\]"),
        (nn.Parameter(torch.rand(1, 1, 8, 8)), "plain torch.Tensor, not Parameter"),
        ([[0.5]], "plain torch.Tensor, not list"),
    ],
)
def test_wrong_images_are_refused_for_nothing(spec, stub_oracle, query, message):
    oracle, account = stub_oracle(spec, 100)
    with pytest.raises(QueryRefused, match=message):
        oracle(query)
    assert oracle.spent == 0 and account.unique() == 0
    assert oracle(images(3)).shape == (3,)  # and the oracle goes on


def test_one_bad_pixel_in_a_batch_is_enough(spec, stub_oracle):
    oracle, _ = stub_oracle(spec, 100)
    batch = images(50)
    batch[37, 0, 3, 3] = torch.nan
    with pytest.raises(QueryRefused):
        oracle(batch)
    assert oracle.spent == 0


def test_eight_bit_rounding_is_to_the_nearest_and_can_be_switched_off(spec):
    class Sees(StubTeacher):
        def forward(self, seen):
            values.append(seen.flatten()[0].item())
            return super().forward(seen)

    for precision, expected in [("uint8", 128 / 255), ("float32", 0.5001)]:
        values: list[float] = []
        oracle, _, close = open_oracle(spec, 10, [Network(Sees(3))], precision)
        oracle(images(1, 0.5001))
        close()
        assert values[0] == pytest.approx(expected, abs=1e-7)


def test_unique_images_are_those_the_teacher_saw(spec, stub_oracle):
    close_by = torch.cat([images(1, 0.5001), images(1, 0.5002)])  # equal in 8 bits
    for precision, unique in [("uint8", 1), ("float32", 2)]:
        oracle, account = stub_oracle(spec, 10, precision=precision)
        oracle(close_by)
        assert account.unique() == unique


def test_unknown_precision_is_refused(spec, stub_oracle):
    with pytest.raises(ValueError, match="uint8"):
        stub_oracle(spec, 10, precision="int4")


def test_marks_are_taken_before_the_call_that_passes_them(spec, stub_oracle):
    seen = []
    oracle, _ = stub_oracle(spec, 100, observer=Marks([10, 20, 50], lambda *a: seen.append(a)))
    oracle(images(10))
    assert seen == []  # exactly at the mark is not past it
    oracle(images(5))
    assert seen == [(10, 10)]
    oracle(images(60))  # passes two marks at once: one look, for the larger
    assert seen == [(10, 10), (50, 15)]
    oracle(images(25))
    assert len(seen) == 2


def test_a_refused_call_takes_no_mark(spec, stub_oracle):
    seen = []
    oracle, _ = stub_oracle(spec, 20, observer=Marks([10], lambda *a: seen.append(a)))
    with pytest.raises(BudgetExhausted):
        oracle(images(21))
    with pytest.raises(QueryRefused):
        oracle(images(20, 2.0))
    assert seen == []


def test_what_fails_at_a_mark_fails_the_call_and_serves_nothing(spec, stub_oracle):
    def on_mark(*_):
        raise RuntimeError("broken")

    oracle, account = stub_oracle(spec, 5, observer=Marks([1], on_mark))
    with pytest.raises(RuntimeError, match="broken"):
        oracle(images(2))
    assert account.spent == 0


def test_each_of_several_threads_gets_its_own_answers(spec, stub_oracle):
    oracle, account = stub_oracle(spec, 2000)
    brightness = {0: 0.1, 2: 0.9}  # label to brightness
    wrong = []

    def ask(label):
        for _ in range(100):
            wrong.extend(oracle(images(10, brightness[label])) != label)

    threads = [threading.Thread(target=ask, args=(label,)) for label in brightness]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert account.spent == 2000 and not any(wrong)


def test_the_account_resumes_where_it_stopped(spec, stub_oracle):
    batch = images(30)
    whole, whole_account = stub_oracle(spec, 30)
    whole(batch)
    first, first_account = stub_oracle(spec, 30)
    first(batch[:11])
    second, second_account = stub_oracle(spec, 30)
    second_account.load_state_dict(first_account.state_dict())
    assert second.spent == 11
    second(batch[11:])
    assert second_account.digest() == whole_account.digest()
    assert second_account.unique() == whole_account.unique() == 30


def test_colour_and_odd_shapes(stub_oracle):
    oracle, account = stub_oracle(Spec((3, 5, 9), 4, CPU), 8)
    asked = torch.rand(8, 3, 5, 9).to(memory_format=torch.channels_last)
    assert oracle(asked).shape == (8,)
    assert account.unique() == 8
