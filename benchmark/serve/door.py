"""What stands before the API: keys, sizes, and patience with slow clients, for every request.

A body is read here, whole and within limits, before anything else looks at the request.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

from benchmark.endpoint.bodies import JSON
from benchmark.serve.keys import Keys
from benchmark.serve.limits import Limits
from benchmark.serve.meter import Meter
from benchmark.serve.refused import Refused

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

CLIENT = "bench.client"  # in the scope of a request that asks
LINGER_SECONDS, LINGER_BYTES = 1.0, 8 * 10**6  # in which a client that still sends may hear why
CLOSE = {"Connection": "close"}
# A page in a browser can send these to any address without asking anybody.
FORMS = ("text/plain", "multipart/form-data", "application/x-www-form-urlencoded")


class Gone(Exception):
    """The client has hung up."""


class Door:
    """ASGI middleware; see the module."""

    def __init__(self, app: App, keys: Keys, meter: Meter, limits: Limits) -> None:
        self.app, self.keys, self.meter, self.limits = app, keys, meter, limits
        self._held = 0  # bytes of bodies
        self._asking = 0  # requests

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        with self._holding(scope["method"] == "POST") as parts:
            try:
                await self._enter(scope, receive, parts)
            except Refused as refused:
                if CLIENT in scope:
                    self.meter.refuse(scope[CLIENT])
                await _refuse(refused, dict(scope["headers"]), receive, send)
            except Gone:
                return
            else:
                await self.app(scope, _again(parts, receive), send)

    async def _enter(
        self, scope: MutableMapping[str, Any], receive: Receive, parts: list[bytes]
    ) -> None:
        """Check who asks, before the body is read into ``parts``. Raises ``Refused`` or ``Gone``.

        What only tells about the server is open to all, also when it is busy.
        """
        headers = dict(scope["headers"])
        if scope["method"] == "POST":
            scope[CLIENT] = self.keys.client(headers)
            if self._asking > self.limits.requests:
                raise _busy("too many requests at once")
            _check_kind(headers)
        await self._read(headers, receive, parts)

    @contextlib.contextmanager
    def _holding(self, asks: bool) -> Iterator[list[bytes]]:
        """The parts of a body, which count as held until the request is done."""
        parts: list[bytes] = []
        self._asking += asks
        try:
            yield parts
        finally:
            self._asking -= asks
            self._held -= sum(map(len, parts))

    async def _read(
        self, headers: dict[bytes, bytes], receive: Receive, parts: list[bytes]
    ) -> None:
        """Read the body into ``parts``. Raises ``Refused`` or ``Gone``."""
        said = headers.get(b"content-length", b"0")  # a number: the parser of HTTP has seen to it
        if int(said) > self.limits.body:
            raise self._too_large()
        reading = self._fill(receive, parts)
        try:
            await asyncio.wait_for(reading, self.limits.body_seconds)
        except asyncio.TimeoutError:
            seconds = self.limits.body_seconds
            raise Refused(408, f"the body did not arrive within {seconds:g} s", CLOSE) from None

    async def _fill(self, receive: Receive, parts: list[bytes]) -> None:
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Gone
            part, more = message.get("body", b""), message.get("more_body", False)
            size += len(part)
            if size > self.limits.body:
                raise self._too_large()
            if self._held + len(part) > self.limits.bodies:
                raise _busy("too many large requests at once")
            parts.append(part)
            self._held += len(part)

    def _too_large(self) -> Refused:
        return Refused(413, f"the body has more than {self.limits.body:,} bytes", CLOSE)


def _busy(reason: str) -> Refused:
    return Refused(503, f"{reason}: ask again", {"Retry-After": "1", **CLOSE})


def _check_kind(headers: dict[bytes, bytes]) -> None:
    """Refuse what a page of somebody else could make a browser send, and what is packed."""
    kind = headers.get(b"content-type", b"").decode("latin-1").split(";")[0].strip().lower()
    if kind in FORMS:
        raise Refused(415, f"the body is {kind}: send Content-Type: {JSON}", CLOSE)
    packed = headers.get(b"content-encoding", b"identity").decode("latin-1").lower()
    if packed != "identity":
        raise Refused(415, f"the body is packed ({packed[:20]}): send it as it is", CLOSE)


def _again(parts: list[bytes], receive: Receive) -> Receive:
    """``receive`` that gives the body as one message, then what comes after it."""
    left = [b"".join(parts)]

    async def given() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return given


async def _refuse(
    refused: Refused, headers: dict[bytes, bytes], receive: Receive, send: Send
) -> None:
    """Answer before the body is read to its end, and hang up where it was not."""
    content = json.dumps({"error": str(refused)}).encode()
    told = {"Content-Type": JSON, "Content-Length": str(len(content)), **CLOSE, **refused.headers}
    pairs = [(name.lower().encode(), value.encode()) for name, value in told.items()]
    await send({"type": "http.response.start", "status": refused.status, "headers": pairs})
    await send({"type": "http.response.body", "body": content, "more_body": True})
    if b"expect" not in headers:  # such a client waits for leave to send its body
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(_drain(receive), LINGER_SECONDS)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _drain(receive: Receive) -> None:
    """Read on: a connection that is closed on a client that sends takes the answer with it."""
    left, more = LINGER_BYTES, True
    while more and left > 0:
        message = await receive()
        left -= len(message.get("body", b""))
        more = message.get("more_body", False)
