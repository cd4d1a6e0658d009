"""Errors as RFC 9457 problem documents, with the sentence and every reason in both languages.

``detail`` is the sentence in the language asked for, as the RFC wants it; ``text`` and ``reasons`` are ours.
"""

from typing import Any

from hub_extensions.portal.words import both
from project_spaces.errors import BureauError
from project_spaces.text import Language

MEDIA_TYPE = "application/problem+json"


def problem(error: BureauError, language: Language) -> dict[str, Any]:
    """Return the document."""
    return {
        "type": "about:blank",
        "title": type(error).__name__,
        "status": error.status,
        "detail": error.text.in_(language),
        "text": both(error.text),
        "reasons": [both(reason) for reason in error.reasons],
    }
