"""Who asks: API keys, which stand in environment variables, and nowhere else."""

from __future__ import annotations

import hmac
import os
import re
from collections.abc import Mapping, Sequence

from benchmark.endpoint.toml import VARIABLE
from benchmark.errors import BenchError
from benchmark.serve.refused import Refused

ANYONE = "anyone"  # the one client of a server without keys
HOW = "send 'Authorization: Bearer KEY', or 'X-Api-Key: KEY'"


class Keys:
    """The clients of a server: each is called like the variable that holds its key."""

    def __init__(self, variables: Sequence[str]) -> None:
        """Raises ``BenchError`` for a variable that is no name, not set, or holds no key."""
        self._keys = {name: _key(name) for name in dict.fromkeys(variables)}
        if len(set(self._keys.values())) < len(self._keys):
            raise BenchError("two variables hold the same key: their clients could not be told")

    def __repr__(self) -> str:
        return f"Keys({', '.join(self._keys)})"

    @property
    def clients(self) -> list[str]:
        """Their names."""
        return list(self._keys) or [ANYONE]

    def client(self, headers: Mapping[bytes, bytes]) -> str:
        """Who asks, by the key in the headers, whose names are in small letters.

        Raises ``Refused`` with 401. All keys are compared, each in the same time.
        """
        if not self._keys:
            return ANYONE
        given = _given(headers)
        equal = [name for name, key in self._keys.items() if hmac.compare_digest(key, given)]
        if not equal:
            said = "the key is wrong" if given else "a key is needed"
            raise Refused(401, f"{said}: {HOW}", {"WWW-Authenticate": "Bearer"})
        return equal[0]


def _given(headers: Mapping[bytes, bytes]) -> bytes:
    """The key of a request, b"" without one."""
    scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() == b"bearer":
        return token.strip()
    return headers.get(b"x-api-key", b"").strip()


def _key(name: str) -> bytes:
    if not re.fullmatch(VARIABLE, name):
        # A key that was typed in place of the name is not repeated.
        raise BenchError(
            "--api-key-env is not the NAME of an environment variable (capital letters, digits, "
            "_); a key itself is refused here"
        )
    key = os.environ.get(name, "").strip()
    if not key:
        raise BenchError(f"the environment variable {name} is not set; it holds the key")
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise BenchError(f"${name} gives no key: one line of visible ASCII letters is needed")
    return key.encode()
