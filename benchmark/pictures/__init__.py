"""Pictures from the rows of a store."""
