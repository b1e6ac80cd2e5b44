"""``bench tune``: hyper-parameters from training images alone, with equal effort for every form."""
