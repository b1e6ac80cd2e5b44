"""The API: paths of the Open Inference Protocol V2, of ``instances``, of MLflow, and ``/score``."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse

from benchmark.endpoint.bodies import BINARY, JSON
from benchmark.serve import described, page, questions, replies, schemas
from benchmark.serve.arrays import VALUES
from benchmark.serve.desk import Desk
from benchmark.serve.door import CLIENT, Door
from benchmark.serve.keys import Keys
from benchmark.serve.limits import Limits
from benchmark.serve.refused import Refused
from benchmark.serve.replies import VERSION, Form, Reply
from benchmark.version import __version__

V1, V2 = "/v1/models/{model}", "/v2/models/{model}"


class Api:
    """The handlers of all paths, for one teacher."""

    def __init__(self, desk: Desk, limits: Limits) -> None:
        self.desk, self.served, self.limits = desk, desk.served, limits

    async def infer(self, request: Request, model: str, version: str = VERSION) -> Response:
        """Labels of a batch of images, by the Open Inference Protocol V2."""
        self._check(model, version)
        read = partial(
            questions.v2, await request.body(), request.headers, self.served, self.limits.batch
        )
        return await self._asked(request, read, replies.v2)

    async def predict(
        self, request: Request, model: str, values: schemas.Values = None
    ) -> Response:
        """Labels of `instances`, as TensorFlow Serving and KServe V1 give them."""
        self._check(model)
        return await self._plain(request, "predict", values, replies.predictions)

    async def invocations(self, request: Request, values: schemas.Values = None) -> Response:
        """Labels of `inputs` or `instances`, as MLflow gives them."""
        return await self._plain(request, "invocations", values, replies.predictions)

    async def score(self, request: Request, values: schemas.Values = None) -> Response:
        """Labels of `data`."""
        return await self._plain(request, "score", values, replies.score)

    async def classify(self, request: Request) -> Response:
        """The label of one image, a PNG or JPEG, as APIs of pictures give it."""
        kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
        read = partial(questions.file, await request.body(), kind, self.served)
        return await self._asked(request, read, replies.scored)

    async def _plain(
        self, request: Request, form: str, values: str | None, reply: Form
    ) -> Response:
        content, most = await request.body(), self.limits.batch
        read = partial(questions.plain, content, form, values, self.served, most)
        return await self._asked(request, read, reply)

    async def _asked(self, request: Request, read: Any, form: Form) -> Response:
        reply: Reply = await self.desk.ask(request.scope[CLIENT], read, form)
        return Response(reply.content, media_type=reply.kind, headers=reply.headers)

    async def live(self) -> dict[str, bool]:
        """The server runs."""
        return {"live": True}

    async def ready(self) -> dict[str, bool]:
        """The server takes requests."""
        return {"ready": True}

    async def model_ready(self, model: str, version: str = VERSION) -> dict[str, Any]:
        """The model takes requests."""
        self._check(model, version)
        return {"name": model, "ready": True}

    async def server(self) -> dict[str, Any]:
        """Name, version and extensions of the server."""
        return described.server()

    async def model(self, model: str, version: str = VERSION) -> dict[str, Any]:
        """Inputs and outputs of the model."""
        self._check(model, version)
        return described.model(self.served)

    async def models(self) -> dict[str, list[str]]:
        """The names of the models."""
        return {"models": [self.served.name]}

    async def model_v1(self, model: str) -> dict[str, Any]:
        """The state of the model, for clients of TensorFlow Serving and of KServe V1."""
        self._check(model)
        return described.state(self.served)

    async def ping(self) -> str:
        """The server runs, for clients of MLflow."""
        return "\n"

    async def version(self) -> str:
        """The version of the suite."""
        return __version__

    async def status(self) -> dict[str, Any]:
        """What the server has counted."""
        return described.status(self.served, self.desk.meter, self.limits)

    async def page(self) -> HTMLResponse:
        """The same for people."""
        told = described.status(self.served, self.desk.meter, self.limits)
        return HTMLResponse(page.html(told), headers=page.HEADERS)

    def _check(self, model: str, version: str = VERSION) -> None:
        if model != self.served.name:
            raise Refused(404, f"there is no model {model[:60]!r}; this is {self.served.name!r}")
        if version != VERSION:
            raise Refused(404, f"there is no version {version[:20]!r}; this is {VERSION!r}")


def make(desk: Desk, keys: Keys, limits: Limits) -> Door:
    """The ASGI application."""
    made = FastAPI(
        title="Honest distillation benchmark: a teacher behind an API",
        version=__version__,
        docs_url=None,  # those pages load scripts from elsewhere
        redoc_url=None,
        responses=schemas.REFUSALS,
    )
    _add_paths(made, Api(desk, limits))
    _add_refusals(made, desk)
    return Door(made, keys, desk.meter, limits)


def _add_paths(made: FastAPI, api: Api) -> None:
    # Those that ask come first: to one of them /v1/models/NAME:predict would be another's name.
    for path, handler, schema, *kinds in _asking(api):
        told = {**schemas.REFUSALS_OF_A_QUESTION, **schemas.answers(*kinds)}
        made.post(path, openapi_extra=schema, responses=told)(handler)
    for path, handler in _reading(api).items():
        made.get(path)(handler)
    made.get("/", response_class=HTMLResponse)(api.page)
    for path, handler in {"/ping": api.ping, "/version": api.version}.items():
        made.get(path, response_class=PlainTextResponse)(handler)
    usual = made.openapi
    made.openapi = lambda: schemas.completed(usual(), api.served)  # type: ignore[method-assign]


def _add_refusals(made: FastAPI, desk: Desk) -> None:
    """A reason for each status but 200."""

    async def refused(request: Request, problem: Exception) -> Response:
        assert isinstance(problem, Refused), "no other is sent here"
        if CLIENT in request.scope:
            desk.meter.refuse(request.scope[CLIENT])
        return JSONResponse({"error": str(problem)}, problem.status, problem.headers)

    async def unknown(request: Request, problem: Exception) -> Response:
        return await refused(request, Refused(422, f"'values' is {' or '.join(VALUES)}"))

    made.add_exception_handler(Refused, refused)
    made.add_exception_handler(RequestValidationError, unknown)
    made.add_exception_handler(404, _nowhere)
    made.add_exception_handler(405, _nowhere)
    made.add_exception_handler(500, _failed)


def _reading(api: Api) -> dict[str, Any]:
    """The paths that tell about the server. None needs a key and none counts."""
    one = f"{V2}/versions/{{version}}"
    return {
        "/v2/health/live": api.live,
        "/v2/health/ready": api.ready,
        "/v2": api.server,
        V2: api.model,
        f"{V2}/ready": api.model_ready,
        one: api.model,
        f"{one}/ready": api.model_ready,
        "/v1/models": api.models,
        V1: api.model_v1,
        "/status": api.status,
    }


def _asking(api: Api) -> list[tuple[Any, ...]]:
    """The paths that answer questions: path, handler, schema, kinds of content of an answer."""
    v2, both = schemas.v2(api.served), (JSON, BINARY)
    return [
        (f"{V2}/infer", api.infer, v2, *both),
        (f"{V2}/versions/{{version}}/infer", api.infer, v2, *both),
        (f"{V1}:predict", api.predict, schemas.plain("instances", api.served), JSON),
        ("/invocations", api.invocations, schemas.plain("inputs", api.served), JSON),
        ("/score", api.score, schemas.plain("data", api.served), JSON),
        ("/classify", api.classify, schemas.file(), JSON),
    ]


async def _nowhere(request: Request, problem: Any) -> Response:
    """A path that is not there, or is for another method."""
    said = "there is nothing at this path; see /openapi.json"
    if problem.status_code == 405:
        said = f"{request.method} is not what this path takes; see /openapi.json"
    return JSONResponse({"error": said}, problem.status_code, problem.headers)


async def _failed(request: Request, problem: Exception) -> Response:
    """A fault of the server, of which its standard error tells more; nothing was counted."""
    return JSONResponse({"error": "the server failed; its log has the reason"}, 500)
