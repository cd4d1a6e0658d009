"""What flows from a workspace back to its person: metered, counted, never kept, and passed on in the turn it arrives.

While nothing stands in the way, a frame goes from one socket to the other without a task being woken. When a line of
the budget is crossed, when a frame is larger than a whole budget, or when the browser reads slowly, the workspace is
not read any more and a task takes over, frame by frame, until the way is free again.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from hub_extensions.gateway.egress import Meter
from hub_extensions.gateway.frames import Frame, pass_on
from hub_extensions.gateway.room import Room
from hub_extensions.gateway.shown import Shown
from hub_extensions.gateway.workspace_socket import WorkspaceSocket
from project_spaces.egress import Flow
from project_spaces.text import Text

LEFT_OUT = Text(
    "Cette sortie dépasse à elle seule ce qui peut encore être affiché : elle n'est pas montrée.",
    "This output alone is larger than what may still be shown: it is left out.",
)
#: Frames up to so many bytes are held against the whole budget only: near its end they are shown, then it pauses.
SINGLE = 2**20


class ReturnFlow:
    """The flow of one connection.

    Parameters
    ----------
    browser
        where frames go.
    room
        for large frames of all connections of the person.
    notice
        shows a sentence of ours there.
    """

    def __init__(
        self,
        browser: WebSocketHandler,
        meter: Meter,
        room: Room,
        shown: Shown,
        notice: Callable[[Text], Awaitable[None]],
    ) -> None:
        self._browser, self._meter, self._room, self._shown, self._notice = browser, meter, room, shown, notice
        self._held = 0
        self._free = False
        self._waiting: deque[Frame] = deque()
        self._slow: asyncio.Future[None] | None = None
        self._told = Flow.FREE
        self._news = asyncio.Event()
        self._source: WorkspaceSocket | None = None

    def keeps(self, size: int) -> bool:
        """Say whether a frame of *size* bytes can be shown at all; a large one takes its room until it was shown."""
        if size <= SINGLE:
            return self._meter.fits(size)
        if size > self._meter.left() - self._room.held or not self._room.take(size):
            return False
        self._held += size
        return True

    def _give(self, size: int) -> None:
        """Give room back: of a frame that the browser has taken, or of all that was left when the way ended."""
        size = min(size, self._held)
        self._held -= size
        self._room.give(size)

    def take(self, frame: Frame) -> None:
        """Pass on one frame, or keep it for :meth:`run`."""
        if self._free and frame.raw is not None and self._meter.flow is self._told:
            try:
                self._show(frame.raw, frame.size)
            except (WebSocketClosedError, StreamClosedError):
                self._stop()
        else:
            self._waiting.append(frame)
            self._stop()

    def _show(self, raw: memoryview, size: int) -> None:
        self._shown.add(len(raw))  # with its header: an empty frame tells something too
        self._meter.count(len(raw))
        written = pass_on(self._browser, raw)
        if size > SINGLE:
            written.add_done_callback(lambda _: self._give(size))
        if not written.done():
            self._slow = written
            self._stop()

    def _stop(self) -> None:
        """Read nothing more, and have the task look."""
        self._free = False
        if self._source is not None:
            self._source.hold()
        self._news.set()

    async def run(self, source: WorkspaceSocket) -> None:
        """Return when the workspace has ended and everything it sent was passed on, or the browser is gone."""
        self._source = source
        source.ended.add_done_callback(lambda _: self._news.set())
        try:
            while not source.ended.done() or self._waiting or self._slow is not None:
                await self._clear_the_way()
                if source.ended.done():
                    continue
                self._free = True
                self._news.clear()
                source.resume()
                await self._news.wait()
                self._free = False
        finally:
            self._free = False
            source.close()
            self._give(self._held)
            self._shown.tell()

    async def _clear_the_way(self) -> None:
        """Do in order what could not be done at once.

        Raises
        ------
        WebSocketClosedError, StreamClosedError
            the browser is gone.
        """
        if self._browser.ws_connection is None or self._browser.ws_connection.is_closing():
            raise WebSocketClosedError
        while self._waiting or self._slow is not None:
            if self._slow is not None:
                slow, self._slow = self._slow, None
                await slow
                continue
            if self._meter.flow is not self._told:
                await self._mind_budget()
            frame = self._waiting.popleft()
            if frame.raw is None:
                await self._notice(LEFT_OUT)
            else:
                self._show(frame.raw, frame.size)

    async def _mind_budget(self) -> None:
        """Tell the person that a line of the budget was crossed; behind the last one, wait: nothing more is read."""
        if self._meter.flow > self._told:
            await self._notice(self._meter.sentence(self._meter.flow))
        await self._meter.opened()
        self._told = self._meter.flow
