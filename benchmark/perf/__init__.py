"""Measured speed: where the time of a run goes, beside what the machine could do."""
