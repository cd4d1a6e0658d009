"""Workspaces from start to end: what runs in them, in which container, and which are running."""
