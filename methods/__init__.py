"""The registry is this folder: one file per method; private names (``_blocks``) are shared."""
