"""What tuning gave: points by which the best trial of a form is above its defaults."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def gains(root: Path) -> Mapping[str, float]:
    """Form (``name`` or ``name:variant``) to points, from the trials below a store."""
    return {}
