"""How much of a workspace was shown over one connection: counted frame by frame, written every few seconds."""

import asyncio
from collections.abc import Awaitable, Callable

from project_spaces.errors import Unavailable

#: Output is counted in entries of at most this many seconds.
COUNT_EVERY_S = 10.0


class Shown:
    """Counts frames and bytes, and tells *write* of them; never what they were."""

    def __init__(self, write: Callable[[int, int], Awaitable[None]]) -> None:
        self._write = write
        self._frames = self._bytes = 0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, size: int) -> None:
        """Count one frame."""
        self._frames += 1
        self._bytes += size
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(COUNT_EVERY_S, self.tell)

    def tell(self) -> None:
        """Write what was counted so far; at the end of the connection, and whenever the time has come."""
        if self._timer is not None:
            self._timer.cancel()
        frames, size, self._frames, self._bytes, self._timer = self._frames, self._bytes, 0, 0, None
        if frames:
            self._telling = asyncio.create_task(self._tell(frames, size))

    async def _tell(self, frames: int, size: int) -> None:
        try:
            await self._write(frames, size)
        except Unavailable:
            self._frames += frames
            self._bytes += size
