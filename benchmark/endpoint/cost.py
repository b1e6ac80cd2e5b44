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
    price, rate = endpoint.price_per_1000, endpoint.rate * SHARE
    return Cost(
        units[endpoint.price_of] * price / 1000 if price else None,
        units[endpoint.rate_of] / rate / 3600 if rate else None,
    )
