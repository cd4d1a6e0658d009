"""What is refused to nobody in particular: written one by one at first, then counted.

Whoever knocks without a sign-in costs nothing and has no limit. An entry each would let anybody on the network fill the
ledger and bury in it what matters. So the first ones of a minute are entries of their own, written before the answer;
the others are one entry at its end, which says how many they were. A process that is killed loses that number for a
minute at most, and nothing else: an act or a person who was identified is never counted here. Doors of one kind share
the number: whoever knocks at all of several gateways gets no more entries than at one.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from audit.events import Event, Kind
from audit.sealing import bucket
from project_spaces.errors import BureauError

#: Who is turned away before anybody knows who it is: the address names the workspace's owner, not the visitor.
SOMEBODY = "system:visitor"
#: How many a minute are entries of their own, at all doors of one kind together.
EACH = 20
MINUTE_S = 60.0


class Strangers:
    """Refusals of one process to people it does not know.

    Parameters
    ----------
    write
        records one event and returns when it is durable.
    doors
        how many processes of this kind there are.
    """

    def __init__(self, write: Callable[[Event], Awaitable[None]], doors: int = 1) -> None:
        self._write = write
        self._each = max(1, EACH // doors)
        self._written = 0
        self._more = 0
        self._minute: asyncio.Task[None] | None = None
        self._notes: set[asyncio.Task[None]] = set()

    async def refused(self, event: Event) -> None:
        """Record *event*, or count it; raises as *write*."""
        if self._minute is None or self._minute.done():
            self._minute = asyncio.create_task(self._pass())
        if self._written < self._each:
            self._written += 1
            await self._write(event)
        else:
            self._more += 1

    def note(self, event: Event) -> None:
        """Record a refusal, of whomever, from where nothing can be awaited; what the ledger did not take is counted."""
        task = asyncio.create_task(self._noted(event))
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)

    async def _noted(self, event: Event) -> None:
        try:
            await (self.refused(event) if event.actor == SOMEBODY else self._write(event))
        except BureauError:
            self._more += 1

    async def tell(self) -> None:
        """Record how many were only counted, and begin to count anew; what the ledger did not take is kept."""
        self._written = 0
        more, self._more = self._more, 0
        if more:
            subject = {"more": bucket(more)}  # a stranger chose how many: exactly in the deletable part only
            event = Event(Kind.REFUSAL, SOMEBODY, None, datetime.now(UTC), subject, private={"more": str(more)})
            try:
                await self._write(event)
            except BureauError:
                self._more += more
                raise

    async def close(self) -> None:
        """Tell what is left, at the end of the process."""
        if self._minute is not None:
            self._minute.cancel()
        await asyncio.gather(*self._notes)
        with contextlib.suppress(BureauError):
            await self.tell()

    async def _pass(self) -> None:
        """Let minutes pass until one left nothing to tell."""
        while True:
            await asyncio.sleep(MINUTE_S)
            with contextlib.suppress(BureauError):
                await self.tell()
            if not self._more:
                return
