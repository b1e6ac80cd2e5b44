"""Networks: teachers and students by name, views of batches, predictions and their scores."""
