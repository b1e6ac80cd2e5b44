"""Classifiers behind somebody's prediction API: described by a TOML file, asked over HTTP."""

from benchmark.endpoint.canary import CANARY_QUERIES, Canary, Entered, canary, description
from benchmark.endpoint.client import Client
from benchmark.endpoint.cost import Cost, cost
from benchmark.endpoint.form import Endpoint, Signer
from benchmark.endpoint.toml import read

__all__ = [
    "CANARY_QUERIES",
    "Canary",
    "Client",
    "Cost",
    "Endpoint",
    "Entered",
    "Signer",
    "canary",
    "cost",
    "description",
    "read",
]
