"""Hot steps as CUDA graphs: for small nets a GPU waits for the host, and a replay has no host work.

A graph holds addresses, not values. So a captured step may only change tensors in place, must not
read one on the host, and runs the Python inside it only while it is being captured.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from benchmark.method.visits import Visits

Outputs = tuple[Tensor, ...]
Work = Callable[[], Outputs]
WARM_UP = 3  # eager calls before the capture: lazy state of optimisers and libraries is made there


class CudaRecorder:
    """Captures on the current GPU. (A test has one that records on the CPU.)"""

    def warm_up(self, work: Work) -> Outputs:
        """An eager call on a side stream, as autograd's nodes must not belong to the main one."""
        side, main = torch.cuda.Stream(), torch.cuda.current_stream()
        side.wait_stream(main)
        with torch.cuda.stream(side):
            outputs = work()
        main.wait_stream(side)
        return outputs

    def record(self, work: Work) -> tuple[Callable[[], Any], Outputs]:
        """(replay, outputs): ``work`` is recorded without being done."""
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            outputs = work()
        return graph.replay, outputs


class Graphed:
    """A function of tensors, captured after a few calls and replayed from then on.

    Calls with other shapes than the first (a last, smaller batch) stay eager. Hooks do not run in
    a replay, so the counts of the networks' hooks in the capture are added to ``visits`` here.
    """

    def __init__(
        self, function: Callable[..., Outputs], recorder: CudaRecorder, visits: Visits
    ) -> None:
        self.function, self.recorder, self.visits = function, recorder, visits
        self.signature: list | None = None
        self.calls = 0
        self.replay: Callable[[], Any] | None = None

    def __call__(self, *inputs: Tensor) -> Outputs:
        signature = [(tensor.shape, tensor.dtype) for tensor in inputs]
        if self.signature is None:
            self.signature = signature
        if signature != self.signature:
            return self.function(*inputs)
        self.calls += 1
        if self.calls <= WARM_UP:
            return self.recorder.warm_up(lambda: self.function(*inputs))
        if self.replay is None:
            self.replay = self._record(inputs)
        else:
            self.visits.update(self.seen)
        for mine, given in zip(self.inputs, inputs, strict=True):
            mine.copy_(given)
        self.replay()
        return tuple(tensor.clone() for tensor in self.outputs)

    def _record(self, inputs: tuple[Tensor, ...]) -> Callable[[], Any]:
        self.inputs = [tensor.detach().clone() for tensor in inputs]
        before = self.visits.copy()
        replay, self.outputs = self.recorder.record(lambda: self.function(*self.inputs))
        self.seen = self.visits - before
        return replay
