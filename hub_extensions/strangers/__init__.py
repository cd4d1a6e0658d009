"""Whoever knocks and is not let in: what they sent, recorded or counted."""
