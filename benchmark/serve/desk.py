"""Where requests are read, counted and answered: one at a time, on one thread.

The event loop stays free, so that health and status answer while a batch is computed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from benchmark.serve.meter import Meter
from benchmark.serve.questions import Question
from benchmark.serve.replies import Form, Reply
from benchmark.serve.served import Served


class Desk:
    """Answers with a teacher and counts with a meter."""

    def __init__(self, served: Served, meter: Meter) -> None:
        self.served, self.meter = served, meter
        self._thread = ThreadPoolExecutor(1, "teacher")

    async def ask(self, client: str, read: Callable[[], Question], form: Form) -> Reply:
        """The reply to the question that ``read`` makes of a request. Raises ``Refused``."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._ask, client, read, form)

    def close(self) -> None:
        """End its thread after the request at hand."""
        self._thread.shutdown(cancel_futures=True)

    def _ask(self, client: str, read: Callable[[], Question], form: Form) -> Reply:
        question = read()
        count = len(question.images)
        self.meter.take(client, count)
        try:
            answer = self.served.answer(question.images)
            return form(question, answer, self.served.name)
        except BaseException:
            self.meter.give_back(client, count)
            raise
