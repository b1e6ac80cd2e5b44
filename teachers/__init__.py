"""Teachers: the suite's architectures, one training recipe, and checkpoints with their cards."""
