"""What was shown to people, once its day is over: how auditors look back at it, and when it is forgotten."""
