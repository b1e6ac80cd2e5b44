"""Shared parts of the tests of a method's process."""

from __future__ import annotations

import pytest

from benchmark.run import registry


@pytest.fixture
def executed_here(monkeypatch) -> None:
    """Files whose import does no harm are read by executing them here, which is quicker."""
    monkeypatch.setattr(registry, "_described", lambda *given: None)
