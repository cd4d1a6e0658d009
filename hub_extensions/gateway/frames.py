"""WebSocket frames towards the browser, written straight to the stream.

Tornado's ``write_message`` makes a task per frame and wakes the caller a turn of the loop later; a cell answers with
four frames or more, and every person's every output passes here, in one process.
"""

import struct

from tornado.websocket import WebSocketClosedError, WebSocketHandler

_TEXT, _BINARY = 0x81, 0x82  # FIN and opcode, RFC 6455 section 5.2
#: A larger payload is not copied behind its header.
_COPIED = 64 * 1024


def frame_header(size: int, *, binary: bool) -> bytes:
    """Return the header of an unmasked, unfragmented frame of *size* bytes."""
    first = _BINARY if binary else _TEXT
    if size < 126:
        return struct.pack("!BB", first, size)
    if size <= 0xFFFF:
        return struct.pack("!BBH", first, 126, size)
    return struct.pack("!BBQ", first, 127, size)


def size_of(data: str | bytes) -> int:
    """Return how many bytes *data* takes as a frame's payload: letters are not bytes."""
    return len(data) if isinstance(data, bytes) or data.isascii() else len(data.encode("utf-8", "surrogatepass"))


async def pass_on(socket: WebSocketHandler, data: str | bytes) -> None:
    """Send *data* as one frame and return when the kernel has taken it: a slow reader slows the workspace down.

    Raises
    ------
    WebSocketClosedError, StreamClosedError
        the browser is gone, or a closing handshake has begun: nothing may follow it.
    """
    connection = socket.ws_connection
    if connection is None or connection.is_closing():
        raise WebSocketClosedError
    payload = data.encode() if isinstance(data, str) else data
    header = frame_header(len(payload), binary=payload is data)
    stream = connection.stream  # type: ignore[attr-defined]
    if len(payload) > _COPIED:
        stream.write(header)
        written = stream.write(payload)
    else:
        written = stream.write(header + payload)
    if not written.done():
        await written
