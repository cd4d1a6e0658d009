"""The end of a project, carried out on this installation: its desk, its keys, its certificate."""
