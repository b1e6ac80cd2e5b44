"""A recorder of tensor operations on the CPU that behaves as a CUDA graph does.

The tape holds the low-level operations in order, with their very tensors; a replay does these
again into the same memory. Python does not run, new values do not reach it unless they were copied
into its inputs, and reading a tensor on the host is an error, as on a GPU.
"""

from __future__ import annotations

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

HOST_READS = ("_local_scalar_dense", "nonzero", "masked_select", "is_nonzero", "equal")


class HostRead(RuntimeError):
    """A captured step has read a tensor on the host."""


class Tape(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.operations = []

    def __torch_dispatch__(self, operation, types, arguments=(), options=None):
        name = operation._schema.name.split("::")[1]
        if name in HOST_READS:
            raise HostRead(f"{name} in a captured step")
        options = options or {}
        outputs = operation(*arguments, **options)
        self.operations.append((operation, arguments, options, outputs))
        return outputs

    def replay(self):
        with torch.no_grad():
            for operation, arguments, options, outputs in self.operations:
                again = operation(*arguments, **options)
                for old, new in zip(tensors(outputs), tensors(again), strict=True):
                    if old.data_ptr() != new.data_ptr():  # views and in-place results are there
                        old.copy_(new)


def tensors(value):
    return [leaf for leaf in tree_leaves(value) if isinstance(leaf, torch.Tensor)]


class TapeRecorder:
    """Replaces ``benchmark.method.graphs.CudaRecorder``; counts ``replays``."""

    def __init__(self):
        self.replays = 0

    def warm_up(self, work):
        return work()

    def record(self, work):
        tape = Tape()
        kept = undone(work, tape)

        def replay():
            self.replays += 1
            tape.replay()

        return replay, kept


def undone(work, tape):
    """Record without lasting effect, as a capture does: all that ``work`` changed is put back."""
    random = torch.get_rng_state()
    with Saved() as saved, tape:
        outputs = work()
    saved.restore()
    torch.set_rng_state(random)
    return outputs


class Saved(TorchDispatchMode):
    """Keeps a copy of every storage from before the first operation that is given it.

    Which of them an operation changes cannot be asked: batch norm does not declare its statistics.
    """

    def __init__(self):
        super().__init__()
        self.before = {}

    def __torch_dispatch__(self, operation, types, arguments=(), options=None):
        options = options or {}
        for tensor in tensors((arguments, options)):
            storage = tensor.untyped_storage()
            if storage.data_ptr() not in self.before:
                self.before[storage.data_ptr()] = (storage, storage.clone())
        return operation(*arguments, **options)

    def restore(self):
        for storage, copy in self.before.values():
            storage.copy_(copy)
