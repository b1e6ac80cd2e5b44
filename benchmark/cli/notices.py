"""Warnings of libraries while a command works, as lines that a person can read."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator

import click


@contextlib.contextmanager
def noticed() -> Iterator[None]:
    """Say each warning once in one line on standard error, at the end, also after a failure.

    Python would print each with a source file and line. matplotlib logs its own instead.
    """
    logger, lines = logging.getLogger("matplotlib"), _Lines(logging.WARNING)
    logger.addHandler(lines)
    propagate, logger.propagate = logger.propagate, False
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("default")  # PYTHONWARNINGS=error would end the command
            warnings.simplefilter("ignore", DeprecationWarning)  # for programmers
            yield
    finally:
        logger.propagate = propagate
        logger.removeHandler(lines)
        texts = [*(str(one.message) for one in caught), *lines.texts]
        for text in dict.fromkeys(" ".join(text.split()) for text in texts):
            click.echo(f"bench: note: {text}", err=True)


class _Lines(logging.Handler):
    """Keeps the messages of a logger."""

    def __init__(self, level: int) -> None:
        super().__init__(level)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())
