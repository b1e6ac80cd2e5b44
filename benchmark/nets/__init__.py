"""Networks: teachers and students by name, views of batches, and what predictions are worth."""
