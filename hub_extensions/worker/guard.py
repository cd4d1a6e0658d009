"""What watches the ledger and deletes what is over: threads of the worker, so that no cut ever waits for them."""

import hashlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from audit.checkpoint import Verifier, read_checkpoint
from audit.errors import LedgerError, Malformed
from audit.events import Event, Kind, Scalar
from audit.index import Index
from audit.places import Places
from audit.retention import Keep, Retention, Rules
from hub_extensions.installation.opening import open_store
from hub_extensions.oversight.alarms import Alarm, AlarmBook, AlarmKind, AlarmTeller, Memory, alarm_book, changes
from hub_extensions.oversight.anchors import anchor_alarms
from hub_extensions.oversight.disk_space import disk_alarms
from hub_extensions.settings import Settings
from hub_extensions.worker.histories import Histories
from hub_extensions.worker.repeating import repeat
from hub_extensions.worker.silence import Signs, SilenceWatch, gaps
from hub_extensions.worker.stop_alarms import StopAlarms
from project_spaces.controls import overdue
from project_spaces.errors import BureauError
from project_spaces.retention import retentions
from project_spaces.shown.forgetting import forget_shown
from project_spaces.store import Store
from project_spaces.text import Text

ACTOR: Final = "system:worker"
LOOK_EVERY_S: Final = 5.0
#: Signs of life compared at a time.
BEATS: Final = 1000
SWEEP_EVERY: Final = timedelta(days=1)
SWEEP_LATE: Final = timedelta(days=3)
_BEAT_KINDS: Final = (Kind.LEDGER_HEARTBEAT.value, Kind.LEDGER_OPENED.value)
#: Alarms that are recorded when they are over.
_RECORDED: Final = {AlarmKind.UNREACHABLE, AlarmKind.STALLED, AlarmKind.ROLLED_BACK}
#: Those that are recorded as soon as they are seen.
_RECORDED_AT_ONCE: Final = {AlarmKind.CLOCK, AlarmKind.CLOCK_WRONG}

log = structlog.get_logger()


class Guard:
    """Looks at the ledger, keeps the alarms, and records what was wrong once that is possible.

    Parameters
    ----------
    longest
        how long the log may go without a sign of life.
    ours
        further alarms, asked at each look (controls and deletions that are late).
    """

    def __init__(
        self,
        store: Store,
        places: Places,
        book: AlarmBook,
        teller: AlarmTeller,
        longest: timedelta,
        *,
        ours: Callable[[datetime], list[Alarm]] = lambda _now: [],
    ) -> None:
        self._store, self._places, self._book, self._teller = store, places, book, teller
        self._longest, self._ours = longest, ours
        self._memory = self._remembered()
        self._watch = SilenceWatch(longest, self._memory.published)

    def look(self, now: datetime, elapsed: float) -> tuple[Alarm, ...]:
        """Look once; return what is wrong."""
        memory = self._memory
        with self._index() as index:
            signs = Signs(now, elapsed, self._head(), self._published(), _newest_beat(index))
            found = [*self._watch.look(signs), *self._ours(now)]
            memory.alarms, opened, closed = changes(memory.alarms, found)
            memory.unrecorded += [(each, now) for each in closed if each.kind in _RECORDED]
            memory.unrecorded += [(each, now) for each in opened if each.kind in _RECORDED_AT_ONCE]
            self._teller.tell(opened, "opened")
            self._teller.tell(closed, "closed")
            if signs.head is not None:
                self._record(now)
                self._compare_beats(index)
        memory.published, memory.seen_at = self._watch.most_published, now
        self._book.write(memory)
        return tuple(memory.alarms)

    def _remembered(self) -> Memory:
        try:
            return self._book.read()
        except ValueError as error:
            log.error("alarms_unreadable", error=str(error))
            return Memory()

    @contextmanager
    def _index(self) -> Iterator[Index | None]:
        """The search index, None while there is none that can be read."""
        try:
            index = Index(self._places)
        except sqlite3.Error:
            yield None
            return
        with closing(index):
            yield index

    def _head(self) -> int | None:
        try:
            return self._store.ledger.ping().size
        except LedgerError:
            return None

    def _published(self) -> int | None:
        try:
            verifier = Verifier(self._places.vkey.read_text())
            return read_checkpoint(self._places.checkpoint.read_text(), verifier).size
        except (OSError, Malformed, UnicodeDecodeError):
            return None

    def _record(self, now: datetime) -> None:
        """Tell the ledger of alarms that are over; what it does not take is kept for the next look."""
        while self._memory.unrecorded:
            alarm, end = self._memory.unrecorded[0]
            if not self._say(alarm.kind.value, alarm.since, end, now, f"{alarm.key} {alarm.since.isoformat()}"):
                return
            self._memory.unrecorded.pop(0)

    def _compare_beats(self, index: Index | None) -> None:
        """Find silences and steps of the clock that nobody was there to see."""
        if index is None:
            return
        before = self._memory.beat
        places = index.places_of(kind=_BEAT_KINDS, after=-1 if before is None else before[0], limit=BEATS)[::-1]
        beats = [*([] if before is None else [before]), *zip(places, index.times(places), strict=True)]
        for gap in gaps(beats, self._longest):
            if not self._say(gap.cause, gap.begin, gap.end, gap.end, f"{gap.cause} {gap.after}"):
                return
        self._memory.beat = beats[-1] if beats else None

    def _say(self, cause: str, begin: datetime, end: datetime, at: datetime, key: str) -> bool:
        """Record one silence, once: its id comes from what it is about."""
        seconds = round((end - begin).total_seconds())
        subject: dict[str, Scalar] = {
            "cause": cause, "begin": begin.isoformat(), "end": end.isoformat(), "seconds": seconds,
        }  # fmt: skip
        number = hashlib.sha256(key.encode()).hexdigest()[:32]
        try:
            self._store.record(Event(Kind.LEDGER_SILENT, ACTOR, None, at, subject, id=number))
        except BureauError:
            return False
        return True


