"""Which events are in the log already: a source that sends one again gets the first entry's receipt.

The last entries are kept in memory. An older one can only be meant when the event's own time is not after the latest
time among the entries that left memory (a source sends the same event with the same time), so a fresh event never costs
a look into the index.
"""

import sqlite3
from collections import deque
from contextlib import closing

from audit import merkle
from audit.events import Receipt
from audit.places import Places
from audit.tiles import TileReader

WINDOW = 50_000


class Known:
    """Receipts by event id."""

    def __init__(self, places: Places, window: int = WINDOW) -> None:
        self._places = places
        self._window = window
        self._receipts: dict[bytes, Receipt] = {}
        self._order: deque[tuple[bytes, int]] = deque()
        self._forgotten_until = -(2**63)
        #: Entries below this are in the index and the tiles, and may leave memory.
        self.integrated = 0

    def load(self, size: int) -> None:
        """Take the last entries of an integrated log of *size* from the index; older ones are looked up when needed."""
        self.integrated = size
        first = max(0, size - self._window)
        reader = TileReader(self._places.log, size)
        with closing(self._connect()) as index:
            for number, place, at_us in index.execute(
                "SELECT id, idx, at FROM entry WHERE idx >= ? AND idx < ? ORDER BY idx", (first, size)
            ):
                self._keep(number, at_us, Receipt(place, reader.node(0, place)))
            (latest,) = index.execute("SELECT max(high) FROM block WHERE block * 1024 < ?", (first,)).fetchone()
        if latest is not None:
            self._forgotten_until = latest

    def find(self, number: bytes, at_us: int) -> Receipt | None:
        """Return the receipt of the entry with this id, None when it is new."""
        receipt = self._receipts.get(number)
        if receipt is not None or at_us > self._forgotten_until:
            return receipt
        with closing(self._connect()) as index:
            row = index.execute("SELECT idx FROM entry WHERE id = ?", (number,)).fetchone()
        return None if row is None else self._receipt(int(row[0]))

    def add(self, number: bytes, at_us: int, receipt: Receipt) -> None:
        """Remember an entry that is durable now."""
        self._keep(number, at_us, receipt)
        while len(self._order) > self._window and self._receipts[self._order[0][0]].index < self.integrated:
            gone, at_us = self._order.popleft()
            del self._receipts[gone]
            self._forgotten_until = max(self._forgotten_until, at_us)

    def _keep(self, number: bytes, at_us: int, receipt: Receipt) -> None:
        self._receipts[number] = receipt
        self._order.append((number, at_us))

    def _receipt(self, place: int) -> Receipt:
        entry = TileReader(self._places.log, self.integrated).entry(place)
        return Receipt(place, merkle.hash_leaf(entry))

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self._places.index}?mode=ro", uri=True, timeout=2.0)
