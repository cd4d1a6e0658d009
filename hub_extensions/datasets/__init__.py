"""Data sets as files: the sheet that describes one, and the card that the catalogue makes of it."""
