"""WebSocket frames between a workspace and a browser: cut out of one stream, written to the other, never opened.

A cell answers with four frames or more, and every person's every output passes here, in one process. What the workspace
sends is cut at its frame headers (RFC 6455 section 5.2) and written on as it is: servers' frames carry no mask, so the
bytes for the browser are the bytes that came. The workspace is not believed: a header that its server never writes ends
the connection.
"""

import struct
from asyncio import Future
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from tornado.websocket import WebSocketClosedError, WebSocketHandler

_FIN, _RESERVED, _MASKED = 0x80, 0x70, 0x80


class Opcode(IntEnum):
    """What a frame is (RFC 6455 section 11.8); continuations are left out, since nobody here sends any."""

    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA

    @property
    def control(self) -> bool:
        """Whether it is about the connection, not for the front end."""
        return self >= Opcode.CLOSE


class BadFrame(Exception):
    """The workspace sent what Jupyter Server does not send: reserved bits, a mask, a fragment, an unknown opcode."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One whole frame; ``raw`` is header and payload as they came, None when the payload was not kept."""

    opcode: Opcode
    size: int  # bytes of payload
    raw: memoryview | None

    @property
    def payload(self) -> bytes:
        """What it carries."""
        return bytes(self.raw[len(self.raw) - self.size :]) if self.raw is not None else b""


class Cutter:
    """Cuts a server's stream into whole frames.

    Parameters
    ----------
    keeps
        asked once per data frame with its size in bytes, before the payload is there; what it declines is dropped as
        it comes, so that a frame can't take more memory than somebody agreed to.
    """

    def __init__(self, keeps: Callable[[int], bool]) -> None:
        self._keeps = keeps
        self._parts: list[bytes] = []
        self._have = 0
        self._wanted = 0  # bytes until something can be said
        self._dropping: Frame | None = None
        self._left = 0  # bytes of a dropped payload still to come
        self._agreed = False  # whether the frame that is not whole was asked about

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Yield every frame that *data* completes.

        Raises
        ------
        BadFrame
            see the class; nothing after it is to be read.
        """
        if self._dropping is not None:
            taken = min(self._left, len(data))
            self._left -= taken
            if self._left:
                return
            dropped, self._dropping, data = self._dropping, None, data[taken:]
            yield dropped
        if self._have + len(data) < self._wanted:
            self._parts.append(data)
            self._have += len(data)
            return
        if self._parts:
            data = b"".join((*self._parts, data))
        yield from self._cut(data)

    def _cut(self, data: bytes) -> Iterator[Frame]:
        view, place, end = memoryview(data), 0, len(data)
        agreed, self._agreed = self._agreed, False
        while (header := _header(data, place)) is not None:
            opcode, start, size = header
            whole = start + size
            if not opcode.control and not agreed and not self._keeps(size):
                if whole > end:
                    self._hold(b"", 0)
                    self._dropping, self._left = Frame(opcode, size, None), whole - end
                    return
                yield Frame(opcode, size, None)
            elif whole > end:
                self._agreed = not opcode.control
                self._hold(data[place:], whole - place)
                return
            else:
                yield Frame(opcode, size, view[place:whole])
            place, agreed = whole, False
        self._hold(data[place:], 0)

    def _hold(self, rest: bytes, wanted: int) -> None:
        self._parts = [rest] if rest else []
        self._have, self._wanted = len(rest), wanted


def _header(data: bytes, place: int) -> tuple[Opcode, int, int] | None:
    """Return opcode, start of the payload and its size, or None when the header is not whole yet."""
    there = len(data) - place
    if there < 2:
        return None
    first, size = data[place], data[place + 1]
    if not first & _FIN or first & _RESERVED or size & _MASKED:
        raise BadFrame
    try:
        opcode = Opcode(first & 0x0F)
    except ValueError:
        raise BadFrame from None
    if size < 126:
        return opcode, place + 2, size
    if opcode.control:
        raise BadFrame
    form, length = ("!H", 4) if size == 126 else ("!Q", 10)
    if there < length:
        return None
    return opcode, place + length, struct.unpack_from(form, data, place + 2)[0]


def frame_header(size: int, *, opcode: Opcode, masked: bool = False) -> bytes:
    """Return the header of an unfragmented frame of *size* bytes; *masked* announces a mask, which follows it."""
    first, bit = _FIN | opcode, _MASKED if masked else 0
    if size < 126:
        return struct.pack("!BB", first, bit | size)
    if size <= 0xFFFF:
        return struct.pack("!BBH", first, bit | 126, size)
    return struct.pack("!BBQ", first, bit | 127, size)


def pass_on(socket: WebSocketHandler, frame: memoryview) -> Future[None]:
    """Write a whole *frame* to the browser; the future is done when the system has taken it.

    Tornado's ``write_message`` would make a task per frame and wake its caller a turn of the loop later.

    Raises
    ------
    WebSocketClosedError, StreamClosedError
        the browser is gone, or a closing handshake has begun: nothing may follow it.
    """
    connection = socket.ws_connection
    if connection is None or connection.is_closing():
        raise WebSocketClosedError
    return connection.stream.write(frame)  # type: ignore[attr-defined, no-any-return]
