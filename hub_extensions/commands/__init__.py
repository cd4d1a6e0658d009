"""Commands of `bureau`, one file each; loaded only when called."""
