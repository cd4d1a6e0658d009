"""Meters what each person is shown, and lets output flow no further than the budget (``project_spaces.egress``).

One meter per person and project, shared by every connection: a second tab, a terminal or a request of the contents
interface draws on the same budget. Counting is an addition and a comparison; every few seconds, and at once when much
was shown, the counts go to the table that all gateways share, and what the others counted, a lifted pause or another
budget comes back. A gateway that is killed loses at most what it had not written yet.

While a person's output is paused nothing is read from the workspace; a save or an interruption still passes, with at
most :data:`OVERDRAFT` of answers, so that no work is lost.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import SQLAlchemyError

from audit.events import Event, Kind, Scalar
from audit.sealing import bucket
from hub_extensions.clocks import SteadyClock
from project_spaces.egress import Budget, Flow, OverBudget, Use, hour_of, next_day, start_of
from project_spaces.errors import Unavailable
from project_spaces.text import Text

FLUSH_S: Final = 5.0
#: Bytes shown by one person after which counts are written at once.
FLUSH_BYTES: Final = 4 * 2**20
#: Bytes of answers to saves and interruptions that pass while output is paused, in each window.
OVERDRAFT: Final = 2**20

log = structlog.get_logger()
Person = tuple[str, str]
Record = Callable[[Event], Awaitable[None]]


class Counts(Protocol):
    """The shared table: :class:`project_spaces.egress.EgressCounts`."""

    def add(self, shown: Mapping[Person, int], hour: int) -> None:
        """Add bytes to what stands there."""

    def read(self, person: str, project: str, hour: int, default: Budget) -> tuple[Budget, Use]:
        """Return the budget and what all gateways have shown."""

    def read_all(self, who: Collection[Person], hour: int, default: Budget) -> Mapping[Person, tuple[Budget, Use]]:
        """Return the same of all of *who*, with no more queries than for one."""

    def latest_hour(self) -> int:
        """Return the latest hour in which anything was shown."""


class Meter:
    """What one person was shown in one project, and whether more may flow."""

    __slots__ = ("_hour", "_line", "_opened", "_used", "_wake", "budget", "flow", "pending", "told", "use", "zone")

    def __init__(self, wake: Callable[[], None], zone: ZoneInfo) -> None:
        self.pending = 0
        self.told: set[str] = set()
        self.zone = zone
        self._wake = wake
        self._opened = asyncio.Event()

    def set(self, budget: Budget, use: Use, hour: int) -> None:
        """Take what the shared table says; ``pending`` comes on top of it."""
        self.budget, self.use, self._hour = budget, use, hour
        self._judge()

    def count(self, size: int) -> Flow:
        """Count bytes that are about to be shown; return whether what comes next may flow."""
        self.pending += size
        if self.pending >= self._line:
            before = self.flow
            self._judge()
            if self.flow is not before or self.pending >= FLUSH_BYTES:
                self._wake()
        return self.flow

    def require(self, *, saving: bool = False) -> None:
        """Let an answer pass; *saving* is for requests whose loss would lose work.

        Raises
        ------
        OverBudget
            output is paused.
        """
        if self.flow is Flow.PAUSED and not (saving and self._overdrawn() < OVERDRAFT):
            raise OverBudget(self.sentence(Flow.PAUSED))

    def fits(self, size: int) -> bool:
        """Say whether one message is smaller than a whole budget; one that is not can never be shown."""
        return size <= self.budget.hour

    def left(self) -> int:
        """Return how many more bytes may be shown now."""
        total, whole = self._total(), self.budget.lifted(self.use)
        return max(0, min(whole.hour - total.hour, whole.day - total.day))

    async def opened(self) -> None:
        """Return when output may flow again."""
        while self.flow is Flow.PAUSED:
            await self._opened.wait()

    @property
    def waiting(self) -> bool:
        """Whether output is paused, so that the shared table has to be looked at."""
        return self.flow is Flow.PAUSED

    def window(self, flow: Flow) -> str:
        """Name what a warning or pause is about, so that it is recorded once whoever meets it first."""
        lifts = f"{self.use.hour_lifts}.{self.use.day_lifts}"
        span = f"day {self._hour // 24}" if self._day_decides() else f"hour {self._hour}"
        return f"{flow.name} {span} {lifts} {self.budget.hour} {self.budget.day}"

    def sentence(self, flow: Flow) -> Text:
        """Tell the person."""
        total, whole, day = self._total(), self.budget.lifted(self.use), self._day_decides()
        used, budget = (total.day, whole.day) if day else (total.hour, whole.hour)
        span = Text("du jour", "of the day") if day else Text("de l'heure", "of the hour")
        shown = f"{used // 2**20}/{budget // 2**20}"
        if flow is Flow.PAUSED:
            until = self.resumes().astimezone(self.zone)
            return Text(
                f"Affichage en pause : budget {span.fr} atteint ({shown} Mio). Reprise à {until:%H:%M} "
                f"({self.zone.key}), ou plus tôt si un auditeur ou un administrateur la lève. Ce qui tourne continue.",
                f"Output paused: the budget {span.en} is used up ({shown} MiB). It resumes at {until:%H:%M} "
                f"({self.zone.key}), or earlier if an auditor or administrator lifts the pause. What runs goes on.",
            )
        return Text(
            f"Attention : {shown} Mio affichés sur le budget {span.fr}. Au-delà, l'affichage se met en pause.",
            f"Mind: {shown} MiB of the budget {span.en} have been shown. Beyond it, output pauses.",
        )

    def resumes(self) -> datetime:
        """Return when the pause ends by itself."""
        return next_day(self._hour) if self._day_decides() else start_of(self._hour + 1)

    def _total(self) -> Use:
        return self.use.more(self.pending)

    def _day_decides(self) -> bool:
        total, whole = self._total(), self.budget.lifted(self.use)
        return total.day * whole.hour > total.hour * whole.day

    def _overdrawn(self) -> int:
        total, whole = self._total(), self.budget.lifted(self.use)
        return max(total.hour - whole.hour, total.day - whole.day)

    def _judge(self) -> None:
        """Say whether output flows, and at how many pending bytes that has to be said anew."""
        total, whole = self._total(), self.budget.lifted(self.use)
        self.flow = total.flow(self.budget)
        line = FLUSH_BYTES
        for used, budget in ((total.hour, whole.hour), (total.day, whole.day)):
            warned = -(-budget * self.budget.warn_percent // 100)
            line = min(line, *(mark - used for mark in (warned, budget) if mark > used), FLUSH_BYTES)
        self._line = self.pending + line
        if self.flow is Flow.PAUSED:
            self._opened.clear()
        else:
            self._opened.set()


class Egress:
    """Every meter of this gateway."""

    def __init__(
        self, counts: Counts, default: Budget, zone: ZoneInfo, record: Record, clock: SteadyClock | None = None
    ) -> None:
        self._counts, self._default, self._zone, self._record = counts, default, zone, record
        self._clock = clock or SteadyClock()
        self._meters: dict[Person, Meter] = {}
        self._hour = 0
        self._soon = asyncio.Event()
        self._lock = asyncio.Lock()

    async def meter(self, person: str, project: str) -> Meter:
        """Return the meter of *person* in *project*, with what was counted before this gateway started.

        Raises
        ------
        Unavailable
            the table can't be read: nothing is shown on trust.
        """
        found = self._meters.get((person, project))
        if found is not None:
            return found
        made = Meter(self._soon.set, self._zone)
        try:
            if not self._hour:
                self._hour = await asyncio.to_thread(self._counts.latest_hour)
            self._hour = max(self._hour, hour_of(self._clock.now()))
            made.set(
                *await asyncio.to_thread(self._counts.read, person, project, self._hour, self._default), self._hour
            )
        except SQLAlchemyError:
            raise Unavailable(
                Text("Le budget d'affichage ne peut pas être lu.", "The budget of output can't be read.")
            ) from None
        return self._meters.setdefault((person, project), made)

    async def run(self) -> None:
        """Write and read counts for ever."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._soon.wait(), FLUSH_S)
            self._soon.clear()
            try:
                await self.flush()
            except SQLAlchemyError as error:  # counts wait; what is paused stays paused
                log.warning("egress_not_written", error=repr(error))
                await asyncio.sleep(1)

    async def flush(self) -> None:
        """Bring this gateway's counts to the table, and the table's to the meters."""
        async with self._lock:
            hour = max(self._hour, hour_of(self._clock.now()))
            turned, self._hour = hour != self._hour, hour
            moving = {key: meter for key, meter in self._meters.items() if meter.pending or meter.waiting or turned}
            shown = {key: meter.pending for key, meter in moving.items()}
            await asyncio.to_thread(self._counts.add, shown, hour)
            for key, meter in moving.items():
                meter.pending -= shown[key]
                meter.use = meter.use.more(shown[key])
            stand = await asyncio.to_thread(self._counts.read_all, moving, hour, self._default)
            for key, meter in moving.items():
                meter.set(*stand[key], hour)
                await self._tell(key, meter)

    async def _tell(self, key: Person, meter: Meter) -> None:
        """Record that a line was crossed, once per window, whichever gateway sees it first."""
        if meter.flow is Flow.FREE or (window := meter.window(meter.flow)) in meter.told:
            return
        kind = Kind.EGRESS_PAUSED if meter.flow is Flow.PAUSED else Kind.EGRESS_WARNED
        number = hashlib.sha256("\n".join((*key, window)).encode()).hexdigest()[:32]
        used = {"hour_bytes": meter.use.hour, "day_bytes": meter.use.day}
        facts: dict[str, Scalar] = {
            name: bucket(size) for name, size in used.items()
        }  # code chooses how much it prints
        exact = {name: str(size) for name, size in used.items()}
        with contextlib.suppress(Unavailable):  # the pause stands; the entry is tried again with the next counts
            await self._record(Event(kind, *key, datetime.now(UTC), facts, private=exact, id=number))
            meter.told.add(window)
