"""Linkages, as rules: the file that states one, what it may do, and how good its result is."""
