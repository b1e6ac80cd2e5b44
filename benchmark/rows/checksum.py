"""The checksum of a JSON file: it finds a torn or hand-edited file, and proves nothing else.

It has no key: an editor of the file can compute it again.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

OLDER = "seal"  # how the first rows and all trials call it


def checksum(content: dict[str, Any], key: str = "checksum") -> str:
    """SHA-256 of canonical JSON, without the checksum itself, which has the name ``key``."""
    rest = {name: value for name, value in content.items() if name != key}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
