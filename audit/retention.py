"""Deletes in time what must not be kept: private facts, sealed messages and names (MR-007 SEC-JOU-3, CNIL).

Nothing that a proof needs is touched: an entry holds pseudonyms, a commitment and a hash. What an entry's project and
time are is read from its leaf, which is signed, not from a table. Each deletion is provable (``audit.deletions``).

The walk begins with the oldest entry and ends where nothing can be old enough. It holds no lock: rows are deleted in
small transactions with a rest in between, and whoever is stopped starts again and finds what is left.
"""

import itertools
import json
import sqlite3
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from audit.deletions import Deletion, Deletions, Loss, Rest
from audit.events import Event
from audit.index import BLOCK, Index
from audit.places import Places
from audit.private import PrivateStore
from audit.rows import EPOCH, MICROSECOND
from audit.tiles import TileReader

#: Entries of one deletion at most: its list fits in memory, and it is over soon.
LARGEST: Final = 20_000
#: Rows that are looked at before the next look at holds and at the time.
PAGE: Final = 2048

Record = Callable[[Event], Any]


@dataclass(frozen=True, slots=True)
class Keep:
    """How long the traces of one project are kept; ``held``: nothing is deleted at all."""

    months: int
    held: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """How long traces are kept, by project; ``default`` is for the platform and for projects that do not exist."""

    default: Keep
    projects: Mapping[str, Keep]

    def of(self, project: str | None) -> Keep:
        """Return how long the traces of *project* are kept."""
        return self.projects.get(project, self.default) if project is not None else self.default

    @property
    def shortest(self) -> int:
        """The fewest months that anything is kept."""
        return min(keep.months for keep in (self.default, *self.projects.values()))


@dataclass(slots=True)
class Swept:
    """What one sweep did."""

    deletions: list[Deletion] = field(default_factory=list)

    @property
    def entries(self) -> int:
        """How many entries lost something."""
        return sum(each.entries for each in self.deletions)

    @property
    def names(self) -> int:
        """How many names are gone."""
        return sum(each.names for each in self.deletions)


