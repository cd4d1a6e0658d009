"""One table: what its columns are, and each rule on what they show."""
