"""Charters that people sign: their versions, and models to start from."""
