"""One inspector for each type of file: what the form hides, the tables and the text, the normalised copy."""
