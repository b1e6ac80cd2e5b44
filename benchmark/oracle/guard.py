"""Guards that keep a method's code away from networks that are not its own.

Torch lets any code watch, and answer for, every module of a process: by global hooks, by modes of
a thread, by tensors of a subclass or with extra attributes. Nothing here runs a method's code.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn.modules import module as module_hooks
from torch.utils import _python_dispatch

PLAIN = (Tensor, nn.Parameter, nn.Buffer)


def watcher() -> str:
    """The name of a watcher that would see inside a network of this thread; "" for none."""
    if module_hooks._has_any_global_hook():
        return "a global module hook is registered"
    if torch._C._len_torch_function_stack() or torch._C._len_torch_dispatch_stack():
        return "a torch function or dispatch mode is active"
    return ""


@contextlib.contextmanager
def contained() -> Iterator[None]:
    """Restore the global hooks and modes afterwards, so that the next run has its own."""
    kinds = [of for name, of in vars(module_hooks).items() if name.startswith("_global_")]
    before = [(of, of.copy()) for of in kinds if isinstance(of, dict)]
    modes, dispatch = torch._C._len_torch_function_stack(), torch._C._len_torch_dispatch_stack()
    try:
        yield
    finally:
        for of, hooks in before:
            of.clear()
            of.update(hooks)
        while torch._C._len_torch_function_stack() > modes:
            torch.overrides._pop_mode()
        while torch._C._len_torch_dispatch_stack() > dispatch:
            _python_dispatch._pop_mode()


def copied(tensor: Tensor) -> Tensor:
    """A copy of a plain tensor without its instance attributes, which could shadow a method."""
    return torch.Tensor.clone(torch.Tensor.detach(tensor))


def aside(work: Callable[..., None], *arguments: object) -> None:
    """Run ``work`` to its end on a thread of its own: it sees no frame of the caller's thread."""
    problems: list[Exception] = []

    def guarded() -> None:
        try:
            work(*arguments)
        except Exception as problem:
            problems.append(problem)

    thread = threading.Thread(target=guarded)
    thread.start()
    thread.join()
    if problems:
        raise problems[0]


def weights_of(module: nn.Module, prefix: str = "") -> dict[str, Tensor]:
    """The tensors of ``module.state_dict()``, read without a call of the module or its parts.

    Raises ``TypeError`` for an object that is no module, and for tensors of a subclass.
    """
    if not isinstance(module, nn.Module):
        raise TypeError(f"it is {module!r}, no torch.nn.Module")
    own = object.__getattribute__(module, "__dict__")
    found = {}
    for name, tensor in {**own["_parameters"], **own["_buffers"]}.items():
        if tensor is None or name in own["_non_persistent_buffers_set"]:
            continue
        if type(tensor) not in PLAIN:
            raise TypeError(f"{prefix}{name} is a {type(tensor).__name__}, no plain torch.Tensor")
        found[prefix + name] = torch.Tensor.detach(tensor)
    for name, part in own["_modules"].items():
        if part is not None:
            found |= weights_of(part, f"{prefix}{name}.")
    return found
