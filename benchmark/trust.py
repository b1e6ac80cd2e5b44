"""A person's word that the code of a file may run in the suite's own process."""

from __future__ import annotations

import os

from benchmark.errors import BenchError

TRUST = "BENCH_TRUST_CODE"  # in the environment, where the processes of a command find it


def demand(what: str) -> None:
    """Refuse to run somebody's code unless a person has said that it may."""
    if not os.environ.get(TRUST):
        raise BenchError(
            f"{what} runs code of its own in this process, which could do anything; give "
            "--trust-code if you trust whoever made it"
        )
