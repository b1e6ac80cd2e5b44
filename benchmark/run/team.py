"""The terms on which a worker works beside others."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmark.files import StoreError
from benchmark.parse import spoken
from benchmark.rows.store import Store
from benchmark.run.watch import Show

LOOK_EVERY = 2.0  # seconds, where a worker waits for others
AWAY = 600.0  # seconds for a shared folder to come back


@dataclass(frozen=True)
class Team:
    """How a worker works beside others; alone, it does as it likes."""

    since: float | None = None  # failed rows from then on are this team's, by the folder's clock
    patience: float = 0.0  # seconds to stay while others run the rest, in case that they die
    led: bool = False  # somebody else says how the command ends, and what a forced one has made


def comes_back(
    store: Store, problem: StoreError, show: Show, should_stop: Callable[[], bool]
) -> bool:
    """Wait for a results folder that is away; False where it is not, or does not come back."""
    if not _away(store):
        return False
    show.warn(f"{problem}; {store.root} is away: waiting up to {spoken(AWAY)} for it")
    limit = time.monotonic() + AWAY
    while _away(store):
        if should_stop() or time.monotonic() > limit:
            return False
        time.sleep(LOOK_EVERY)
    show.say(f"{store.root} is back: the run goes on from its last state")
    return True


def _away(store: Store) -> bool:
    try:
        return not store.states.is_dir()
    except OSError:  # a network file system says more than that it is not there
        return True
