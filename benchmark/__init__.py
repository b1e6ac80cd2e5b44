"""An honest benchmark of data-free, hard-label, query-budgeted distillation.

The package is the suite: the metered oracle, the runner, the store, the tables. It knows no method
by name; methods live in ``methods/``, one file each, and teachers in ``teachers/``.
"""

from benchmark.own import claim
from benchmark.version import __version__

claim("methods", "teachers")

__all__ = ["__version__"]
