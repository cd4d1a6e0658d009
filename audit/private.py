"""What must be forgotten in time: names behind pseudonyms, private facts, sealed messages.

No proof needs any of it: a leaf holds pseudonyms, a commitment and the hash of the sealed blob. ``secure_delete``
makes SQLite overwrite what is deleted.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from audit.places import Places
from audit.records import BlobKind, Packed

_SCHEMA = """
CREATE TABLE IF NOT EXISTS state (one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL);
INSERT OR IGNORE INTO state VALUES (1, 0);
CREATE TABLE IF NOT EXISTS person (pseudonym TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS person_name ON person (name);
CREATE TABLE IF NOT EXISTS side (idx INTEGER PRIMARY KEY, facts TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sealed (idx INTEGER PRIMARY KEY, digest TEXT, blob BLOB);
"""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much a deletion removed."""

    facts: int = 0
    blobs: int = 0
    names: int = 0


@dataclass(slots=True)
class _Rows:
    names: dict[str, str] = field(default_factory=dict)
    side: list[tuple[int, str]] = field(default_factory=list)
    sealed: list[tuple[int, str | None, bytes | None]] = field(default_factory=list)


class PrivateStore:
    """The deletable tables of one ledger; several processes may open them."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self._database = open_database(places.private, _SCHEMA)

    @property
    def size(self) -> int:
        """Entries below this have been taken in (and perhaps forgotten since)."""
        return int(self._database.execute("SELECT size FROM state").fetchone()[0])

    def add(self, start: int, entries: Sequence[Packed]) -> None:
        """Take in the private part of *entries*; those that were taken in before are left as they are."""
        rows, known = _Rows(), self.size
        for place, entry in enumerate(entries, start):
            if place >= known:
                self._collect(place, entry, rows)
        with self._database:
            self._database.executemany("INSERT OR IGNORE INTO person VALUES (?, ?)", rows.names.items())
            self._database.executemany("INSERT OR IGNORE INTO side VALUES (?, ?)", rows.side)
            self._database.executemany("INSERT OR IGNORE INTO sealed VALUES (?, ?, ?)", rows.sealed)
            self._database.execute("UPDATE state SET size = max(size, ?)", (start + len(entries),))

    def names(self, pseudonyms: Iterable[str]) -> dict[str, str]:
        """Return the names that are still known, by pseudonym."""
        wanted = list(set(pseudonyms))
        marks = ",".join("?" * len(wanted))
        query = f"SELECT pseudonym, name FROM person WHERE pseudonym IN ({marks})"  # noqa: S608 - only question marks
        return dict(self._database.execute(query, wanted))

    def pseudonym(self, name: str) -> str | None:
        """Return the pseudonym recorded for *name*, None when it never was or is forgotten."""
        row = self._database.execute("SELECT pseudonym FROM person WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def facts(self, places: Sequence[int]) -> dict[int, Mapping[str, str]]:
        """Return the private facts that are still known, by index."""
        marks = ",".join("?" * len(places))
        query = f"SELECT idx, facts FROM side WHERE idx IN ({marks})"  # noqa: S608 - only question marks
        return {place: json.loads(facts) for place, facts in self._database.execute(query, list(places))}

    def sealed(self, place: int) -> bytes | None:
        """Return the sealed message of entry *place*, None when it has none or it is forgotten."""
        row = self._database.execute("SELECT digest, blob FROM sealed WHERE idx = ?", (place,)).fetchone()
        if row is None:
            return None
        digest, blob = row
        if digest is None:
            return bytes(blob)
        try:
            return self.places.blob(digest).read_bytes()
        except FileNotFoundError:  # a deletion is under way, and files go first
            return None

    def kept(self, start: int, bound: int, most: int) -> tuple[set[int], set[int], int]:
        """Return which entries from *start* to below *bound* still have private facts, and which a sealed message.

        At most *most* of each; the third value is where to go on.
        """
        found = []
        for table in ("side", "sealed"):
            query = f"SELECT idx FROM {table} WHERE idx >= ? AND idx < ? ORDER BY idx LIMIT ?"  # noqa: S608 - fixed
            found.append([place for (place,) in self._database.execute(query, (start, bound, most))])
        full = [rows[-1] + 1 for rows in found if len(rows) == most]
        end = min(full, default=bound)
        facts, blobs = ({place for place in rows if place < end} for rows in found)
        return facts, blobs, end

    def pseudonyms(self) -> list[str]:
        """Return every pseudonym whose name is known."""
        return [pseudonym for (pseudonym,) in self._database.execute("SELECT pseudonym FROM person ORDER BY 1")]

    def forget(self, places: Iterable[int]) -> Forgotten:
        """Delete private facts and sealed messages of these entries; every proof stays valid."""
        ids = [(place,) for place in places]
        for digest in self._digests([place for (place,) in ids]):  # first: a file without its row would never be found
            self.places.blob(digest).unlink(missing_ok=True)
        with self._database:
            facts = self._database.executemany("DELETE FROM side WHERE idx = ?", ids).rowcount
            blobs = self._database.executemany("DELETE FROM sealed WHERE idx = ?", ids).rowcount
        return Forgotten(facts=facts, blobs=blobs)

    def forget_person(self, pseudonym: str) -> Forgotten:
        """Delete the name behind a pseudonym: its entries stay, nobody can tell whose they are."""
        with self._database:
            names = self._database.execute("DELETE FROM person WHERE pseudonym = ?", (pseudonym,)).rowcount
        return Forgotten(names=names)

    def make_durable(self) -> None:
        """Bring everything from SQLite's own log into the file, synced."""
        self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _collect(self, place: int, entry: Packed, rows: _Rows) -> None:
        if entry.side:
            side = json.loads(entry.side)
            rows.names.update(side["names"])
            if side["private"]:
                rows.side.append((place, json.dumps(side["private"], ensure_ascii=False)))
        if entry.blob_kind == BlobKind.INLINE:
            rows.sealed.append((place, None, entry.blob))
        elif entry.blob_kind == BlobKind.FILE:
            digest = entry.blob.hex()
            rows.sealed.append((place, digest, None))
            self._take_from_spool(digest)

    def _take_from_spool(self, digest: str) -> None:
        source, target = self.places.spool / digest, self.places.blob(digest)
        if source.exists():
            target.parent.mkdir(exist_ok=True, mode=0o700)
            source.replace(target)

    def _digests(self, places: Sequence[int]) -> list[str]:
        found = []
        for place in places:
            row = self._database.execute("SELECT digest FROM sealed WHERE idx = ?", (place,)).fetchone()
            if row is not None and row[0] is not None:
                found.append(str(row[0]))
        return found


def open_database(path: Path, schema: str) -> sqlite3.Connection:
    """Open (and create) one of the ledger's databases."""
    database = sqlite3.connect(path, timeout=10.0, check_same_thread=False)
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "secure_delete = ON"):
        database.execute(f"PRAGMA {pragma}")
    database.executescript(schema)
    path.chmod(0o600)
    return database
