"""``bench tune``: hyper-parameters from training images alone, as many trials for each form."""
