"""The extraction budget of one classifier: what a stolen copy costs, and what it is worth."""
