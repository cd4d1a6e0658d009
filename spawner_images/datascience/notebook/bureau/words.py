"""The two languages of what a notebook shows: French unless somebody asks for English."""

import os

_chosen = "en" if os.environ.get("BUREAU_LANGUAGE", "").lower().startswith("en") else "fr"


def set_language(code: str) -> None:
    """Show sentences in French (``fr``) or English (``en``) from now on."""
    if code not in {"fr", "en"}:
        raise ValueError("fr / en")
    global _chosen  # noqa: PLW0603 - one person's kernel, one language
    _chosen = code


def in_language(fr: str, en: str) -> str:
    """Return the sentence in the language that was chosen."""
    return en if _chosen == "en" else fr
