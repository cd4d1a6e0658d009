"""The sealed messages of a ledger that runs, asked the same questions as those of a copy.

Deletions are taken as they stand when one begins to look: what retention plans later is not yet in the log that is
being verified, and one that is under way has deleted some of its messages and not others.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from audit.deletions import Deletions
from audit.places import Places
from audit.private import PrivateStore
from audit.tiles import TILE_WIDTH


class LiveSealed:
    """The messages in *places*; ``close`` when they have been looked at."""

    def __init__(self, places: Places) -> None:
        self._places = places
        with closing(Deletions(places)) as plans:
            self._lists = [(each.id, plans.text(each.id), each.done) for each in plans.all()]
        self._store = PrivateStore(places)

    def bundle(self, number: int) -> dict[int, bytes]:
        """Return the messages of one bundle of entries, whatever their length."""
        first = number * TILE_WIDTH
        _, places, _ = self._store.kept(first, first + TILE_WIDTH, TILE_WIDTH + 1)
        found = ((place, self._store.sealed(place)) for place in sorted(places))
        return {place: message for place, message in found if message is not None}

    def large(self, digest: str) -> Path:
        """Where a long message lies."""
        return self._places.blob(digest)

    def digest_of_large(self, digest: str) -> str | None:  # noqa: ARG002 - asked of copies too
        """Return None: a long message is in its bundle here, and a file that no entry leads to is nobody's."""
        return None

    def lists(self) -> Iterator[tuple[str, bytes]]:
        """Yield the lists of deletions that were carried out."""
        yield from ((number, text) for number, text, done in self._lists if done)

    def under_way(self) -> Iterator[tuple[str, bytes]]:
        """Yield the lists of deletions that are being carried out."""
        yield from ((number, text) for number, text, done in self._lists if not done)

    def close(self) -> None:
        """Close the database."""
        self._store.close()
