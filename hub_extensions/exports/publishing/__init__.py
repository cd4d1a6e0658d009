"""Public results in a public place: the project's lead asks, the reviewers have consented, the worker pushes."""
