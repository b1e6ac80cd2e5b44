"""Measured speed: where the time of a run goes, beside the limits of the machine."""
