"""The one writer of a log: turns waiting requests into one durable batch (group commit).

No sockets here and no clock: the recorder feeds it. One ``commit`` is one ``fdatasync`` for however many entries wait,
and nothing it returns may be told to anyone before it has returned. The log's key vouches for each batch inside the
journal; it signs when somebody outside is shown something, which is every 0.2 seconds and not at every record.
"""

import fcntl
import os
from dataclasses import dataclass, field
from pathlib import Path

from audit import merkle, records
from audit.checkpoint import Checkpoint, Signer, Verifier, read_checkpoint
from audit.errors import LedgerDamaged, LedgerUnavailable, Malformed
from audit.events import Head, Receipt
from audit.journal import Journal, Segment, read_all, segments
from audit.known import Known
from audit.places import Places, write_durably
from audit.records import BlobKind, Packed
from audit.tiles import TileReader


@dataclass(slots=True)
class Recovered:
    """What a start found on disk."""

    frontier: merkle.Frontier
    integrated: int
    #: Bytes of a torn batch that were cut from the end of the journal.
    cut: int = 0
    #: Entries that only the journal holds: id, time, receipt.
    waiting: list[tuple[bytes, int, Receipt]] = field(default_factory=list)
    #: Names in the spool that these refer to.
    blobs: set[str] = field(default_factory=set)


class Writer:
    """Appends to the log below *places*; create it with ``open_writer``."""

    def __init__(self, places: Places, signer: Signer, journal: Journal, frontier: merkle.Frontier) -> None:
        self.places = places
        self.signer = signer
        self.journal = journal
        self.known = Known(places)
        self._frontier = frontier

    @property
    def size(self) -> int:
        """How many entries are durable."""
        return self._frontier.size

    def head(self) -> Head:
        """Sign the durable head."""
        checkpoint = Checkpoint(self.signer.name, self._frontier.size, self._frontier.root())
        return Head(checkpoint.size, checkpoint.root, self.signer.sign(checkpoint.text()))

    def commit(self, requests: list[list[Packed]]) -> list[list[Receipt]]:
        """Record all entries of all requests in this order, in one batch; returns their receipts.

        Raises
        ------
        LedgerFull
            when nothing was recorded for want of room.
        OSError
            when the disk failed: stop.
        """
        frontier = self._frontier.copy()
        fresh: dict[bytes, tuple[Packed, Receipt]] = {}
        answers = [[self._place(entry, frontier, fresh) for entry in request] for request in requests]
        if fresh:
            voucher = self.signer.vouch(frontier.encode())
            record = records.pack_batch(self.size, voucher, [entry.raw for entry, _ in fresh.values()])
            self.journal.append(record, self.size)
            self._frontier = frontier
            for number, (entry, receipt) in fresh.items():
                self.known.add(number, entry.at_us, receipt)
        return answers

    def _place(self, entry: Packed, frontier: merkle.Frontier, fresh: dict[bytes, tuple[Packed, Receipt]]) -> Receipt:
        twin = fresh.get(entry.id)
        if twin is not None:
            return twin[1]
        receipt = self.known.find(entry.id, entry.at_us)
        if receipt is None:
            receipt = Receipt(frontier.size, merkle.hash_leaf(entry.leaf))
            frontier.append(receipt.leaf_hash)
            fresh[entry.id] = entry, receipt
        return receipt


def lock(places: Places) -> int:
    """Make sure that no other process writes this log; the lock ends with the process.

    Raises
    ------
    LedgerUnavailable
        when another recorder runs on it.
    """
    descriptor = os.open(places.root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        msg = f"another recorder writes {places.root}"
        raise LedgerUnavailable(msg) from None
    return descriptor


def load_signer(places: Places, origin: str) -> Signer:
    """Load the log's key, made at the first start.

    Raises
    ------
    LedgerDamaged
        when the log has another origin, or its published key is not this one.
    """
    if not places.key.exists():
        if places.checkpoint.exists():
            msg = "the log's signing key is gone"
            raise LedgerDamaged(msg)
        write_durably(places.key, Signer.generate(origin).dump().encode())
    signer = Signer.load(places.key.read_text())
    if signer.name != origin:
        msg = f"this log is {signer.name}, not {origin}"
        raise LedgerDamaged(msg)
    if not places.vkey.exists():
        write_durably(places.vkey, f"{signer.vkey}\n".encode(), 0o644)
    elif places.vkey.read_text().strip() != signer.vkey:
        msg = "log.vkey is not the key of this log"
        raise LedgerDamaged(msg)
    return signer


def recover(places: Places, signer: Signer, journal: Journal) -> Recovered:
    """Rebuild the head from tiles and journal; cut a torn tail; leave *journal* open for the next batch.

    Raises
    ------
    LedgerDamaged
        when tiles, journal and checkpoints do not tell one story, or a published entry is missing.
    """
    verifier = Verifier(signer.vkey)
    size = integrated_size(places, verifier)
    frontier = stored_frontier(places, size)
    found = Recovered(frontier, size)
    published = _read(places.checkpoint, verifier)
    tail, offset = None, 0
    _expect(published, frontier)
    for segment, offset_after, batch in read_all(places.journal, size):
        for entry in batch.entries:
            receipt = Receipt(frontier.size, merkle.hash_leaf(entry.leaf))
            frontier.append(receipt.leaf_hash)
            found.waiting.append((entry.id, entry.at_us, receipt))
            if entry.blob_kind == BlobKind.FILE:
                found.blobs.add(entry.blob.hex())
        if not signer.vouches(batch.voucher, frontier.encode()):
            msg = f"entries {batch.start} to {batch.end} in {segment.path.name} are not those that were recorded"
            raise LedgerDamaged(msg)
        _expect(published, frontier)
        tail, offset = segment, offset_after
    if published is not None and published.size > frontier.size:
        msg = f"{published.size} entries were published, {frontier.size} are here: the journal lost some"
        raise LedgerDamaged(msg)
    found.cut = _open_end(places, journal, tail, offset)
    return found


def integrated_size(places: Places, verifier: Verifier) -> int:
    """Return up to which size tiles and index stand without the journal."""
    mark = _read(places.integrated, verifier)
    if mark is None:
        return 0
    if merkle.root_at(mark.size, TileReader(places.log, mark.size).node) != mark.root:
        msg = "the tiles are not those that were signed"
        raise LedgerDamaged(msg)
    return mark.size


def stored_frontier(places: Places, size: int) -> merkle.Frontier:
    """Return the right edge of the tree that the tiles hold."""
    return merkle.Frontier.of(size, TileReader(places.log, size).node) if size else merkle.Frontier()


def _read(path: Path, verifier: Verifier) -> Checkpoint | None:
    try:
        return read_checkpoint(path.read_text(), verifier)
    except FileNotFoundError:
        return None
    except Malformed as error:
        msg = f"{path.name}: {error}"
        raise LedgerDamaged(msg) from None


def _expect(published: Checkpoint | None, frontier: merkle.Frontier) -> None:
    if published is not None and published.size == frontier.size and published.root != frontier.root():
        msg = f"the {published.size} published entries are not those that are here"
        raise LedgerDamaged(msg)


def _open_end(places: Places, journal: Journal, tail: Segment | None, offset: int) -> int:
    last = segments(places.journal)[-1:]
    if not last:
        return 0
    if tail is not None and last[0].path != tail.path:
        tail, offset = last[0], 0
    if tail is None:  # every batch in it is integrated already: find where it ends
        tail = last[0]
        offset = max((after for after, _ in tail.batches()), default=0)
    return journal.open_tail(tail, offset)
