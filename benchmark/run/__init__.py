"""From a method, a data set and a teacher to a row: one run, and many."""
