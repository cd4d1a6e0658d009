"""A WebSocket to the server in a workspace, over its unix socket, as thin as the standard lets it be.

What comes back is handed over frame by frame in the very turn of the loop in which it arrived; nothing is decoded. What
goes in is one write. The other end belongs to its user, so its handshake is checked and its frames are cut strictly.
"""

import asyncio
import base64
import hashlib
import os
from collections.abc import Callable
from http import HTTPStatus
from typing import cast

from hub_extensions.gateway.forwarded import Forwarded
from hub_extensions.gateway.frames import BadFrame, Cutter, Frame, Opcode, frame_header

#: RFC 6455 section 1.3.
_ACCEPT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#: Bytes of the answer to the handshake; Jupyter Server's is below 1 KB.
_MOST_HEAD = 16 * 1024
#: Seconds for the handshake: Jupyter Server waits up to 60 for its kernel first.
HANDSHAKE_S = 90.0
#: Seconds for a workspace to read what was sent before its connection was closed.
LAST_WORDS_S = 5.0
#: The mask of RFC 6455 protects caches on the way from what pages send. There is no way here, only a unix socket, so it
#: is the one that changes nothing: the recorded bytes are the bytes on the wire.
_NO_MASK = bytes(4)


class HandshakeRefused(OSError):
    """The workspace's server answered something else than this WebSocket."""


class WorkspaceSocket(asyncio.Protocol):
    """One open connection.

    Parameters
    ----------
    keeps
        see :class:`hub_extensions.gateway.frames.Cutter`.
    on_frame
        called with each data frame, in order.
    """

    def __init__(self, keeps: Callable[[int], bool], on_frame: Callable[[Frame], None]) -> None:
        loop = asyncio.get_running_loop()
        self._cutter = Cutter(keeps)
        self._on_frame = on_frame
        self._transport: asyncio.Transport | None = None
        self._head: bytes | None = b""
        self._accepted: asyncio.Future[bytes] = loop.create_future()
        self._writable: asyncio.Future[None] | None = None
        self._unanswered: bytes | None = None
        self.ended: asyncio.Future[None] = loop.create_future()

    @classmethod
    async def open(
        cls, path: str, opening: Forwarded, token: str, keeps: Callable[[int], bool], on_frame: Callable[[Frame], None]
    ) -> "WorkspaceSocket":
        """Connect and shake hands; no frame is handed over before :meth:`resume`.

        Raises
        ------
        OSError
            nothing answers, or not as a WebSocket server does.
        """
        loop = asyncio.get_running_loop()
        _, socket = await loop.create_unix_connection(lambda: cls(keeps, on_frame), path)
        try:
            async with asyncio.timeout(HANDSHAKE_S):
                await socket._shake_hands(opening, token)
        except BaseException:
            socket.cut()
            raise
        return socket

    async def _shake_hands(self, opening: Forwarded, token: str) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        protocol = opening.headers.get("Sec-WebSocket-Protocol", "")
        lines = [
            f"GET {opening.target} HTTP/1.1",
            "Host: workspace",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
            f"Authorization: token {token}",
            *([f"Sec-WebSocket-Protocol: {protocol}"] if protocol else []),
        ]
        if any(not line.isascii() or not line.isprintable() for line in lines):
            raise HandshakeRefused
        self._transport.write("\r\n".join((*lines, "", "")).encode())  # type: ignore[union-attr]
        accept = base64.b64encode(hashlib.sha1((key + _ACCEPT).encode(), usedforsecurity=False).digest()).decode()
        _check_answer(await self._accepted, accept, protocol)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio.Protocol."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one without being a subclass

    def data_received(self, data: bytes) -> None:
        """Part of asyncio.Protocol."""
        if self._head is not None:
            data = self._take_head(data)
        if data:
            self._take(data)

    def _take_head(self, data: bytes) -> bytes:
        """Collect the answer to the handshake; return what follows it."""
        head, end, rest = (self._head + data).partition(b"\r\n\r\n")  # type: ignore[operator]
        if not end and len(head) <= _MOST_HEAD:
            self._head = head
            return b""
        self._head = None
        if not self._accepted.done():
            self._accepted.set_result(head if end else b"")
        return rest

    def _take(self, data: bytes) -> None:
        try:
            for frame in self._cutter.feed(data):
                if not frame.opcode.control:
                    self._on_frame(frame)
                elif frame.opcode is Opcode.PING:
                    self._answer(frame.payload)
                elif frame.opcode is Opcode.CLOSE:
                    self.close()
                    return
        except BadFrame:
            self.cut()

    def _answer(self, ping: bytes) -> None:
        """Answer a ping; of those that a workspace sends without reading answers, the last (RFC 6455 section 5.5.3)."""
        if self._writable is None:
            self._send(ping, Opcode.PONG)
        else:
            self._unanswered = ping

    async def send(self, message: str | bytes) -> None:
        """Send *message* as one frame; returns when it is written or the system will take it soon.

        Raises
        ------
        OSError
            the connection has ended.
        """
        if isinstance(message, bytes):
            self._send(message, Opcode.BINARY)
        else:
            self._send(message.encode(), Opcode.TEXT)
        if self._writable is not None:
            await self._writable

    def _send(self, payload: bytes, opcode: Opcode) -> None:
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError
        header = frame_header(len(payload), opcode=opcode, masked=True) + _NO_MASK
        self._transport.write(header + payload)

    def hold(self) -> None:
        """Read nothing more until :meth:`resume`: the workspace waits."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def pause_writing(self) -> None:
        """Part of asyncio.Protocol: the workspace does not read."""
        self._writable = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """Part of asyncio.Protocol."""
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None
        ping, self._unanswered = self._unanswered, None
        if ping is not None and self._transport is not None and not self._transport.is_closing():
            self._send(ping, Opcode.PONG)

    def close(self) -> None:
        """End the connection once what was sent has been read; a workspace that does not read gets a few seconds."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.close()
            asyncio.get_running_loop().call_later(LAST_WORDS_S, self._transport.abort)

    def cut(self) -> None:
        """End the connection now: nothing more goes in, whatever comes back is not shown."""
        if self._transport is not None:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Part of asyncio.Protocol."""
        lost = exc or ConnectionResetError()
        if not self._accepted.done():
            self._accepted.set_exception(HandshakeRefused(str(lost)))
        if self._writable is not None and not self._writable.done():
            self._writable.set_exception(ConnectionResetError(str(lost)))
        if not self.ended.done():
            self.ended.set_result(None)


def _check_answer(head: bytes, accept: str, protocol: str) -> None:
    """Hold the server's answer to what RFC 6455 section 4.1 demands of it."""
    status, *lines = head.decode("latin-1").split("\r\n")
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        if (name := name.lower()) in fields and name.startswith("sec-websocket-"):
            raise HandshakeRefused(name)
        fields[name] = value.strip()
    good = (
        status.split(" ")[:2] == ["HTTP/1.1", str(HTTPStatus.SWITCHING_PROTOCOLS.value)]
        and fields.get("upgrade", "").lower() == "websocket"
        and "upgrade" in fields.get("connection", "").lower().split(", ")
        and fields.get("sec-websocket-accept") == accept
        and fields.get("sec-websocket-protocol", "") == protocol
        and "sec-websocket-extensions" not in fields
    )
    if not good:
        raise HandshakeRefused(status[:80])
