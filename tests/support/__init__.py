"""What tests share: made-up rows, small files, whole runs."""
