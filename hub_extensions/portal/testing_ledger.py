"""A ledger in memory, published as a real one: tiles, index, names, signed checkpoint; without a recorder's process.

Pages of the audit read files. Tests of this room record in memory, so before each look the memory is written out here,
with the product's own writers.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from audit import leaf, merkle
from audit.checkpoint import Checkpoint, Signer
from audit.index import Index, IndexWriter
from audit.private import PrivateStore
from audit.records import pack, unpack
from audit.testing import MemoryLedger, PlainKeys
from audit.tiles import TileWriter, replace_file
from hub_extensions.portal.ledger_view import Published, PublishedLedger


class MemoryView(PublishedLedger):
    """What the portal sees of a ``MemoryLedger``; nothing is published before the first entry."""

    def __init__(self, memory: MemoryLedger, folder: Path) -> None:
        super().__init__(folder, folder / "remembered", PlainKeys().pseudonym)
        self.places.prepare()
        self._memory = memory
        self.signer = Signer.generate("bureau.test/ledger")
        self._tiles = TileWriter(self.places.log, 0)
        self._index = IndexWriter(self.places)
        self._private = PrivateStore(self.places)
        self._frontier = merkle.Frontier()
        self._lock = Lock()
        self.places.vkey.write_text(f"{self.signer.vkey}\n")

    @contextmanager
    def open(self) -> Iterator[Index]:
        """Give the index, up to date."""
        self.publish()
        with super().open() as index:
            yield index

    def published(self) -> Published:
        """Return the checkpoint, up to date."""
        self.publish()
        return super().published()

    def bundle(self, indexes: Sequence[int], more: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
        """Return entries with their proofs, up to date."""
        self.publish()
        return super().bundle(indexes, more)

    def publish(self) -> None:
        """Write out what is new in memory."""
        with self._lock:
            start = self._frontier.size
            events = self._memory.events[start:]
            if not events:
                return
            packed = [each for event in events for each in unpack(pack(leaf.prepare(event, PlainKeys())))]
            for entry in packed:
                self._tiles.append(entry.leaf, merkle.hash_leaf(entry.leaf))
                self._frontier.append(merkle.hash_leaf(entry.leaf))
            self._tiles.publish()
            self._private.add(start, packed)
            self._index.add(start, [entry.leaf for entry in packed])
            head = Checkpoint(self.signer.name, self._frontier.size, self._frontier.root())
            replace_file(self.places.checkpoint, self.signer.sign(head.text()).encode())