class Retention:
    """Sweeps one ledger.

    Parameters
    ----------
    rules
        asked again before each deletion: a hold that was placed meanwhile counts.
    record
        appends an event to the log and returns when it is durable; whatever it raises ends the sweep.
    rest
        called between small steps; it may wait, or raise to stop.
    """

    def __init__(self, places: Places, rules: Callable[[], Rules], record: Record, rest: Rest) -> None:
        self._places, self._rules, self._record, self._rest = places, rules, record, rest

    def sweep(self, now: datetime) -> Swept:
        """Delete everything whose time is over at *now*; finish first what was begun before."""
        swept = Swept()
        with closing(Deletions(self._places)) as deletions, closing(Index(self._places)) as index:
            self._finish(deletions, swept)
            self._entries(deletions, index, now, swept)
            self._names(deletions, index, now, swept)
            if swept.deletions:
                deletions.make_durable()
        return swept

    def _finish(self, deletions: Deletions, swept: Swept) -> None:
        """Carry out every plan, recorded first, except those of projects that are held now."""
        for deletion in deletions.all(unfinished=True):
            if self._rules().of(deletion.project).held:
                continue
            self._record(deletion.event())
            deletions.carry_out(deletion, self._rest)
            swept.deletions.append(deletion)

    def _entries(self, deletions: Deletions, index: Index, now: datetime, swept: Swept) -> None:
        waiting: dict[tuple[str | None, int], list[Loss]] = {}
        for term, loss in self._over(index, now):
            losses = waiting.setdefault(term, [])
            losses.append(loss)
            if len(losses) >= LARGEST:
                deletions.plan_entries(uuid.uuid4().hex, *term, now, waiting.pop(term))
                self._finish(deletions, swept)
        for term, losses in waiting.items():
            deletions.plan_entries(uuid.uuid4().hex, *term, now, losses)
        self._finish(deletions, swept)

    def _over(self, index: Index, now: datetime) -> Iterator[tuple[tuple[str | None, int], Loss]]:
        """Yield what entries lose whose time is over, in the order of the log, with project and term."""
        rules = self._rules()
        ends = {months: as_written(months_before(now, months)) for months in _months(rules)}
        bound = self._bound(index, months_before(now, rules.shortest))
        reader = TileReader(self._places.log, index.size)
        for loss in self._kept(min(bound, index.size)):
            body = read_leaf(reader.entry(loss.entry))
            keep = rules.of(project := project_of(body))
            if not keep.held and str(body.get("at", "~")) < ends[keep.months]:
                yield (project, keep.months), loss

    def _kept(self, bound: int) -> Iterator[Loss]:
        """Yield what is still kept of entries below *bound*, a page at a time."""
        start = 0
        with closing(PrivateStore(self._places)) as store:
            while start < bound:
                facts, blobs, start = store.kept(start, bound, PAGE)
                for entry in sorted(facts | blobs):
                    yield Loss(entry, entry in facts, entry in blobs)
                self._rest()

    def _bound(self, index: Index, cutoff: datetime) -> int:
        """Below which index entries can be older than *cutoff*."""
        moment = (cutoff - EPOCH) // MICROSECOND
        with closing(sqlite3.connect(f"file:{self._places.index}?mode=ro", uri=True, timeout=5.0)) as database:
            (last,) = database.execute("SELECT max(block) FROM block WHERE low < ?", (moment,)).fetchone()
        return 0 if last is None else min((last + 1) * BLOCK, index.size)

    def _names(self, deletions: Deletions, index: Index, now: datetime, swept: Swept) -> None:
        """Delete names behind which no entry is left whose time is not over."""
        rules = self._rules()
        with closing(PrivateStore(self._places)) as store:
            people = store.pseudonyms()
        gone = []
        for pseudonym in people:
            if not self._needed(index, pseudonym, rules, now):
                gone.append(pseudonym)
            self._rest()
        for at in range(0, len(gone), LARGEST):
            deletions.plan_names(uuid.uuid4().hex, rules.default.months, now, gone[at : at + LARGEST])
        self._finish(deletions, swept)

    def _needed(self, index: Index, pseudonym: str, rules: Rules, now: datetime) -> bool:
        held = (project for project, keep in rules.projects.items() if keep.held)
        if rules.default.held or any(index.count(person=pseudonym, project=project) for project in held):
            return True
        ends = {months: as_written(months_before(now, months)) for months in _months(rules)}
        since, before = months_before(now, max(ends)), None
        reader = TileReader(self._places.log, index.size)
        while page := index.places_of(person=pseudonym, since=since, before=before, limit=256):
            for place in page:
                body = read_leaf(reader.entry(place))
                if str(body.get("at", "~")) >= ends[rules.of(project_of(body)).months]:
                    return True
            before = page[-1]
            self._rest()
        return False


def months_before(now: datetime, months: int) -> datetime:
    """Return the same moment *months* earlier; at the end of a shorter month, its last day."""
    year, number = divmod(now.year * 12 + now.month - 1 - months, 12)
    for day in itertools.count(now.day, -1):
        try:
            return now.replace(year=year, month=number + 1, day=day)
        except ValueError:
            continue
    raise AssertionError  # pragma: no cover - every month has a first day


def _months(rules: Rules) -> set[int]:
    return {keep.months for keep in (rules.default, *rules.projects.values())}


def as_written(at: datetime) -> str:
    """Write a time as leaves do: text compares as times do."""
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def read_leaf(leaf: bytes) -> dict[str, Any]:
    """Read a leaf quickly: it was checked when it was recorded. One that is not ours is never over."""
    try:
        body = json.loads(leaf)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def project_of(body: Mapping[str, Any]) -> str | None:
    """Return the project of a leaf that was read, None where it names none."""
    project = body.get("project")
    return project if isinstance(project, str) else None
