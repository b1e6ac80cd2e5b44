"""The process of a method, from both sides: what the suite tells it, and what it may answer."""
