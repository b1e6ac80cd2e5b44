"""Shared helpers of tests: made-up rows, small files, whole runs."""
