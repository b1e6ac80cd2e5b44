"""Who asks: keys, tokens and signatures. Secrets live here alone and are taken out of all text."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from typing import Any

from benchmark.endpoint.form import Signer
from benchmark.errors import BenchError

PATIENCE = 60  # seconds for a command that prints a token
LONGEST = 20_000  # letters of a key or token
HIDDEN = "[secret]"


class Signing:
    """Adds what a signer needs to the headers of each request."""

    def __init__(self, signer: Signer, clock: Callable[[], float] = time.monotonic) -> None:
        """Raises ``BenchError`` where a secret is not to be had."""
        self._signer, self._clock = signer, clock
        self._secrets: set[str] = set()
        self._token, self._until = "", 0.0
        self._aws = _credentials(signer) if signer.kind == "aws-sigv4" else None
        if signer.env:
            self._token = self._kept(_variable(signer.env), f"${signer.env}")

    def __repr__(self) -> str:
        return f"Signing({self._signer.kind})"

    def headers(self, url: str, content: bytes, headers: dict[str, str]) -> dict[str, str]:
        """The headers of a request, with those that say who asks."""
        signer = self._signer
        if signer.kind == "none":
            return dict(headers)
        if signer.kind == "aws-sigv4":
            return self._signed(url, content, headers)
        if signer.command and self._clock() >= self._until:
            self._token = self._kept(_printed(signer.command), f"{signer.command[0]}")
            self._until = self._clock() + signer.lifetime
        if signer.kind == "header":
            return {**headers, signer.header: self._token}
        return {**headers, "Authorization": f"Bearer {self._token}"}

    def without(self, text: str) -> str:
        """A text of somebody else, in which no secret is left."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        return text

    def _kept(self, secret: str, where: str) -> str:
        secret = secret.strip()
        if not secret or len(secret) > LONGEST or not (secret.isascii() and secret.isprintable()):
            raise BenchError(f"{where} gives no key: one line of visible ASCII letters is needed")
        self._secrets.add(secret)
        return secret

    def _signed(self, url: str, content: bytes, headers: dict[str, str]) -> dict[str, str]:
        """Signature Version 4 of AWS, made by botocore."""
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        assert self._aws is not None, "an AWS signer has found its keys"
        frozen = self._aws.get_frozen_credentials()
        self._secrets |= {one for one in (frozen.secret_key, frozen.token) if one}
        made = AWSRequest(method="POST", url=url, data=content, headers=headers)
        SigV4Auth(frozen, self._signer.service, self._signer.region).add_auth(made)
        return dict(made.headers.items())


def _variable(name: str) -> str:
    if not (value := os.environ.get(name, "")):
        raise BenchError(f"the environment variable {name} is not set; it holds the endpoint's key")
    return value


def _printed(command: tuple[str, ...]) -> str:
    """What a command prints; what it says on the way may be secret and is not repeated."""
    try:
        done = subprocess.run(
            list(command), stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE
        )
    except (OSError, ValueError) as problem:
        raise BenchError(f"{command[0]!r}, which prints a token, cannot be started") from problem
    except subprocess.TimeoutExpired:
        raise BenchError(f"{command[0]!r} printed no token within {PATIENCE} s") from None
    if done.returncode:
        raise BenchError(f"{command[0]!r}, which prints a token, ended with {done.returncode}")
    return done.stdout.decode("ascii", "replace")


def _credentials(signer: Signer) -> Any:
    """Where botocore finds keys: variables, the profile, the role of the machine."""
    try:
        from botocore.session import Session
    except ModuleNotFoundError:
        how = "pip install 'honest-distillation-benchmark[aws]'"
        raise BenchError(f"an endpoint of AWS needs botocore: {how}") from None
    session = Session(profile=signer.profile or None)
    try:
        found = session.get_credentials()
    except Exception as problem:
        raise BenchError(f"botocore finds no keys: {type(problem).__name__}") from None
    if found is None:
        raise BenchError("botocore finds no keys; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
    return found
