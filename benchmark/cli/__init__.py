"""The ``bench`` command: a file for each of its commands, and the output for people."""
