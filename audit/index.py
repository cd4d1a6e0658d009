"""Search over the log: by kind, person, project, data set and time, newest first, fast at millions of entries.

The index is made from the leaves alone and can be made again from the tiles. It is filled off the path of
acknowledgements, so an entry is found at most about half a second after it was recorded (``Ledger.settle`` waits for
it).
"""

import heapq
import itertools
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Unpack

from audit import postings
from audit.events import Kind
from audit.places import Places
from audit.postings import By
from audit.private import PrivateStore, open_database
from audit.row_checks import RowCheck, misnamed, misplaced
from audit.rows import ANY_RULE, EPOCH, MICROSECOND, Asked, Read, Row, body_of, nothing_of, row_of
from audit.tiles import TileReader

__all__ = ["Index", "IndexWriter", "Row", "Silence"]

#: Raised when tables or lists change: an index of another version is made again from the tiles.
VERSION = 2
#: Entries per row of the table that maps times to indexes.
BLOCK = 1024
_SCHEMA = (
    """
CREATE TABLE IF NOT EXISTS state (one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL);
INSERT OR IGNORE INTO state VALUES (1, 0);
CREATE TABLE IF NOT EXISTS entry (idx INTEGER PRIMARY KEY, id BLOB, at INTEGER NOT NULL, actor TEXT);
CREATE INDEX IF NOT EXISTS entry_id ON entry (id);
CREATE TABLE IF NOT EXISTS block (block INTEGER PRIMARY KEY, low INTEGER NOT NULL, high INTEGER NOT NULL);
"""
    + postings.SCHEMA
)


@dataclass(frozen=True, slots=True)
class Silence:
    """A time in which the recorder said nothing."""

    begin: datetime
    end: datetime


