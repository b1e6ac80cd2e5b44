"""One question to an endpoint: sent once, its answer checked, every fault in words.

It sends nothing twice. Whether a question may be asked again is for whoever pays to decide, and
the kind of the error says what is known: ``NotProcessed``, ``Denied``, or ``Unclear``.
"""

from __future__ import annotations

import email.utils
import math
import ssl
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from benchmark.endpoint import answers, bodies
from benchmark.endpoint.form import Endpoint
from benchmark.endpoint.rate import Limiter, shared
from benchmark.endpoint.signing import Signing
from benchmark.errors import BenchError
from benchmark.oracle.replies import Denied, NotProcessed, Reply, Unclear

LATEST = 600.0  # seconds that an endpoint may ask a client to wait
SHOWN = 2000  # bytes of an error's text that are read


class Client:
    """Asks an endpoint. Close it, or use it in a ``with``."""

    def __init__(
        self,
        endpoint: Endpoint,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Sends nothing yet. Raises ``BenchError`` without httpx2, or where a key is missing."""
        self.endpoint = endpoint
        self._clock = clock
        self._signing = Signing(endpoint.signer, clock)
        slots = shared(endpoint) if endpoint.rate else None
        self._limiter = Limiter(endpoint.rate, clock, sleep, slots)
        parts = urlsplit(endpoint.url)
        self._where = f"{parts.scheme}://{parts.netloc}{parts.path}"
        self._http = _library()
        self._sender = self._opened()

    def __repr__(self) -> str:
        return f"Client({self._where})"

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End its connections."""
        self._sender.close()

    def ask(self, shown: np.ndarray) -> Reply:
        """The answer to N images, sent in one call that is not repeated.

        ``shown``: uint8, N x C x H x W, N from 1 to the endpoint's ``batch``. Raises
        ``NotProcessed``, ``Denied`` or ``Unclear``; ``BenchError`` for images that do not fit.
        """
        endpoint = self.endpoint
        if shown.dtype != np.uint8 or shown.shape[1:] != endpoint.shape:
            said = " x ".join(map(str, endpoint.shape))
            raise BenchError(f"{self._where} takes uint8 images of {said}; see 'shape'")
        if not 1 <= len(shown) <= endpoint.batch:
            raise BenchError(f"{self._where} takes 1 to {endpoint.batch} images a call")
        name = uuid.uuid4().hex
        body = bodies.body(shown, endpoint, name)
        plain = {**endpoint.headers, **body.headers, "Accept-Encoding": "identity"}
        headers = self._signing.headers(endpoint.url, body.content, plain)
        self._limiter.wait(len(shown) if endpoint.rate_of == "images" else 1)
        content, told = self._sent(body.content, headers)
        try:
            return answers.reply(bodies.values(content, told, endpoint, name), len(shown), endpoint)
        except ValueError as problem:
            raise self._unclear(f"answered with status 200, but {problem}") from None

    def _opened(self) -> Any:
        endpoint, http = self.endpoint, self._http
        timeout = http.Timeout(
            connect=endpoint.connect_timeout,
            write=endpoint.write_timeout,
            read=endpoint.read_timeout,
            pool=endpoint.connect_timeout,
        )
        transport = http.HTTPTransport(verify=_trusted(endpoint), retries=0, trust_env=False)
        return http.Client(
            transport=transport, timeout=timeout, follow_redirects=False, trust_env=False
        )

    def _sent(self, content: bytes, headers: dict[str, str]) -> tuple[bytes, Any]:
        """The content and the headers of a sound answer; every other end is an exception."""
        http, endpoint = self._http, self.endpoint
        try:
            with self._sender.stream(
                "POST", endpoint.url, content=content, headers=headers
            ) as answer:
                self._check_status(answer)
                self._check_headers(answer.headers)
                return self._read(answer, endpoint.largest_answer), answer.headers
        except (http.ConnectError, http.ConnectTimeout, http.PoolTimeout) as problem:
            raise NotProcessed(self._said(_connecting(problem, endpoint))) from None
        except http.ReadTimeout:
            raise self._late() from None
        except http.WriteTimeout:
            raise self._unclear(
                f"took no more of the question for {endpoint.write_timeout:g} s; send fewer images "
                "a call ('batch') or raise 'write_timeout'"
            ) from None
        except http.HTTPError as problem:
            raise self._unclear(
                f"ended the connection without a whole answer ({type(problem).__name__}); "
                "look into its log"
            ) from None

    def _read(self, answer: Any, limit: int) -> bytes:
        """The content, up to a size and a time; a server may send one byte a minute for ever."""
        found, until = bytearray(), self._clock() + self.endpoint.read_timeout
        for part in answer.iter_raw():
            found += part
            if len(found) > limit:
                raise self._unclear(f"sends more than {limit:,} bytes; see 'largest_answer'")
            if self._clock() > until:
                raise self._late()
        return bytes(found)

    def _check_status(self, answer: Any) -> None:
        """Raise for every status but 200."""
        status = answer.status_code
        if status == 200:
            return
        if status in (401, 403):
            raise Denied(
                self._said(
                    f"refuses the key (status {status}){self._excuse(answer)}; set the "
                    "variable that 'env' of [signer] names, or ask for the right to call it"
                )
            )
        if 300 <= status < 400:
            raise self._unclear(
                f"redirects (status {status}), which is not followed as a key would go along; "
                "write the last address into 'url'"
            )
        words = f"answered with status {status}{self._excuse(answer)}"
        if status in self.endpoint.not_processed:
            raise NotProcessed(self._said(words + _cure(status)), _wait(answer.headers))
        raise self._unclear(words)

    def _excuse(self, answer: Any) -> str:
        """The begin of what a server says to its error, without secrets."""
        try:
            said = bytearray()
            for part in answer.iter_raw():
                said += part
                if len(said) >= SHOWN:
                    break
        except self._http.HTTPError:
            return ""
        words = " ".join(said[:SHOWN].decode("utf-8", "replace").split())
        # Without secrets before it is cut, lest a half be left.
        return f": {self._signing.without(words)[:200]}" if words else ""

    def _check_headers(self, headers: Any) -> None:
        kind = headers.get("content-type", "").split(";")[0].strip().lower()
        binary = self.endpoint.body == "v2-binary" and kind == bodies.BINARY
        if not (kind == bodies.JSON or kind.endswith("+json") or binary):
            raise self._unclear(
                f"answered with status 200 and {kind[:60] or 'no content type'}, not with "
                f"{bodies.JSON}; look whether 'url' is its prediction address"
            )
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise self._unclear("packs its answer though it was asked not to; turn that off there")

    def _late(self) -> Unclear:
        seconds = self.endpoint.read_timeout
        return self._unclear(
            f"gave no whole answer within {seconds:g} s; send fewer images a call ('batch') or "
            "raise 'read_timeout'"
        )

    def _unclear(self, words: str) -> Unclear:
        return Unclear(self._said(words))

    def _said(self, words: str) -> str:
        return self._signing.without(f"{self._where} {words}")


def _trusted(endpoint: Endpoint) -> ssl.SSLContext | bool:
    """The certificates that are trusted; True: those of the system, which take a while to read."""
    if endpoint.ca_file:
        try:
            return ssl.create_default_context(cafile=endpoint.ca_file)
        except (OSError, ValueError):
            raise BenchError(f"'ca_file' {endpoint.ca_file} holds no certificates") from None
    plain = endpoint.url.startswith("http:")  # nobody shows a certificate, so none is trusted
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if plain else True


def _library() -> Any:
    try:
        import httpx2
    except ModuleNotFoundError:
        how = "pip install 'honest-distillation-benchmark[endpoint]' under Python 3.11 or newer"
        raise BenchError(f"an endpoint needs httpx2: {how}") from None
    return httpx2


def _connecting(problem: Exception, endpoint: Endpoint) -> str:
    """Why there is no connection, and what to do."""
    said = str(problem)
    if "CERTIFICATE" in said.upper():
        return (
            "shows a certificate that nobody here trusts; put the file of its authority into "
            "'ca_file', or mend its certificate"
        )
    if "SSL" in said.upper():
        return "speaks no TLS that fits; look whether 'url' has the right port and https"
    if type(problem).__name__ == "ConnectError":
        return "cannot be reached; look whether it runs and whether 'url' has its host and port"
    seconds = endpoint.connect_timeout
    return f"takes no connection within {seconds:g} s; look whether it runs, or wait"


def _cure(status: int) -> str:
    cures = {
        404: "; look whether 'url' is its prediction address",
        413: "; send fewer images a call ('batch') or another 'form'",
        429: "; set 'rate' to what it allows",
    }
    return cures.get(status, "")


def _wait(headers: Any) -> float | None:
    """Seconds that a server asks for, in either form of ``Retry-After``, at most ``LATEST``."""
    said = headers.get("retry-after", "").strip()
    try:
        seconds = float(said)
    except ValueError:
        try:
            then = email.utils.parsedate_to_datetime(said)
        except (TypeError, ValueError, IndexError):
            return None
        then = then if then.tzinfo else then.replace(tzinfo=timezone.utc)
        seconds = (then - datetime.now(timezone.utc)).total_seconds()
    return min(max(seconds, 0.0), LATEST) if math.isfinite(seconds) else None
