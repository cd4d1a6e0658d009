"""What holds the log to its word from outside, and the alarms when something doesn't."""
