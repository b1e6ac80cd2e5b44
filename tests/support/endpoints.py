"""A prediction API on this machine: it speaks every body, and has every fault on demand."""

from __future__ import annotations

import base64
import io
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
from PIL import Image

from benchmark.endpoint import Client, Endpoint

CLASSES = 10
LENGTH = "Inference-Header-Content-Length"
SECRET = "sk-not-to-be-seen-4711"
DIGITS_FILE = """
url = "{url}"
body = "json"
template = '{{"data": null}}'
images_at = "data"
shape = [1, 16, 16]
classes = 10
batch = 100
"""
NAMES = {f"class {n}": n for n in range(10)}


def classes_of(images: np.ndarray) -> list[int]:
    """The server's classifier: the sum of an image's uint8 values, modulo the classes."""
    return [int(one.astype(int).sum()) % CLASSES for one in images]


def as_bytes(values: Any) -> np.ndarray:
    """Images that came as numbers from 0 to 255 or from 0 to 1."""
    numbers = np.array(values)
    return np.rint(numbers * 255) if numbers.dtype.kind == "f" else numbers


def from_png(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)))


@dataclass
class Question:
    """A request as the server got it."""

    path: str
    headers: dict[str, str]
    content: bytes

    def json(self) -> Any:
        return json.loads(self.content)


@dataclass
class Server:
    """Its address, what it was asked, and what it says."""

    url: str = ""
    asked: list[Question] = field(default_factory=list)
    say: Callable[[Question, BaseHTTPRequestHandler], None] = lambda question, handler: None


def answer(
    handler: BaseHTTPRequestHandler,
    content: bytes | Any,
    status: int = 200,
    kind: str = "application/json",
    headers: dict[str, str] | None = None,
) -> None:
    """Send bytes as they are, and anything else as JSON."""
    content = content if isinstance(content, bytes) else json.dumps(content).encode()
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(content)))
    for name, value in {"Content-Type": kind, **(headers or {})}.items():
        if value:
            handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(content)


@contextmanager
def serving(say: Callable[[Question, Any], None], context: Any = None) -> Iterator[Server]:
    """A server at a free port; ``context`` makes it one of https."""
    server = Server(say=say)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            question = Question(self.path, dict(self.headers.items()), content)
            server.asked.append(question)
            server.say(question, self)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that hangs up is what some tests are about."""

    listening = Quiet(("127.0.0.1", 0), Handler)
    if context is not None:
        listening.socket = context.wrap_socket(listening.socket, server_side=True)
    scheme = "http" if context is None else "https"
    server.url = f"{scheme}://127.0.0.1:{listening.server_port}/score"
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()


def images(count: int, shape: tuple[int, ...] = (3, 4, 5)) -> np.ndarray:
    """Random images, the same for the same count."""
    return np.random.default_rng(count).integers(0, 256, (count, *shape), dtype=np.uint8)


def endpoint(url: str, **changes) -> Endpoint:
    """An endpoint that is sent lists of numbers."""
    usual = {"body": "mlflow", "shape": (3, 4, 5), "classes": 10, "batch": 50}
    return Endpoint(url=url, **{**usual, **changes})


def asked(say, shown=None, context=None, **changes):
    """What a client gets from a server that says this, and the questions that the server got."""
    with serving(say, context) as server, Client(endpoint(server.url, **changes)) as client:
        return client.ask(images(3) if shown is None else shown), server.asked


def saying(content, **more):
    """A server that always says this."""
    return lambda question, handler: answer(handler, content, **more)


def v2(question: Question, handler: Any) -> None:
    tree = question.json()
    tensor = tree["inputs"][0]
    images = as_bytes(tensor["data"]).reshape(tensor["shape"])
    labels = classes_of(images)
    output = {"name": "label", "datatype": "INT64", "shape": [len(labels), 1], "data": labels}
    answer(handler, {"id": tree["id"], "model_name": "m", "outputs": [output]})


def v2_binary(question: Question, handler: Any) -> None:
    cut = int({k.lower(): v for k, v in question.headers.items()}[LENGTH.lower()])
    tree = json.loads(question.content[:cut])
    tensor = tree["inputs"][0]
    assert tensor["parameters"]["binary_data_size"] == len(question.content) - cut
    kind = {"UINT8": "u1", "FP32": "<f4"}[tensor["datatype"]]
    raw = np.frombuffer(question.content[cut:], kind).reshape(tensor["shape"])
    scores = np.eye(CLASSES, dtype="<f4")[classes_of(as_bytes(raw))]
    told = {"name": "scores", "datatype": "FP32", "shape": list(scores.shape)}
    other = {"name": "other", "datatype": "INT32", "shape": [1], "data": [0]}
    told["parameters"] = {"binary_data_size": scores.nbytes}
    head = json.dumps({"outputs": [other, told]}).encode()
    content = head + scores.tobytes()
    answer(handler, content, kind="application/octet-stream", headers={LENGTH: str(len(head))})


def instances(question: Question, handler: Any) -> None:
    images = question.json()["instances"]
    if isinstance(images[0], dict):
        images = [from_png(base64.b64decode(one["b64"])) for one in images]
    answer(handler, {"predictions": classes_of(as_bytes(images))})


def mlflow(question: Question, handler: Any) -> None:
    (images,) = question.json().values()
    answer(handler, classes_of(as_bytes(images)))


def template(question: Question, handler: Any) -> None:
    images = question.json()["request"]["data"]
    labels = [{"label": f"class {label}"} for label in classes_of(as_bytes(images))]
    answer(handler, json.dumps({"result": labels}))  # a text that is JSON


def image(question: Question, handler: Any) -> None:
    content = question.content
    if not content.startswith(b"\x89PNG"):
        content = base64.b64decode(question.json()["inputs"])
    (label,) = classes_of(from_png(content)[None])
    best = [{"label": f"class {label}", "score": 0.75}]
    answer(handler, [{"label": f"class {(label + 1) % CLASSES}", "score": 0.2}, *best])


SPEAKING = {
    "v2": v2,
    "v2-binary": v2_binary,
    "instances": instances,
    "mlflow": mlflow,
    "json": template,
    "image": image,
}
