"""Trainings: which kinds there are, who took them, and the claims that somebody else confirms."""