def _newest_beat(index: Index | None) -> tuple[int, datetime] | None:
    places = [] if index is None else index.places_of(kind=_BEAT_KINDS, limit=1)
    return (places[0], index.times(places)[0]) if index is not None and places else None


class Lateness:
    """Alarms of controls and deletions that are late; asked of the database once an hour."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings, self._store = settings, store
        self._begun: datetime | None = None
        self._due: datetime | None = None
        self._found: list[Alarm] = []

    def __call__(self, now: datetime) -> list[Alarm]:
        """Return what is late."""
        self._begun = self._begun or now
        if self._due is None or now >= self._due:
            try:
                self._found = [*self._controls(now), *self._deletions(now, self._begun)]
                self._due = now + timedelta(hours=1)
            except (BureauError, SQLAlchemyError) as error:  # the database is down: asked again at the next look
                log.warning("lateness_unknown", error=repr(error))
        return self._found

    def _controls(self, now: datetime) -> Iterator[Alarm]:
        with self._store.read() as session:
            late = overdue(session, self._settings.control_terms, now)
        for each in late:
            scope = Text("la plateforme", "the platform") if each.scope is None else Text(each.scope, each.scope)
            yield Alarm(
                f"control {each.scope or ''} {each.period.name}",
                AlarmKind.CONTROL,
                each.period.due,
                Text(
                    f"Le contrôle des traces de {scope.fr} pour {each.period.name} n'est pas signé.",
                    f"The control of traces of {scope.en} for {each.period.name} is not signed.",
                ),
            )

    def _deletions(self, now: datetime, begun: datetime) -> Iterator[Alarm]:
        last = swept_at(self._settings) or begun
        if now - last > SWEEP_LATE:
            text = Text(
                f"Les traces périmées ne sont plus effacées depuis {last:%d/%m/%Y}.",
                f"Traces whose time is over have not been deleted since {last:%d %b %Y}.",
            )
            yield Alarm("retention", AlarmKind.RETENTION, last, text)


def swept_at(settings: Settings) -> datetime | None:
    """Return when deletions were last brought to their end."""
    try:
        return datetime.fromtimestamp(_stamp(settings).stat().st_mtime, UTC)
    except FileNotFoundError:
        return None


def _stamp(settings: Settings) -> Path:
    return settings.state_dir / "swept"


class _Told(Exception):
    """The worker is told to stop."""


class Sweeper:
    """Deletes once a day what is over."""

    def __init__(self, settings: Settings, store: Store, told: threading.Event) -> None:
        self._settings, self._store, self._told = settings, store, told

    def sweep_if_due(self, now: datetime) -> bool:
        """Sweep when the last one is a day ago; False when it is not time, or was not brought to its end."""
        last = swept_at(self._settings)
        if last is not None and timedelta(0) <= now - last < SWEEP_EVERY:
            return False
        places = Places(self._settings.ledger_dir)
        try:
            swept = Retention(places, self._rules, self._store.record, self._rest).sweep(now)
            shown = forget_shown(self._store, lambda project: self._rules().of(project), now=now)
        except (BureauError, SQLAlchemyError, LedgerError, sqlite3.Error, OSError) as error:
            log.warning("deletion_not_finished", error=repr(error))
            return False
        except _Told:
            return False
        log.info("deletion_finished", entries=swept.entries, names=swept.names, shown=shown)
        _stamp(self._settings).touch()
        return True

    def _rules(self) -> Rules:
        default = self._settings.retention_months
        with self._store.read() as session:
            kept = retentions(session, default)
        projects = {slug: Keep(each.months, each.hold is not None) for slug, each in kept.items()}
        return Rules(Keep(default), projects)

    def _rest(self) -> None:
        if self._told.wait(0.01):
            raise _Told


def _of_the_machine(settings: Settings, now: datetime) -> Iterator[Alarm]:
    yield from anchor_alarms(settings, now)
    try:
        yield from disk_alarms(settings, now)
    except OSError as error:  # a folder that is gone: what needs it says so
        log.warning("disk_not_looked_at", error=repr(error))


def start_guards(settings: Settings, told: threading.Event) -> list[threading.Thread]:
    """Start both in threads that end when *told* is set."""
    store = open_store(settings)
    places = Places(settings.ledger_dir)
    late, stops, histories = Lateness(settings, store), StopAlarms(store), Histories(store, places)
    teller = AlarmTeller(settings.alarm_command, settings.alarm_webhook)
    guard = Guard(
        store,
        places,
        alarm_book(settings),
        teller,
        settings.longest_silence,
        ours=lambda now: [*late(now), *_of_the_machine(settings, now), *stops(now), *histories(now)],
    )
    sweeper = Sweeper(settings, store, told)

    def look() -> None:
        guard.look(datetime.now(UTC), time.clock_gettime(time.CLOCK_BOOTTIME))

    def sweep() -> None:
        sweeper.sweep_if_due(datetime.now(UTC))

    threads = [repeat(look, LOOK_EVERY_S, told), repeat(sweep, 600.0, told)]
    for thread in threads:
        thread.start()
    return threads
