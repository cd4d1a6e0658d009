"""Rows of persons: recognised in the project's data whatever was done to hide them, or by their shape alone."""
