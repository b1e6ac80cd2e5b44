"""The suite's version, recorded in every row; kept alone so that packaging can read it."""

__version__ = "0.2.0"
