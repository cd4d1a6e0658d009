"""Reviewed notebooks that others can run, and the jobs that run them."""
