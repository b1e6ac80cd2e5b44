"""Parts that several methods share, each written once: generators, pool, losses, augmentations."""
