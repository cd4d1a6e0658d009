"""Tells the domain that people are here, and asks it before a session ends here for want of that.

A person may work in one workspace, or in the portal, while another stands open: only the domain knows of all doors. It
is asked when an end comes near, not at each message, and told at most once a minute for a session.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Collection, Coroutine
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from tornado.websocket import WebSocketClosedError

from hub_extensions.gateway.idle_ends import warning
from hub_extensions.gateway.seat import Seat
from project_spaces.sessions.idleness import IdleLimit

log = structlog.get_logger()
Ends = dict[str | None, datetime]


@dataclass
class IdleWatch:
    """The sessions of one gateway.

    Parameters
    ----------
    tell
        writes down that a person did something in a session; may block.
    ask
        asks the domain when sessions of a seat end.
    arm
        cuts what has ended at a seat, and sets its clock.
    seats
        every seat.
    """

    limit: IdleLimit
    now: Callable[[], datetime]
    tell: Callable[[str, str, datetime], None]
    ask: Callable[[Seat, tuple[str | None, ...]], Awaitable[Ends]]
    arm: Callable[[Seat], None]
    seats: Callable[[], Collection[Seat]]
    _due: dict[tuple[str, str], float] = field(default_factory=dict)
    _aside: set[asyncio.Task[None]] = field(default_factory=set)

    def due(self, seat: Seat, session: str | None) -> bool:
        """Say whether the domain is to be told again when somebody does something in *session*."""
        if session is None:
            return False
        return time.monotonic() >= self._due.get((seat.workspace.person, session), float("-inf"))

    def here(self, seat: Seat, session: str | None) -> None:
        """Learn that the person of *session* did something."""
        if session is not None and self.due(seat, session):
            person = seat.workspace.person
            self._due[person, session] = time.monotonic() + self.limit.grain.total_seconds()
            self._do(self._tell(person, session))

    def look(self, seat: Seat) -> None:
        """Ask about the sessions at *seat* that may be about to end, and warn their persons."""
        if soon := seat.idle.soon(self.limit, self.now()):
            self._do(self._look(seat, soon))

    def forget(self, person: str) -> None:
        """Forget when the domain was told of a person."""
        self._due = {each: at for each, at in self._due.items() if each[0] != person}

    def _do(self, what: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(what)
        self._aside.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._aside.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("idle_sessions_not_looked_at", error=repr(error))  # what is known here ends as it is

    async def _tell(self, person: str, session: str) -> None:
        now = self.now()
        await asyncio.to_thread(self.tell, person, session, now)
        for seat in self.seats():
            if seat.workspace.person == person and session in seat.idle.ends:
                seat.idle.ends[session] = max(seat.idle.ends[session], now + self.limit.after)
                self.arm(seat)

    async def _look(self, seat: Seat, soon: tuple[str | None, ...]) -> None:
        seat.idle.take(await self.ask(seat, soon), soon)
        self.arm(seat)
        fresh = seat.idle.untold(self.limit, self.now())
        for connection, session in tuple(seat.connections.items()):
            if session in fresh:
                with contextlib.suppress(WebSocketClosedError):
                    await connection.notice(warning(fresh[session]))
