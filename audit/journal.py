"""The write-ahead journal: what is acknowledged is in here, on the disk, before anyone hears of it.

Segments are written with zeros beforehand: then a batch changes no file size and one ``fdatasync`` costs one write of
data. A batch goes out in one ``pwrite``, and the next only after the ``fdatasync`` of the one before: after a crash at
most the last batch is torn, and that one was never acknowledged: it is cut. Anything else that does not read is damage,
and the journal refuses to open rather than lose an acknowledged entry.

Finished segments are deleted, never used again: they hold personal data.
"""

import errno
import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from audit.errors import LedgerDamaged, LedgerFull
from audit.places import sync_folder
from audit.records import HEADER_SIZE, MAGIC, Batch, batch_span, unpack_batch

DEFAULT_SEGMENT = 16 * 1024 * 1024
_SUFFIX = ".wal"
_SPARE = "spare.new"
_ZEROS = bytes(1024 * 1024)
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of the journal; named by the index of its first entry."""

    path: Path

    @property
    def start(self) -> int:
        """Index of its first entry."""
        return int(self.path.stem)

    def batches(self, offset: int = 0) -> Iterator[tuple[int, Batch]]:
        """Yield (offset after it, batch) from *offset* until the first that is not whole."""
        with self.path.open("rb") as file:
            while (batch := _batch_at(file.fileno(), offset)) is not None:
                offset += batch.length
                yield offset, batch


def segments(folder: Path) -> list[Segment]:
    """Return the segments in order."""
    return [Segment(path) for path in sorted(folder.glob(f"*{_SUFFIX}"))]


class Journal:
    """The writer's side. One process at a time (the recorder holds a lock)."""

    def __init__(self, folder: Path, segment_bytes: int = DEFAULT_SEGMENT) -> None:
        self.folder = folder
        self.segment_bytes = segment_bytes
        self._file = -1
        self._offset = 0
        self._room = 0
        #: Index of the first entry of the present segment, -1 before there is one.
        self.start = -1

    def open_tail(self, segment: Segment, offset: int) -> int:
        """Go on in *segment* after *offset*; whatever stands behind is cut. Returns how many bytes were not zero."""
        self._file, self.start = os.open(segment.path, os.O_RDWR), segment.start
        self._offset, self._room = offset, max(segment.path.stat().st_size, offset)
        cut = len(os.pread(self._file, self._room - offset, offset).rstrip(b"\0"))
        if cut:
            os.pwrite(self._file, bytes(cut), offset)
            os.fdatasync(self._file)
        return cut

    def append(self, record: bytes, start: int) -> None:
        """Write *record* and wait until the disk has it.

        Raises
        ------
        LedgerFull
            when there is no room; nothing of the record counts, and a later call may succeed.
        OSError
            for any other fault of the disk: the process must stop, because what the disk holds is then unknown.
        """
        try:
            if self._file < 0 or self._offset + len(record) > self._room:
                self._roll(start, len(record))
            os.pwrite(self._file, record, self._offset)
            os.fdatasync(self._file)
        except OSError as error:
            if error.errno in _NO_ROOM:
                raise LedgerFull(str(error)) from error
            raise
        self._offset += len(record)

    @property
    def used(self) -> int:
        """Bytes in the present segment."""
        return self._offset

    def prepare_spare(self) -> None:
        """Have the next segment ready; called from another thread, off the path of acknowledgements."""
        spare = self.folder / _SPARE
        if not spare.exists():
            part = spare.with_suffix(".part")
            try:
                _write_zeros(part, self.segment_bytes)
                part.rename(spare)
            except OSError:
                part.unlink(missing_ok=True)
                raise

    def roll(self, start: int) -> None:
        """Begin a new segment before entry *start*: the old one can be deleted, or room turns out to be back.

        Raises
        ------
        LedgerFull
            when there is no room for one.
        """
        if self._offset:
            try:
                self._roll(start, 0)
            except OSError as error:
                if error.errno in _NO_ROOM:
                    raise LedgerFull(str(error)) from error
                raise

    def drop(self, durable: int) -> None:
        """Delete the segments whose entries are all below *durable*; the present one stays."""
        all_segments = segments(self.folder)
        for segment, following in itertools.pairwise(all_segments):
            if following.start <= durable:
                segment.path.unlink()

    def close(self) -> None:
        """Close the present segment."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _roll(self, start: int, needed: int) -> None:
        path = self.folder / f"{start:020d}{_SUFFIX}"
        spare = self.folder / _SPARE
        if needed > self.segment_bytes or not spare.exists():
            spare = path.with_suffix(".part")
            try:
                _write_zeros(spare, max(needed, self.segment_bytes))
            except OSError:
                spare.unlink(missing_ok=True)
                raise
        spare.replace(path)
        sync_folder(self.folder)
        self.close()
        self.start = start
        self._file, self._offset, self._room = os.open(path, os.O_RDWR), 0, path.stat().st_size


def read_all(folder: Path, start: int) -> Iterator[tuple[Segment, int, Batch]]:
    """Yield (segment, offset after it, batch) for all entries from *start* on.

    Raises
    ------
    LedgerDamaged
        when entries are missing between batches, or a batch that is not the last one is not whole.
    """
    expected = start
    for segment, following in _with_following(segments(folder)):
        end = 0
        for offset, batch in segment.batches():
            end = offset
            if batch.end <= expected:
                continue
            if batch.start != expected:
                msg = f"{segment.path.name} goes on at entry {batch.start}, expected {expected}"
                raise LedgerDamaged(msg)
            expected = batch.end
            yield segment, offset, batch
        if following is not None and following.start > expected:
            msg = f"{segment.path.name} ends at entry {expected}, the next segment begins at {following.start}"
            raise LedgerDamaged(msg)
        _refuse_batches_behind(segment, end, expected)


def _with_following(found: list[Segment]) -> Iterator[tuple[Segment, Segment | None]]:
    return itertools.zip_longest(found, found[1:])


def _refuse_batches_behind(segment: Segment, end: int, expected: int) -> None:
    """A whole batch behind one that does not read was acknowledged: the one before it is damaged, not torn."""
    data = segment.path.read_bytes()
    at = data.find(MAGIC, end + 1)
    while at >= 0:
        batch = unpack_batch(data, at)
        if batch is not None and batch.start >= expected:
            msg = (
                f"{segment.path.name} is damaged at byte {end}: entry {expected} is lost, entry {batch.start} is there"
            )
            raise LedgerDamaged(msg)
        at = data.find(MAGIC, at + 1)


def _batch_at(file: int, offset: int) -> Batch | None:
    head = os.pread(file, HEADER_SIZE, offset)
    span = batch_span(head, 0)
    return None if span is None else unpack_batch(os.pread(file, span, offset))


def _write_zeros(path: Path, size: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        for at in range(0, size, len(_ZEROS)):
            os.pwrite(descriptor, _ZEROS[: size - at], at)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
