"""Sends bytes that are produced by blocking code, one piece at a time, never faster than they are taken."""

import asyncio
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
