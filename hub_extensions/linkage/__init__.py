"""Running a linkage in its own sealed container, and delivering what it made."""
