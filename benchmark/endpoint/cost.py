"""What queries of an endpoint cost: dollars of its price, hours at its rate."""

from __future__ import annotations

from dataclasses import dataclass

from benchmark.endpoint.form import Endpoint
from benchmark.endpoint.rate import SHARE


@dataclass(frozen=True)
class Cost:
    """Of a number of queries; ``None`` where the endpoint's file tells no price or no rate."""

    dollars: float | None
    hours: float | None


def cost(endpoint: Endpoint, queries: int) -> Cost:
    """The least that so many images cost when all calls but the last are full."""
    units = {"images": queries, "calls": -(-queries // endpoint.batch)}
    return Cost(
        dollars(units[endpoint.price_of], endpoint.price_per_1000),
        hours(units[endpoint.rate_of], endpoint.rate * SHARE),
    )


def dollars(units: int, per_1000: float) -> float | None:
    """The price of some images or calls; None without one."""
    return units * per_1000 / 1000 if per_1000 else None


def hours(units: int, a_second: float) -> float | None:
    """The time of some images or calls at a rate; None without one."""
    return units / a_second / 3600 if a_second else None
