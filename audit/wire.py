"""Frames between a client and the recorder over a unix socket.

Request: ``length of the body (4) | operation (1) | number (4) | body``; answer: the same with a status instead.
Answers carry the request's number, so a client may have many requests in flight. An append's body is packed entries
(``records.pack``); its answer is ``index (8) | leaf hash (32)`` per entry.
"""

import struct
from collections.abc import Iterable, Sequence
from enum import IntEnum

from audit.errors import LedgerError, LedgerFull, LedgerUnavailable, Malformed
from audit.events import Head, Receipt

HEADER = struct.Struct(">IBI")
_RECEIPT = struct.Struct(">Q32s")
_SIZE = struct.Struct(">Q32s")
#: A larger append is refused; larger blobs are uploaded in pieces first.
MAX_BODY = 16 * 1024 * 1024
#: Blobs beyond this are uploaded.
INLINE_BLOB = 256 * 1024
CHUNK = 512 * 1024
MAX_BLOB = 1280 * 1024 * 1024


class Operation(IntEnum):
    """What a client asks for."""

    APPEND = 1
    PING = 2
    #: A piece of a large blob; no answer.
    CHUNK = 3
    #: The body is the blob's SHA-256; answered when the blob is durable.
    CHUNKS_END = 4
    #: Answered when everything recorded so far is published and can be searched.
    SETTLE = 5


class Status(IntEnum):
    """How it went."""

    DONE = 0
    FULL = 1
    REFUSED = 2
    UNAVAILABLE = 3


def frame(code: int, number: int, body: bytes = b"") -> bytes:
    """Encode a request or an answer."""
    return HEADER.pack(len(body), code, number) + body


def receipts_body(receipts: Iterable[Receipt]) -> bytes:
    """Encode the answer to an append."""
    return b"".join(_RECEIPT.pack(receipt.index, receipt.leaf_hash) for receipt in receipts)


def read_receipts(body: bytes) -> list[Receipt]:
    """Decode the answer to an append."""
    return [Receipt(index, leaf_hash) for index, leaf_hash in _RECEIPT.iter_unpack(body)]


def head_body(head: Head) -> bytes:
    """Encode the answer to a ping."""
    return _SIZE.pack(head.size, head.root) + head.checkpoint.encode()


def read_head(body: bytes) -> Head:
    """Decode the answer to a ping."""
    size, root = _SIZE.unpack_from(body)
    return Head(size, root, body[_SIZE.size :].decode())


def error_of(status: int, body: bytes) -> Exception:
    """Return the exception that an answer other than DONE stands for."""
    text = body.decode("utf-8", "replace")
    match status:
        case Status.FULL:
            return LedgerFull(text)
        case Status.REFUSED:
            return Malformed(text)
        case Status.UNAVAILABLE:
            return LedgerUnavailable(text)
    return LedgerError(f"unknown answer {status}")


class FrameReader:
    """Cuts a stream of bytes into frames."""

    def __init__(self, limit: int = MAX_BODY) -> None:
        self._limit = limit
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Sequence[tuple[int, int, bytes]]:
        """Return the frames (code, number, body) that *data* completes; raises ``Malformed`` for one too long."""
        if self._buffer:
            self._buffer += data
            source: bytes | bytearray = self._buffer
        else:
            source = data
        frames, at, size, fixed = [], 0, len(source), HEADER.size
        while at + fixed <= size:
            length, code, number = HEADER.unpack_from(source, at)
            if length > self._limit:
                msg = f"a frame of {length} bytes"
                raise Malformed(msg)
            end = at + fixed + length
            if end > size:
                break
            frames.append((code, number, bytes(source[at + fixed : end])))
            at = end
        if source is self._buffer:
            del self._buffer[:at]
        elif at < size:
            self._buffer += memoryview(source)[at:]
        return frames
