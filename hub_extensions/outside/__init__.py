"""Doors for named people without an account: one link, one factor of their own, one purpose, and an end."""
