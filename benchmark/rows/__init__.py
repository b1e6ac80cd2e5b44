"""Rows: what a run leaves, its file, its folder, and the statistics of several."""
