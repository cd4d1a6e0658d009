"""The public interfaces as a person's programs use them, through the same doors as a browser."""
