"""Sends bytes that blocking code makes, one piece at a time, never faster than they are taken; or breaks off."""

import asyncio
import socket
import struct
from collections.abc import Iterator

from tornado.web import RequestHandler


async def send(handler: RequestHandler, chunks: Iterator[bytes]) -> None:
    """Write every chunk of *chunks*, each made in a thread; errors of the producer pass through."""
    while True:
        chunk = await asyncio.to_thread(next, chunks, None)
        if chunk is None:
            return
        handler.write(chunk)
        await handler.flush()


def break_off(handler: RequestHandler) -> None:
    """End an answer so that nobody takes it for a whole one: reset the connection, and drop what was not sent yet.

    A connection that is merely closed is not enough: Chromium calls a download complete whose promised length did not
    come, unless it knows a strong validator.
    """
    stream = handler.request.connection.stream  # type: ignore[attr-defined]
    if not stream.closed():
        stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        stream.close()
