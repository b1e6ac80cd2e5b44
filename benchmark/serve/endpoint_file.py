"""The endpoint's file with which the suite's own client asks this server."""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import quote

from benchmark.endpoint.form import NOT_PROCESSED
from benchmark.serve.served import INPUT, LABEL, SCORES, Served

# This server counts a request that it answers, so what it refuses with these has cost nothing.
REFUSALS = sorted({*NOT_PROCESSED, 408, 503})


def text(
    served: Served, address: str, batch: int, rate: float | None, variables: Sequence[str]
) -> str:
    """TOML, see ``benchmark.endpoint.read``. ``variables`` hold the keys; the first is named."""
    keys = {
        "url": f"{address}/v2/models/{quote(served.name)}/infer",
        "body": "v2-binary",
        "input": INPUT,
        "output": SCORES if served.scores else LABEL,
        "shape": list(served.shape),
        "classes": served.classes,
        "batch": batch,
        **({"rate": rate} if rate else {}),
        "not_processed": REFUSALS,
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in keys.items()]
    if variables:
        lines += ["[signer]", 'kind = "bearer"', f"env = {json.dumps(variables[0])}"]
    return "\n".join(lines) + "\n"
