"""Rows: the record of a run, its file, its folder, and the statistics of several."""
