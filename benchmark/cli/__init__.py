"""The ``bench`` command: a file for each of its commands, and what a person sees."""
