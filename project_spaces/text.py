"""A sentence in both languages, kept side by side so that neither can be forgotten."""

from typing import Literal, NamedTuple

Language = Literal["fr", "en"]


class Text(NamedTuple):
    """One sentence a person reads; French is the reference, English its translation."""

    fr: str
    en: str

    def in_(self, language: Language) -> str:
        """Return the sentence in *language*."""
        return self.fr if language == "fr" else self.en
