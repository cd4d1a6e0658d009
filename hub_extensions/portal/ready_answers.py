"""Answers for everybody that read a great deal: made once for each state of the domain and each minute.

Whoever asks without signing in may ask as often as he likes; the database reads once.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from project_spaces.store import Store


class ReadyAnswers:
    """The last answer under each name, and for which revision and minute it was made."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: dict[str, tuple[tuple[int, datetime], dict[str, Any]]] = {}

    def answer(self, name: str, now: datetime, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return what *make* returned for the present state, under *name*."""
        key = (self._store.revision(), now.replace(second=0, microsecond=0))
        kept = self._kept.get(name)
        if kept is None or kept[0] != key:
            kept = self._kept[name] = (key, make())
        return kept[1]
