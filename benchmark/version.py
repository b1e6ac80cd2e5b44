"""The suite's version, recorded in every row; kept alone so that packaging can read it."""

__version__ = "0.1.0"
