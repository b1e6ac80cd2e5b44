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


def tariff(endpoint: Endpoint) -> tuple[float, float]:
    """Dollars for 1,000 images and images a second when all calls are full; 0 where none is told.

    The rate is the one that its file allows; ``cost`` tells the time of our client, which keeps
    below it.
    """
    dollars, rate = endpoint.price_per_1000, endpoint.rate
    return (
        dollars / endpoint.batch if endpoint.price_of == "calls" else dollars,
        rate * endpoint.batch if endpoint.rate_of == "calls" else rate,
    )
