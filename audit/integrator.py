"""Moves what the journal holds into tiles, index and private tables, and signs it: a process of its own, off the path
of acknowledgements.

The recorder starts it and tells it, on standard input, up to which entry the journal is durable. It answers on standard
output what is published (readers see it) and what is durable without the journal (segments may be deleted). It ends
when its input ends, and may be killed at any moment: it starts again from the last durable mark and writes the same
bytes.
"""

import argparse
import fcntl
import os
import signal
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

from audit import merkle
from audit.checkpoint import Checkpoint, Signer, Verifier
from audit.errors import LedgerDamaged, LedgerError, Malformed
from audit.index import IndexWriter
from audit.journal import Segment, segments
from audit.places import Places, sync_folder, write_durably
from audit.private import PrivateStore
from audit.records import Batch
from audit.tiles import TileReader, TileWriter, replace_file, walk_bundles
from audit.writer import integrated_size, stored_frontier

#: Published at the latest after so many entries, however many wait.
STEP = 2048
#: Entries per transaction while the index is made again.
REBUILT_AT_ONCE = 16_384


class Integrator:
    """The state of the published side. Only one per ledger (the process holds a lock)."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self._signer = Signer.load(places.key.read_text())
        self.size = integrated_size(places, Verifier(self._signer.vkey))
        self._frontier = stored_frontier(places, self.size)
        self._tiles = TileWriter(places.log, self.size)
        self._index = IndexWriter(places)
        self._private = PrivateStore(places)
        self._checkpoint = places.integrated.read_text() if self.size else ""
        self._position: tuple[Segment, int] | None = None
        self._rebuild()

    def advance(self, target: int) -> None:
        """Take in the batches below *target* and publish them."""
        waiting: list[Batch] = []
        count = 0
        for batch in self._batches(target):
            waiting.append(batch)
            count += len(batch.entries)
            if count >= STEP:
                self._publish(waiting)
                waiting, count = [], 0
        if waiting:
            self._publish(waiting)

    def make_durable(self) -> None:
        """Make the published state stand without the journal, and mark it."""
        if not self._checkpoint:
            return
        self._tiles.sync()
        self._index.make_durable()
        self._private.make_durable()
        for folder in self.places.blobs.iterdir():
            sync_folder(folder)
        write_durably(self.places.integrated, self._checkpoint.encode())

    def _publish(self, batches: list[Batch]) -> None:
        start, entries = batches[0].start, [entry for batch in batches for entry in batch.entries]
        for entry in entries:
            leaf_hash = merkle.hash_leaf(entry.leaf)
            self._frontier.append(leaf_hash)
            self._tiles.append(entry.leaf, leaf_hash)
        checkpoint = self._vouched(batches[-1])
        self._tiles.publish()
        self._private.add(start, entries)
        self._index.add(start, [entry.leaf for entry in entries])
        self.size, self._checkpoint = checkpoint.size, self._signer.sign(checkpoint.text())
        replace_file(self.places.checkpoint, self._checkpoint.encode())

    def _vouched(self, last: Batch) -> Checkpoint:
        """What is signed is the tree that the tiles hold, and only when the recorder vouched for that one."""
        checkpoint = Checkpoint(self._signer.name, last.end, self._frontier.root())
        if not self._signer.vouches(last.voucher, self._frontier.encode()):
            msg = f"entries up to {last.end} in the journal are not those that were recorded"
            raise LedgerDamaged(msg)
        return checkpoint

    def _batches(self, target: int) -> Iterator[Batch]:
        expected = self.size
        while expected < target and (place := self._place(expected)) is not None:
            (segment, offset), before = place, expected
            for after, batch in segment.batches(offset):
                if batch.end > target:
                    return
                self._position = segment, after
                if batch.end > expected:
                    expected = batch.end
                    yield batch
            if expected == before:
                return  # the end of what is there

    def _place(self, expected: int) -> tuple[Segment, int] | None:
        """Where the batch that begins at *expected* stands: further in this segment, or at the start of the next."""
        found = segments(self.places.journal)
        for segment in reversed(found):
            if segment.start <= expected:
                if self._position is not None and self._position[0] == segment:
                    return self._position
                return segment, 0
        return None

    def _rebuild(self) -> None:
        """Make the index again from the tiles when it is behind them, or was of another version."""
        known = self._index.size
        if known >= self.size:
            return
        start, waiting = known, list[bytes]()
        for first, entries in walk_bundles(TileReader(self.places.log, self.size), known):
            start, waiting = (start if waiting else first), waiting + entries
            if len(waiting) >= REBUILT_AT_ONCE:
                self._index.add(start, waiting)
                waiting = []
        if waiting:
            self._index.add(start, waiting)


def main() -> None:
    """Serve one recorder."""
    parser = argparse.ArgumentParser(prog="python -m audit.integrator", description=__doc__)
    parser.add_argument("--dir", type=Path, required=True)
    places = Places(parser.parse_args().dir)
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, signal.SIG_IGN)  # the recorder closes our input when it is time
    os.setpriority(os.PRIO_PROCESS, 0, 0)  # the recorder goes first, this does not
    descriptor = os.open(places.root / "integrator.lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)  # one that outlived its recorder finishes first
    try:
        _serve(Integrator(places))
    except BrokenPipeError:
        os._exit(0)  # the recorder was killed: what it had told us is in its journal
    except (OSError, sqlite3.Error, LedgerError, Malformed) as error:
        print(f"publishing the log: {error}", file=sys.stderr)
        sys.exit(1)


def _serve(integrator: Integrator) -> None:
    print("ready", integrator.size, flush=True)
    for line in sys.stdin:
        word, _, number = line.partition(" ")
        integrator.advance(int(number))
        print("published", integrator.size, flush=True)
        if word == "durable":
            integrator.make_durable()
            print("durable", integrator.size, flush=True)
    integrator.make_durable()


if __name__ == "__main__":
    main()
