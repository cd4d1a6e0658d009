"""What was deleted, provably: each deletion is planned, recorded in the log, carried out, and may be told in full.

A plan is a list of entries and of what each of them loses. It is written down first; then ``audit.deleted`` goes into
the log, with the plan's number as its id and the SHA-256 of the list; only then are the rows deleted, a few at a time.
Whoever is stopped in between goes on with the same plan, and the log takes the same entry once.
"""

import hashlib
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from audit.events import Event, Kind
from audit.places import Places
from audit.private import open_database
from audit.rows import EPOCH, MICROSECOND

ACTOR: Final = "system:retention"
#: Rows deleted in one transaction: the integrator waits no longer than that.
SLICE: Final = 500
_SCHEMA = """
CREATE TABLE IF NOT EXISTS deletion (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, project TEXT, months INTEGER NOT NULL,
  at INTEGER NOT NULL, entries INTEGER NOT NULL, facts INTEGER NOT NULL, blobs INTEGER NOT NULL, names INTEGER NOT NULL,
  first INTEGER, last INTEGER, digest TEXT NOT NULL, list BLOB NOT NULL, done INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS deletion_open ON deletion (seq) WHERE done = 0;
"""
_COLUMNS = "id, project, months, at, entries, facts, blobs, names, first, last, digest, done"

Rest = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Loss:
    """What one entry loses."""

    entry: int
    facts: bool
    blob: bool

    def line(self) -> str:
        """Return the entry's line of the list: its index, then ``f`` for private facts, ``b`` for the message."""
        return f"{self.entry} {'f' * self.facts}{'b' * self.blob}\n"


@dataclass(frozen=True, slots=True)
class Deletion:
    """One deletion, as its entry tells it."""

    #: Also the id of its entry ``audit.deleted``.
    id: str
    project: str | None
    months: int
    planned_at: datetime
    entries: int
    facts: int
    blobs: int
    names: int
    first: int | None
    last: int | None
    #: SHA-256 of the list.
    digest: str
    done: bool

    def event(self) -> Event:
        """Return its entry."""
        subject = {name: getattr(self, name) for name in ("months", "entries", "facts", "blobs", "names", "digest")}
        if self.first is not None:
            subject |= {"first": self.first, "last": self.last}
        return Event(Kind.AUDIT_DELETED, ACTOR, self.project, self.planned_at, subject, id=self.id)


class Deletions:
    """The plans, beside the tables they delete from."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._database = open_database(places.private, _SCHEMA)

    def plan_entries(self, number: str, project: str | None, months: int, at: datetime, losses: Sequence[Loss]) -> None:
        """Write down what *losses* (in the order of the log) are about to be."""
        text = "".join(each.line() for each in losses).encode()
        facts, blobs = sum(each.facts for each in losses), sum(each.blob for each in losses)
        first, last, digest = losses[0].entry, losses[-1].entry, hashlib.sha256(text).hexdigest()
        self._add(
            Deletion(number, project, months, at, len(losses), facts, blobs, 0, first, last, digest, done=False), text
        )

    def plan_names(self, number: str, months: int, at: datetime, pseudonyms: Sequence[str]) -> None:
        """Write down whose names are about to be deleted."""
        text = "".join(f"{pseudonym} n\n" for pseudonym in pseudonyms).encode()
        digest = hashlib.sha256(text).hexdigest()
        self._add(Deletion(number, None, months, at, 0, 0, 0, len(pseudonyms), None, None, digest, done=False), text)

    def all(self, *, unfinished: bool = False) -> list[Deletion]:
        """Return every deletion, oldest first."""
        where = "WHERE done = 0" if unfinished else ""
        query = f"SELECT {_COLUMNS} FROM deletion {where} ORDER BY seq"  # noqa: S608 - fixed words
        return [_deletion(row) for row in self._database.execute(query)]

    def text(self, number: str) -> bytes:
        """Return the list of a deletion: the bytes whose SHA-256 its entry holds.

        Raises
        ------
        KeyError
            there is no such deletion.
        """
        row = self._database.execute("SELECT list FROM deletion WHERE id = ?", (number,)).fetchone()
        if row is None:
            raise KeyError(number)
        return zlib.decompress(row[0])

    def carry_out(self, deletion: Deletion, rest: Rest) -> None:
        """Delete what the list says, in slices; *rest* is called between them and may raise to stop."""
        for lines in _slices(self.text(deletion.id).decode().splitlines()):
            self._delete(lines)
            rest()
        with self._database:
            self._database.execute("UPDATE deletion SET done = 1 WHERE id = ?", (deletion.id,))

    def make_durable(self) -> None:
        """Bring what was overwritten from SQLite's own log into the file, and empty that log."""
        self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _add(self, new: Deletion, text: bytes) -> None:
        at = (new.planned_at - EPOCH) // MICROSECOND
        counts = (new.entries, new.facts, new.blobs, new.names, new.first, new.last)
        with self._database:
            self._database.execute(
                "INSERT INTO deletion (id, project, months, at, entries, facts, blobs, names, first, last, digest, "
                "done, list) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
                (new.id, new.project, new.months, at, *counts, new.digest, zlib.compress(text)),
            )

    def _delete(self, lines: Sequence[str]) -> None:
        """Files go first: a row without its file is found again, a file without its row would not be."""
        pairs = [line.split(" ", 1) for line in lines]
        entries = [(int(name),) for name, what in pairs if what != "n"]
        names = [(name,) for name, what in pairs if what == "n"]
        for (entry,) in entries:
            row = self._database.execute("SELECT digest FROM sealed WHERE idx = ?", (entry,)).fetchone()
            if row is not None and row[0] is not None:
                self._places.blob(row[0]).unlink(missing_ok=True)
        with self._database:
            self._database.executemany("DELETE FROM side WHERE idx = ?", entries)
            self._database.executemany("DELETE FROM sealed WHERE idx = ?", entries)
            self._database.executemany("DELETE FROM person WHERE pseudonym = ?", names)


def deletions(places: Places) -> list[Deletion]:
    """Return every deletion of a ledger, oldest first."""
    opened = Deletions(places)
    try:
        return opened.all()
    finally:
        opened.close()


def deletion_list(places: Places, number: str) -> bytes:
    """Return the list of one deletion; raises ``KeyError`` when there is none of this number."""
    opened = Deletions(places)
    try:
        return opened.text(number)
    finally:
        opened.close()


def _deletion(row: Sequence[int | str | None]) -> Deletion:
    number, project, months, at, entries, facts, blobs, names, first, last, digest, done = row
    return Deletion(
        str(number), None if project is None else str(project), int(months or 0), EPOCH + int(at or 0) * MICROSECOND,
        int(entries or 0), int(facts or 0), int(blobs or 0), int(names or 0),
        None if first is None else int(first), None if last is None else int(last), str(digest), bool(done),
    )  # fmt: skip


def _slices(lines: Sequence[str]) -> Iterator[Sequence[str]]:
    for at in range(0, len(lines), SLICE):
        yield lines[at : at + SLICE]
