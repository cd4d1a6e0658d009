"""Whether a person is there, or a page by itself: what the limit on idle sessions counts."""
