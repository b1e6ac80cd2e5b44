"""Helpers of tests: made-up rows, small files, whole runs."""
