"""The oracle as a method's process has it: questions go out as frames, answers come back."""

from __future__ import annotations

import socket
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

import torch
from torch import Tensor

from benchmark.host.frames import Frame, receive, send
from benchmark.oracle import BudgetExhausted, Oracle, QueryRefused, Spec, query

REFUSALS = {"query": QueryRefused, "budget": BudgetExhausted, "oracle": RuntimeError}


def room(connection: socket.socket) -> None:
    """Ask for room on the disk for the images that the method keeps; none ends this process."""
    send(connection, Frame("room"))
    receive(connection, ["room"])


class RemoteOracle(Oracle):
    """Asks the suite's process. ``look`` makes the frame of the student as it is now."""

    __slots__ = ("_connection", "_look", "_precision", "_spec")

    def __init__(
        self,
        connection: socket.socket,
        budget: int,
        spec: Spec,
        precision: str,
        look: Callable[[], Frame],
    ) -> None:
        super().__init__(budget, SimpleQueue(), SimpleQueue())
        self._connection, self._spec, self._precision, self._look = (
            connection,
            spec,
            precision,
            look,
        )

    def _ask(self, question: Any) -> Any:
        with self._one_by_one:
            if isinstance(question, str):
                return self._spent()
            images = query.plain(question)
            query.check(images, self._spec)
            if len(images) > self.budget:  # the suite would not even read it
                left = self.budget - self._spent()
                raise BudgetExhausted(query.too_many(len(images), left, self.budget))
            shown = query.as_seen(images, self._precision).cpu()
            send(self._connection, Frame("ask", {}, {"images": shown} if len(shown) else {}))
            return self._answer().to(images.device)

    def _spent(self) -> int:
        send(self._connection, Frame("spent"))
        return int(receive(self._connection, ["count"]).fields["spent"])

    def _answer(self) -> Tensor:
        while True:
            frame = receive(self._connection, ["answer", "refused", "look"])
            if frame.kind == "look":
                send(self._connection, self._look())
            elif frame.kind == "refused":
                raise REFUSALS[frame.fields["why"]](frame.fields["text"])
            else:
                return frame.tensors["answers"] if frame.tensors else self._nothing()

    def _nothing(self) -> Tensor:
        hard = self._spec.access == "hard-label"
        return torch.zeros(0, dtype=torch.int64) if hard else torch.zeros(0, self._spec.classes)
