"""Clients of the recorder: what the rest of the trusted side calls.

Sealing and pseudonyms happen here, so the recorder never sees a message. An event carries its id: when a connection
breaks the request is sent once more on a new one, and an event that had been recorded is not recorded twice. When that
fails too, or the recorder is slow, ``LedgerUnavailable`` is raised: the caller must not let the act happen.
"""

import asyncio
import hashlib
import socket as sockets
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from audit import records, wire
from audit.errors import LedgerUnavailable
from audit.events import Event, Head, Receipt
from audit.leaf import Entry, Keys, prepare
from audit.wire import CHUNK, INLINE_BLOB, FrameReader, Operation, Status

__all__ = ["AsyncLedger", "Ledger"]

_BODY = wire.MAX_BODY // 2


class Ledger:
    """Blocking client; may be shared between threads.

    Parameters
    ----------
    socket
        where the recorder listens.
    keys
        sealing keys and pseudonyms of this installation.
    timeout
        seconds to wait for the recorder.
    """

    def __init__(self, socket: Path, keys: Keys, timeout: float = 5.0) -> None:
        self._path = socket
        self._keys = keys
        self._timeout = timeout
        self._lock = threading.Lock()
        self._socket: sockets.socket | None = None
        self._frames = FrameReader()
        self._number = 0

    def append(self, *events: Event) -> list[Receipt]:
        """Record *events* in this order and return when they are durable.

        Raises
        ------
        LedgerUnavailable
            when the recorder does not answer (it may have recorded: sending the same events again is safe).
        LedgerFull
            when there is no room.
        Malformed
            when an event's leaf would be too large: an error of the caller.
        """
        packed = [self._pack(prepare(event, self._keys)) for event in events]
        return [
            receipt for body in _bodies(packed) for receipt in wire.read_receipts(self._request(Operation.APPEND, body))
        ]

    def ping(self) -> Head:
        """Return the durable head; raises as ``append``."""
        return wire.read_head(self._request(Operation.PING))

    def settle(self) -> None:
        """Return when everything recorded so far is published and can be searched; raises as ``append``."""
        self._request(Operation.SETTLE)

    def upload(self, blob: bytes) -> bytes:
        """Bring a large sealed blob to the recorder's disk; returns its SHA-256; raises as ``append``."""
        digest = hashlib.sha256(blob).digest()
        view = memoryview(blob)
        pieces = (wire.frame(Operation.CHUNK, 0, bytes(view[at : at + CHUNK])) for at in range(0, len(blob), CHUNK))
        self._request(Operation.CHUNKS_END, digest, pieces)
        return digest

    def close(self) -> None:
        """Close the connection; the next call opens one."""
        with self._lock:
            self._drop()

    def _pack(self, entry: Entry) -> bytes:
        return records.pack(entry, self.upload(entry.blob) if len(entry.blob) > INLINE_BLOB else None)

    def _request(self, operation: Operation, body: bytes = b"", before: Iterator[bytes] | None = None) -> bytes:
        with self._lock:
            stale = self._socket is not None
            try:
                return self._exchange(operation, body, before)
            except (OSError, EOFError) as error:
                self._drop()
                if not stale or before is not None or isinstance(error, TimeoutError):
                    raise LedgerUnavailable(str(error)) from error
            try:
                return self._exchange(operation, body, before)
            except (OSError, EOFError) as error:
                self._drop()
                raise LedgerUnavailable(str(error)) from error

    def _exchange(self, operation: Operation, body: bytes, before: Iterator[bytes] | None) -> bytes:
        connection = self._connect()
        for piece in before or ():
            connection.sendall(piece)
        self._number = (self._number + 1) & 0xFFFFFFFF
        connection.sendall(wire.frame(operation, self._number, body))
        while True:
            data = connection.recv(256 * 1024)
            if not data:
                msg = "the recorder closed the connection"
                raise EOFError(msg)
            for status, number, answer in self._frames.feed(data):
                if number == self._number:
                    if status != Status.DONE:
                        raise wire.error_of(status, answer)
                    return answer

    def _connect(self) -> sockets.socket:
        if self._socket is None:
            self._frames = FrameReader()
            connection = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
            connection.settimeout(self._timeout)
            try:
                connection.connect(str(self._path))
            except OSError:
                connection.close()
                raise
            self._socket = connection
        return self._socket

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class _Waiting:
    """One request in flight."""

    __slots__ = ("frame", "future", "sent", "timer")

    def __init__(self, frame: bytes, future: "asyncio.Future[bytes]") -> None:
        self.frame = frame
        self.future = future
        self.sent = 0
        self.timer: asyncio.TimerHandle | None = None


