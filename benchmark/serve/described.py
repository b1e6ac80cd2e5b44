"""What a server says of itself: metadata, states, and its count."""

from __future__ import annotations

from typing import Any

from benchmark.serve.limits import Limits
from benchmark.serve.meter import Meter
from benchmark.serve.replies import DATATYPES, VERSION
from benchmark.serve.served import INPUT, SCORES, Served
from benchmark.version import __version__

NAME = "honest-distillation-benchmark"


def server() -> dict[str, Any]:
    """Metadata of the server, by the Open Inference Protocol."""
    return {"name": NAME, "version": __version__, "extensions": ["binary_tensor_data"]}


def model(served: Served) -> dict[str, Any]:
    """Metadata of the model, by the Open Inference Protocol; -1 is any number."""
    sizes = {SCORES: [-1, served.classes]}
    return {
        "name": served.name,
        "versions": [VERSION],
        "platform": "pytorch",
        "inputs": [{"name": INPUT, "datatype": "UINT8", "shape": [-1, *served.shape]}],
        "outputs": [
            {"name": name, "datatype": DATATYPES[name], "shape": sizes.get(name, [-1])}
            for name in served.outputs
        ],
    }


def state(served: Served) -> dict[str, Any]:
    """The state of the model, as TensorFlow Serving and as KServe V1 tell it."""
    fine = {"error_code": "OK", "error_message": ""}
    one = {"version": VERSION, "state": "AVAILABLE", "status": fine}
    return {"name": served.name, "ready": True, "model_version_status": [one]}


def status(served: Served, meter: Meter, limits: Limits) -> dict[str, Any]:
    """What is served, its limits, and the count of each client."""
    return {
        "server": NAME,
        "version": __version__,
        "model": served.name,
        "dataset": served.card["dataset"],
        "architecture": served.card["architecture"],
        "sha256": served.card["sha256"],
        "shape": list(served.shape),
        "classes": served.classes,
        "answers": "class indices and probabilities" if served.scores else "class indices",
        "batch": limits.batch,
        "body_bytes": limits.body,
        "quota": meter.quota,
        "images_per_second": meter.rate,
        "seconds": round(meter.seconds(), 1),
        "clients": meter.told(),
    }
