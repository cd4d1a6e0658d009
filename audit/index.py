"""Search over the log: by kind, person, project, data set and time, newest first, fast at millions of entries.

The index is made from the leaves alone and can be made again from the tiles. It is filled off the path of
acknowledgements, so an entry is found at most about half a second after it was recorded (``Ledger.settle`` waits for
it).
"""

import itertools
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from audit import leaf as leaves
from audit import merkle
from audit.errors import Malformed
from audit.events import Kind
from audit.places import Places
from audit.private import PrivateStore, open_database, text_of
from audit.tiles import TileReader

#: Entries per row of the table that maps times to indexes.
BLOCK = 1024
#: Stands in the table of hits for "any rule".
ANY_RULE = ""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS state (one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL);
INSERT OR IGNORE INTO state VALUES (1, 0);
CREATE TABLE IF NOT EXISTS entry (
  idx INTEGER PRIMARY KEY, id BLOB, at INTEGER NOT NULL, kind TEXT NOT NULL, actor TEXT, project TEXT, dataset TEXT);
CREATE INDEX IF NOT EXISTS entry_id ON entry (id);
CREATE INDEX IF NOT EXISTS entry_kind ON entry (kind);
CREATE INDEX IF NOT EXISTS entry_project ON entry (project) WHERE project IS NOT NULL;
CREATE INDEX IF NOT EXISTS entry_dataset ON entry (dataset) WHERE dataset IS NOT NULL;
CREATE TABLE IF NOT EXISTS concern (person TEXT, idx INTEGER, PRIMARY KEY (person, idx)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS hit (rule TEXT, idx INTEGER, PRIMARY KEY (rule, idx)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entry_actor ON entry (actor);
CREATE TABLE IF NOT EXISTS block (block INTEGER PRIMARY KEY, low INTEGER NOT NULL, high INTEGER NOT NULL);
"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
#: Kind of an entry whose leaf is not one of ours; it stays in the log and can be seen.
UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Row:
    """One entry as an auditor sees it."""

    index: int
    at: datetime
    kind: str
    #: Pseudonym, or ``system:…``.
    actor: str
    #: None once the name is forgotten.
    actor_name: str | None
    project: str | None
    subject: Mapping[str, Any]
    #: Other people, part → pseudonym.
    persons: Mapping[str, str]
    #: Names behind the pseudonyms of this row, as far as they are still known.
    names: Mapping[str, str]
    private: Mapping[str, str]
    #: Size bucket of the sealed message, None without one.
    size: int | None
    leaf: bytes = field(repr=False)
    #: Detection rules that the entry hit, as ``name@version``.
    rules: tuple[str, ...] = ()

    @property
    def leaf_hash(self) -> bytes:
        """RFC 6962 hash of the leaf."""
        return merkle.hash_leaf(self.leaf)


@dataclass(frozen=True, slots=True)
class Silence:
    """A time in which the recorder said nothing."""

    begin: datetime
    end: datetime


class IndexWriter:
    """Fills the index; used by the integrator only."""

    def __init__(self, places: Places) -> None:
        self._database = open_database(places.index, _SCHEMA)

    @property
    def size(self) -> int:
        """Entries below this are in the index."""
        return int(self._database.execute("SELECT size FROM state").fetchone()[0])

    def add(self, start: int, entries: Iterable[bytes]) -> None:
        """Take in leaves, in one transaction; those that are in already are replaced by the same."""
        rows, concerns, hits, end = [], [], [], start
        blocks: dict[int, tuple[int, int]] = {}
        for end, entry in enumerate(entries, start + 1):
            place = end - 1
            row, persons, rules = _columns(entry)
            rows.append((place, *row))
            concerns += [(person, place) for person in persons]
            hits += [(name, place) for name in _rule_names(rules)]
            low, high = blocks.get(place // BLOCK, (row[1], row[1]))
            blocks[place // BLOCK] = min(low, row[1]), max(high, row[1])
        with self._database:
            self._database.executemany("INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            self._database.executemany("INSERT OR IGNORE INTO concern VALUES (?, ?)", concerns)
            self._database.executemany("INSERT OR IGNORE INTO hit VALUES (?, ?)", hits)
            self._database.executemany(
                "INSERT INTO block VALUES (?, ?, ?) ON CONFLICT (block) DO UPDATE"
                " SET low = min(low, excluded.low), high = max(high, excluded.high)",
                [(block, low, high) for block, (low, high) in blocks.items()],
            )
            self._database.execute("UPDATE state SET size = max(size, ?)", (end,))

    def make_durable(self) -> None:
        """Bring everything from SQLite's own log into the file, synced."""
        self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the database."""
        self._database.close()


class Index:
    """Read side, for portal and command line; one per thread or per request."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self._database = sqlite3.connect(f"file:{places.index}?mode=ro", uri=True, timeout=5.0, check_same_thread=False)
        self._private = PrivateStore(places)

    @property
    def size(self) -> int:
        """How many entries can be found."""
        return int(self._database.execute("SELECT size FROM state").fetchone()[0])

    def search(
        self,
        *,
        kind: str | Sequence[str] | None = None,
        actor: str | None = None,
        person: str | None = None,
        project: str | None = None,
        dataset: str | None = None,
        rule: str | bool | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> list[Row]:
        """Return entries, newest first.

        Parameters
        ----------
        kind
            one kind or several.
        actor
            who acted: a user name, a pseudonym or ``system:…``.
        person
            who acted or was concerned.
        dataset
            value of ``dataset`` in the subject.
        rule
            a detection rule that was hit, in this version (``name@2``) or in any (``name``); True for any rule.
        since, until
            bounds on the event's own time, both included.
        before
            cursor: only entries with a smaller index (the last index of the page before).
        """
        terms, values = ["1"], []
        for column, value in (("project", project), ("dataset", dataset)):
            if value is not None:
                terms.append(f"{column} = ?")
                values.append(value)
        if kind is not None:
            kinds = [kind] if isinstance(kind, str) else list(kind)
            terms.append(f"kind IN ({','.join('?' * len(kinds))})")
            values += kinds
        if actor is not None:
            terms.append("actor = ?")
            values.append(self._pseudonym(actor))
        if person is not None:
            terms.append("idx IN (SELECT idx FROM concern WHERE person = ?)")
            values.append(self._pseudonym(person))
        if rule:
            terms.append("idx IN (SELECT idx FROM hit WHERE rule = ?)")
            values.append(ANY_RULE if rule is True else rule)
        self._time_terms(terms, values, since, until, before)
        query = f"SELECT idx FROM entry WHERE {' AND '.join(terms)} ORDER BY idx DESC LIMIT ?"  # noqa: S608 - fixed terms
        return self.rows([place for (place,) in self._database.execute(query, (*values, limit))])

    def rows(self, places: Sequence[int]) -> list[Row]:
        """Return the rows of these indexes, in this order."""
        reader = TileReader(self.places.log, self.size)
        found = [(place, reader.entry(place)) for place in places]
        bodies = [(place, entry, _body(entry)) for place, entry in found]
        facts = self._private.facts(places)
        names = self._private.names(
            pseudonym for _, _, body in bodies for pseudonym in (body["actor"], *body.get("persons", {}).values())
        )
        return [_row(place, entry, body, names, facts.get(place, {})) for place, entry, body in bodies]

    def silences(self, longest: timedelta, since: datetime, now: datetime) -> list[Silence]:
        """Return the times from *since* to *now* in which the recorder said nothing for more than *longest*.

        It says something at least every ``--heartbeat`` seconds, so a silence means that it did not run, or that
        someone held it back (TRAPS C8). Times are those of its own entries.
        """
        start, end, limit = ((value - _EPOCH) // _MICROSECOND for value in (since, now, _EPOCH + longest))
        beats = self._database.execute(
            "SELECT at FROM entry WHERE kind IN (?, ?) AND at BETWEEN ? AND ? ORDER BY idx",
            (Kind.LEDGER_HEARTBEAT, Kind.LEDGER_OPENED, start, end),
        )
        moments = [start, *(at for (at,) in beats), end]
        return [
            Silence(_EPOCH + before * _MICROSECOND, _EPOCH + after * _MICROSECOND)
            for before, after in itertools.pairwise(moments)
            if after - before > limit
        ]

    def sealed(self, place: int) -> bytes | None:
        """Return the sealed message of an entry, None when it has none or it is forgotten."""
        return self._private.sealed(place)

    def close(self) -> None:
        """Close the databases."""
        self._database.close()
        self._private.close()

    def _pseudonym(self, name: str) -> str:
        return self._private.pseudonym(name) or name

    def _time_terms(
        self, terms: list[str], values: list[Any], since: datetime | None, until: datetime | None, before: int | None
    ) -> None:
        """Bound the index by blocks of time first, so that an old period costs no walk from the newest entry."""
        if since is not None:
            low = (since - _EPOCH) // _MICROSECOND
            (first,) = self._database.execute("SELECT min(block) FROM block WHERE high >= ?", (low,)).fetchone()
            terms += ["at >= ?", "idx >= ?"]
            values += [low, 2**62 if first is None else first * BLOCK]
        if until is not None:
            high = (until - _EPOCH) // _MICROSECOND
            (last,) = self._database.execute("SELECT max(block) FROM block WHERE low <= ?", (high,)).fetchone()
            terms += ["at <= ?", "idx < ?"]
            values += [high, -1 if last is None else (last + 1) * BLOCK]
        if before is not None:
            terms.append("idx < ?")
            values.append(before)


def _body(entry: bytes) -> dict[str, Any]:
    try:
        body = leaves.parse(entry)
        datetime.fromisoformat(body["at"])
    except (Malformed, KeyError, TypeError, ValueError):
        body = {}
    return {"kind": UNREADABLE, "actor": "", "at": "1970-01-01T00:00:00.000000Z", "subject": {}} | body


def _columns(entry: bytes) -> tuple[tuple[bytes | None, int, str, str, str | None, str | None], list[str], list[str]]:
    body = _body(entry)
    at_us = (datetime.fromisoformat(body["at"]) - _EPOCH) // _MICROSECOND
    number = bytes.fromhex(body["id"]) if "id" in body else None
    dataset = text_of(body["subject"].get("dataset"))
    persons = [body["actor"], *body.get("persons", {}).values()]
    return (number, at_us, body["kind"], body["actor"], text_of(body.get("project")), dataset), persons, _rules(body)


def _rules(body: Mapping[str, Any]) -> list[str]:
    rules = body.get("rules", [])
    return [rule for rule in rules if isinstance(rule, str)] if isinstance(rules, list) else []


def _rule_names(rules: Iterable[str]) -> set[str]:
    """Under which names a hit is found: the rule in its version, the rule in any, any rule."""
    return {name for rule in rules for name in (rule, rule.partition("@")[0], ANY_RULE)}


def _row(place: int, entry: bytes, body: dict[str, Any], names: Mapping[str, str], facts: Mapping[str, str]) -> Row:
    persons = body.get("persons", {})
    mine = {pseudonym: names[pseudonym] for pseudonym in (body["actor"], *persons.values()) if pseudonym in names}
    return Row(
        index=place,
        at=datetime.fromisoformat(body["at"]),
        kind=body["kind"],
        actor=body["actor"],
        actor_name=mine.get(body["actor"]),
        project=body.get("project"),
        subject=body["subject"],
        persons=persons,
        names=mine,
        private=facts,
        size=body.get("size"),
        leaf=entry,
        rules=tuple(_rules(body)),
    )
