"""Bytes of an entry on the wire and in the journal (the same, so that nothing is encoded twice), and of a batch.

Entry: ``id (16) | time in µs (8) | blob kind (1) | lengths of leaf (2), side (4), blob (4) | leaf | side | blob``.
Batch: ``"BVB1" | payload length (4) | first index (8) | count (4) | CRC of payload (4) | CRC of the header (4)``, then
the payload: ``length of the voucher (2) | voucher | entries``. All numbers big-endian, CRC-32. The voucher
(``Signer.vouch``) makes the batch the log's own: a signature takes longer, and is made when entries are published.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from audit.errors import Malformed
from audit.leaf import Entry

_ENTRY = struct.Struct(">16sqBHII")
_BATCH = struct.Struct(">4sIQII")
_CRC = struct.Struct(">I")
MAGIC = b"BVB1"
HEADER_SIZE = _BATCH.size + _CRC.size


class BlobKind(IntEnum):
    """Where an entry's sealed blob is."""

    NONE = 0
    INLINE = 1
    #: The blob field holds the SHA-256 of a file in the spool.
    FILE = 2


class Packed(NamedTuple):
    """One entry taken from bytes; ``raw`` is its encoding."""

    id: bytes
    at_us: int
    blob_kind: int
    leaf: bytes
    side: bytes
    blob: bytes
    raw: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """One durable write: entries from index ``start`` on, and what the log's key vouches for after them."""

    start: int
    voucher: bytes
    entries: list[Packed]
    #: Bytes that it takes in the journal.
    length: int

    @property
    def end(self) -> int:
        """Size of the log after it."""
        return self.start + len(self.entries)


def pack(entry: Entry, digest: bytes | None = None) -> bytes:
    """Encode *entry*; with *digest* its blob was uploaded before and is only referred to."""
    if digest is not None:
        kind, blob = BlobKind.FILE, digest
    else:
        kind, blob = BlobKind.INLINE if entry.blob else BlobKind.NONE, entry.blob
    head = _ENTRY.pack(entry.id, entry.at_us, kind, len(entry.leaf), len(entry.side), len(blob))
    return b"".join((head, entry.leaf, entry.side, blob))


def unpack(data: bytes, at: int = 0) -> Iterator[Packed]:
    """Read entries until the end of *data*; raises ``Malformed`` when it ends inside one."""
    size, fixed = len(data), _ENTRY.size
    while at < size:
        if at + fixed > size:
            msg = "an entry is cut"
            raise Malformed(msg)
        number, at_us, kind, leaf, side, blob = _ENTRY.unpack_from(data, at)
        first = at + fixed
        second, third = first + leaf, first + leaf + side
        end = third + blob
        if end > size or kind > BlobKind.FILE:
            msg = "an entry is cut or of an unknown kind"
            raise Malformed(msg)
        yield Packed(number, at_us, kind, data[first:second], data[second:third], data[third:end], data[at:end])
        at = end


def pack_batch(start: int, voucher: bytes, entries: list[bytes]) -> bytes:
    """Encode a batch of packed entries."""
    payload = b"".join((len(voucher).to_bytes(2, "big"), voucher, *entries))
    head = _BATCH.pack(MAGIC, len(payload), start, len(entries), zlib.crc32(payload))
    return b"".join((head, _CRC.pack(zlib.crc32(head)), payload))


def batch_span(data: bytes, at: int) -> int | None:
    """Return the length of the batch whose header stands at *at*, None when there is no header."""
    if at + HEADER_SIZE > len(data) or data[at : at + 4] != MAGIC:
        return None
    head = data[at : at + _BATCH.size]
    if _CRC.unpack_from(data, at + _BATCH.size)[0] != zlib.crc32(head):
        return None
    return HEADER_SIZE + int(_BATCH.unpack(head)[1])


def unpack_batch(data: bytes, at: int = 0) -> Batch | None:
    """Read the batch at *at*; None when there is none, or none that is whole."""
    span = batch_span(data, at)
    if span is None or at + span > len(data):
        return None
    _, _, start, count, crc = _BATCH.unpack_from(data, at)
    payload = data[at + HEADER_SIZE : at + span]
    if zlib.crc32(payload) != crc:
        return None
    first = 2 + int.from_bytes(payload[:2], "big")
    entries = list(unpack(payload, first))
    return Batch(start, payload[2:first], entries, span) if len(entries) == count else None