class IndexWriter:
    """Fills the index; used by the integrator only. An index of another version is thrown away first."""

    def __init__(self, places: Places) -> None:
        if places.index.exists() and _version(places.index) != VERSION:
            for suffix in ("", "-wal", "-shm"):
                places.index.with_name(places.index.name + suffix).unlink(missing_ok=True)
        self._database = open_database(places.index, _SCHEMA)
        self._database.execute(f"PRAGMA user_version = {VERSION}")
        self._postings = postings.PostingWriter(self._database)

    @property
    def size(self) -> int:
        """Entries below this are in the index."""
        return int(self._database.execute("SELECT size FROM state").fetchone()[0])

    def add(self, start: int, entries: Sequence[bytes]) -> None:
        """Take in leaves, in one transaction; those that are in already are left as they are (they are the same)."""
        known = self.size
        new = [(place, Read(entry)) for place, entry in enumerate(entries, start) if place >= known]
        blocks: dict[int, tuple[int, int]] = {}
        for place, read in new:
            low, high = blocks.get(place // BLOCK, (read.at, read.at))
            blocks[place // BLOCK] = min(low, read.at), max(high, read.at)
        try:
            with self._database:
                self._database.executemany(
                    "INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?)",
                    [(place, read.id, read.at, read.actor) for place, read in new],
                )
                self._postings.add((place, read.traits) for place, read in new)
                self._database.executemany(
                    "INSERT INTO block VALUES (?, ?, ?) ON CONFLICT (block) DO UPDATE"
                    " SET low = min(low, excluded.low), high = max(high, excluded.high)",
                    [(block, low, high) for block, (low, high) in blocks.items()],
                )
                self._database.execute("UPDATE state SET size = max(size, ?)", (start + len(entries),))
        except BaseException:
            self._postings.forget_numbers()
            raise

    def make_durable(self) -> None:
        """Bring everything from SQLite's own log into the file, synced."""
        self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the database."""
        self._database.close()


class Index:
    """Read side, for portal and command line; one per thread or per request.

    Parameters
    ----------
    check
        holds each row against what the log signed; of one that was not signed nothing is read.
    pseudonym
        tells a name's pseudonym; a name beside another one is not believed.
    covered
        find only what the published checkpoint covers: for whoever waited for it (``Ledger.settle``).
    """

    def __init__(
        self,
        places: Places,
        check: RowCheck | None = None,
        pseudonym: Callable[[str], str] | None = None,
        *,
        covered: bool = False,
    ) -> None:
        self.places = places
        self._most = check.size if check is not None and covered else None
        self._check, self._pseudonym_of = check, pseudonym
        self._database = sqlite3.connect(f"file:{places.index}?mode=ro", uri=True, timeout=5.0, check_same_thread=False)
        if _version(places.index) != VERSION:
            self._database.close()
            msg = "the search index is of another version: it is made again when the recorder starts"
            raise sqlite3.OperationalError(msg)
        self._postings = postings.Postings(self._database)
        self._private = PrivateStore(places)

    @property
    def size(self) -> int:
        """How many entries can be found."""
        found = int(self._database.execute("SELECT size FROM state").fetchone()[0])
        return found if self._most is None else min(found, self._most)

    def search(self, *, limit: int = 50, **asked: Unpack[Asked]) -> list[Row]:
        """Return the rows of ``places``, with the same questions."""
        return self.rows(self.places_of(limit=limit, **asked))

    def places_of(
        self,
        *,
        kind: str | Sequence[str] | None = None,
        actor: str | None = None,
        besides: str | None = None,
        person: str | None = None,
        project: str | None = None,
        dataset: str | None = None,
        rule: str | bool | None = None,
        workspace: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        before: int | None = None,
        after: int | None = None,
        limit: int = 50,
    ) -> list[int]:
        """Return the indexes of entries, newest first.

        Parameters
        ----------
        kind
            one kind or several.
        actor
            who acted: a user name, a pseudonym or ``system:…``.
        besides
            who did not act: what this one did is passed over before anything is counted.
        person
            who acted or was concerned.
        dataset
            value of ``dataset`` in the subject.
        rule
            a detection rule that was hit, in this version (``name@2``) or in any (``name``); True for any rule.
        workspace
            id of a workspace: everything from its start to its end.
        since, until
            bounds on the event's own time, both included.
        before
            cursor: only entries with a smaller index (the last index of the page before).
        after
            cursor the other way: those next above this index, and still newest first.
        """
        narrow = self._narrow(since, until, before, after)
        if actor is not None:
            narrow.add("entry.actor = ?", self._pseudonym(actor))
        if besides is not None:
            narrow.add("entry.actor != ?", self._pseudonym(besides))
        wanted = self._wanted(person=person or actor, project=project, dataset=dataset, rule=rule, workspace=workspace)
        kinds = [None] if kind is None else [kind] if isinstance(kind, str) else list(dict.fromkeys(kind))
        newest = after is None
        asked = [wanted if each is None else {**wanted, By.KIND: each} for each in kinds]
        found = [self._walk(each, narrow, newest=newest, limit=limit) for each in asked]
        merged = list(itertools.islice(heapq.merge(*found, reverse=newest), limit))
        return merged if newest else merged[::-1]

    def count(
        self,
        *,
        kind: str | None = None,
        person: str | None = None,
        project: str | None = None,
        dataset: str | None = None,
        rule: str | bool | None = None,
        workspace: str | None = None,
    ) -> int | None:
        """Return how many entries there are, at once; None where that would mean to count (three criteria or more)."""
        wanted = self._wanted(person=person, project=project, dataset=dataset, rule=rule, workspace=workspace)
        if kind is not None:
            wanted[By.KIND] = kind
        return self._postings.count(wanted) if wanted else self.size

    def rows(self, places: Sequence[int]) -> list[Row]:
        """Return the rows of these indexes, in this order."""
        reader = TileReader(self.places.log, self.size)
        found = [(place, reader.entry(place)) for place in places]
        unsigned = {place: self._check.problem(place, entry) for place, entry in found} if self._check else {}
        bodies = [
            (place, entry, nothing_of(entry) if unsigned.get(place) else body_of(entry)) for place, entry in found
        ]
        facts = self._private.facts([place for place in places if not unsigned.get(place)])
        told = self._private.names(
            pseudonym for _, _, body in bodies for pseudonym in (body["actor"], *body.get("persons", {}).values())
        )
        names = {pseudonym: name for pseudonym, name in told.items() if self._fits(pseudonym, name)}
        return [
            replace(
                row_of(place, entry, body, names, facts.get(place, {})),
                problem=unsigned.get(place) or misnamed(body, told.keys() - names.keys()),
                signed=not unsigned.get(place),
            )
            for place, entry, body in bodies
        ]

    def held_against(self, rows: Sequence[Row], *, kind: str | Sequence[str] | None = None, **asked: Any) -> list[Row]:
        """Return the rows, each that is not what was asked for with a problem: the lists that found it were edited."""
        wanted = set(self._wanted(**asked).items())
        kinds = {kind} if isinstance(kind, str) else set(kind or ())
        return [replace(row, problem=row.problem or misplaced(row, wanted, kinds)) for row in rows]

    def _fits(self, pseudonym: str, name: str) -> bool:
        return self._pseudonym_of is None or self._pseudonym_of(name) == pseudonym

    def silences(self, longest: timedelta, since: datetime, now: datetime) -> list[Silence]:
        """Return the times from *since* to *now* in which the recorder said nothing for more than *longest*.

        It says something at least every ``--heartbeat`` seconds, so a silence means that it did not run, or that
        someone held it back (TRAPS C8). Times are those of its own entries.
        """
        start, end, limit = ((value - EPOCH) // MICROSECOND for value in (since, now, EPOCH + longest))
        moments = [start, *self._beats(since, now), end]
        return [
            Silence(EPOCH + before * MICROSECOND, EPOCH + after * MICROSECOND)
            for before, after in itertools.pairwise(moments)
            if after - before > limit
        ]

    def _beats(self, since: datetime, until: datetime) -> Iterator[int]:
        """Yield the times at which the recorder said that it lives, in the order of the log."""
        narrow = self._narrow(since, until, None, None)
        kinds = (Kind.LEDGER_HEARTBEAT.value, Kind.LEDGER_OPENED.value)
        walks = [self._walk({By.KIND: kind}, narrow, newest=False, limit=-1) for kind in kinds]
        for place in heapq.merge(*walks):
            yield int(self._database.execute("SELECT at FROM entry WHERE idx = ?", (place,)).fetchone()[0])

    def sealed(self, place: int) -> bytes | None:
        """Return the sealed message of an entry, None when it has none or it is forgotten."""
        return self._private.sealed(place)

    def close(self) -> None:
        """Close the databases."""
        self._database.close()
        self._private.close()

    def person(self, typed: str) -> str | None:
        """Return the user name that *typed* (a name or a pseudonym) stands for, None when the log knows nobody so."""
        found = self._private.names([typed]).get(typed)
        return found or (typed if self._private.pseudonym(typed) else None)

    def times(self, places: Sequence[int]) -> list[datetime]:
        """Return when these entries happened, in their order; without reading them."""
        query = "SELECT at FROM entry WHERE idx = ?"
        found = (self._database.execute(query, (place,)).fetchone()[0] for place in places)
        return [EPOCH + at * MICROSECOND for at in found]

    def _pseudonym(self, name: str) -> str:
        return self._private.pseudonym(name) or name

    def _wanted(
        self,
        *,
        person: str | None = None,
        project: str | None = None,
        dataset: str | None = None,
        rule: str | bool | None = None,
        workspace: str | None = None,
    ) -> dict[By, str]:
        asked = {
            By.PERSON: None if person is None else self._pseudonym(person),
            By.PROJECT: project,
            By.DATASET: dataset,
            By.RULE: ANY_RULE if rule is True else rule or None,
            By.WORKSPACE: workspace,
        }
        return {by: value for by, value in asked.items() if value is not None}

    def _walk(self, wanted: Mapping[By, str], narrow: "_Narrow", *, newest: bool, limit: int) -> list[int]:
        lists = self._postings.cover(wanted)
        if wanted and not lists:
            return []
        sql = postings.query(lists, narrow.terms, timed=narrow.timed, newest=newest)
        values = (*lists[1:], *lists[:1], *narrow.values, limit)
        return [place for (place,) in self._database.execute(sql, values)]

    def _narrow(
        self, since: datetime | None, until: datetime | None, before: int | None, after: int | None
    ) -> "_Narrow":
        """Bound the index by blocks of time too, so that an old period costs no walk from the newest entry.

        One bound on each side: given two, SQLite walks from the first that it meets.
        """
        floors = [0 if after is None else after + 1]
        ceilings = [each for each in (before, self._most) if each is not None] or [2**62]
        narrow = _Narrow()
        if since is not None:
            low = (since - EPOCH) // MICROSECOND
            (first,) = self._database.execute("SELECT min(block) FROM block WHERE high >= ?", (low,)).fetchone()
            narrow.add("entry.at >= ?", low)
            floors.append(2**62 if first is None else first * BLOCK)
        if until is not None:
            high = (until - EPOCH) // MICROSECOND
            (last,) = self._database.execute("SELECT max(block) FROM block WHERE low <= ?", (high,)).fetchone()
            narrow.add("entry.at <= ?", high)
            ceilings.append(-1 if last is None else (last + 1) * BLOCK)
        narrow.add("place.idx >= ?", max(floors))
        narrow.add("place.idx < ?", min(ceilings))
        return narrow


class _Narrow:
    """Conditions on a walk, with their values."""

    def __init__(self) -> None:
        self.terms: list[str] = []
        self.values: list[Any] = []

    def add(self, term: str, value: Any) -> None:
        """Add one."""
        self.terms.append(term)
        self.values.append(value)

    @property
    def timed(self) -> bool:
        """A condition looks at the entry itself."""
        return any(term.startswith("entry.") for term in self.terms)


def _version(path: Path) -> int:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5.0)) as database:
        return int(database.execute("PRAGMA user_version").fetchone()[0])
