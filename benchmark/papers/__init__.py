"""Numbers of papers, and the presets that ask for the cells of their tables."""
