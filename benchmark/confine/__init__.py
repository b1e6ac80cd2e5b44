"""Confinement of the process that runs a method, by what the Linux kernel lends without root.

The child calls ``confine`` first of all; the suite asks ``probe`` and ``strongest`` before it
starts one. This room rests on the ground modules alone and imports neither torch nor numpy.
"""

from __future__ import annotations

from benchmark.confine.enter import Allowed, Report, confine
from benchmark.confine.environment import environment
from benchmark.confine.folders import interpreter, listed, packages, places
from benchmark.confine.probe import Offer, Strongest, probe, strongest

__all__ = [
    "Allowed",
    "Offer",
    "Report",
    "Strongest",
    "confine",
    "environment",
    "interpreter",
    "listed",
    "packages",
    "places",
    "probe",
    "strongest",
]