class AsyncLedger(asyncio.Protocol):
    """Client for one event loop: one connection, any number of requests in flight.

    Events are recorded in the order of the calls, except that an event with more than 128 KiB to seal is prepared and
    uploaded aside: what is called later may then be recorded earlier. A caller who needs an order between such events
    awaits the first (every caller that records before it acts does).

    Parameters are those of ``Ledger``.
    """

    def __init__(self, socket: Path, keys: Keys, timeout: float = 5.0) -> None:
        self._path = socket
        self._keys = keys
        self._timeout = timeout
        self._transport: asyncio.Transport | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._flight: dict[int, _Waiting] = {}
        self._frames = FrameReader()
        self._number = 0

    async def append(self, *events: Event) -> list[Receipt]:
        """Record *events* in this order and return when they are durable; raises as ``Ledger.append``."""
        if any(event.content is not None and len(event.content) > INLINE_BLOB // 2 for event in events):
            packed = await asyncio.to_thread(self._pack_large, events)
        else:
            packed = [records.pack(prepare(event, self._keys)) for event in events]
        return await self.send(packed)

    async def send(self, packed: Sequence[bytes]) -> list[Receipt]:
        """Record entries that are prepared already (``records.pack``); raises as ``append``."""
        bodies = list(_bodies(packed))
        if len(bodies) == 1:
            return wire.read_receipts(await self._request(Operation.APPEND, bodies[0]))
        answers = await asyncio.gather(*[self._request(Operation.APPEND, body) for body in bodies])
        return [receipt for answer in answers for receipt in wire.read_receipts(answer)]

    async def ping(self) -> Head:
        """Return the durable head; raises as ``append``."""
        return wire.read_head(await self._request(Operation.PING))

    async def settle(self) -> None:
        """Return when everything recorded so far is published and can be searched; raises as ``append``."""
        await self._request(Operation.SETTLE)

    async def close(self) -> None:
        """Close the connection; requests in flight fail."""
        if self._connecting is not None:
            self._connecting.cancel()
            self._connecting = None
        transport, self._transport = self._transport, None
        self._fail("closed")
        if transport is not None:
            transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio.Protocol."""
        self._transport, self._frames = cast("asyncio.Transport", transport), FrameReader()
        for waiting in self._flight.values():
            self._send(waiting)

    def data_received(self, data: bytes) -> None:
        """Part of asyncio.Protocol: wake those whose answer came."""
        for status, number, body in self._frames.feed(data):
            waiting = self._flight.pop(number, None)
            if waiting is None:
                continue
            if waiting.timer is not None:
                waiting.timer.cancel()
            if not waiting.future.done():
                if status == Status.DONE:
                    waiting.future.set_result(body)
                else:
                    waiting.future.set_exception(wire.error_of(status, body))

    def connection_lost(self, exc: Exception | None) -> None:
        """Part of asyncio.Protocol: send once more what was not answered, on a new connection."""
        if self._transport is None:  # closed by us
            return
        self._transport = None
        self._fail(str(exc or "the recorder closed the connection"), sent=2)
        if self._flight:
            self._reconnect()

    async def _request(self, operation: Operation, body: bytes = b"") -> bytes:
        loop = asyncio.get_running_loop()
        self._number = number = (self._number + 1) & 0xFFFFFFFF
        waiting = _Waiting(wire.frame(operation, number, body), loop.create_future())
        self._flight[number] = waiting
        waiting.timer = loop.call_later(self._timeout, self._expire, number)
        if self._transport is not None:
            self._send(waiting)
        elif self._connecting is None:
            self._reconnect()
        try:
            return await waiting.future
        finally:
            self._flight.pop(number, None)
            waiting.timer.cancel()

    def _send(self, waiting: _Waiting) -> None:
        if self._transport is not None:
            waiting.sent += 1
            self._transport.write(waiting.frame)

    def _reconnect(self) -> None:
        self._connecting = asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        try:
            await asyncio.get_running_loop().create_unix_connection(lambda: self, str(self._path))
        except OSError as error:
            self._fail(str(error))
        finally:
            self._connecting = None

    def _expire(self, number: int) -> None:
        waiting = self._flight.pop(number, None)
        if waiting is not None and not waiting.future.done():
            waiting.future.set_exception(LedgerUnavailable(f"no answer in {self._timeout:g} s"))

    def _fail(self, why: str, sent: int = 0) -> None:
        for waiting in list(self._flight.values()):
            if waiting.sent >= sent and not waiting.future.done():
                waiting.future.set_exception(LedgerUnavailable(why))
        self._flight = {number: waiting for number, waiting in self._flight.items() if waiting.sent < sent}

    def _pack_large(self, events: Sequence[Event]) -> list[bytes]:
        """Seal and upload in a thread: the loop goes on meanwhile."""
        helper = Ledger(self._path, self._keys, max(self._timeout, 60.0))
        try:
            return [helper._pack(prepare(event, self._keys)) for event in events]
        finally:
            helper.close()


def _bodies(packed: Sequence[bytes]) -> Iterator[bytes]:
    """Join packed entries into bodies that a frame may hold."""
    part: list[bytes] = []
    size = 0
    for entry in packed:
        if part and size + len(entry) > _BODY:
            yield b"".join(part)
            part, size = [], 0
        part.append(entry)
        size += len(entry)
    yield b"".join(part)
