"""How much of a workspace was shown, over a connection or by plain requests: counted at once, written now and then."""

import asyncio
from collections.abc import Awaitable, Callable

from project_spaces.errors import Unavailable

#: Output is counted in entries of at most this many seconds.
COUNT_EVERY_S = 10.0
#: What comes as a page likewise: JupyterLab asks for something every few seconds, all day.
PAGES_EVERY_S = 600.0


class Shown:
    """Counts frames and bytes, and tells *write* of them; never what they were."""

    def __init__(self, write: Callable[[int, int], Awaitable[None]], every_s: float = COUNT_EVERY_S) -> None:
        self._write = write
        self._every_s = every_s
        self._frames = self._bytes = 0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, size: int) -> None:
        """Count one frame."""
        self._frames += 1
        self._bytes += size
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._every_s, self.tell)

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
