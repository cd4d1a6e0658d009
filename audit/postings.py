"""Which entries carry what: for each kind, person, project, data set, rule and workspace a list of places, in order.

A search wants the entries that carry several of these at once, newest first, one page of them, out of ten million. A
list for each alone is not enough: somebody with a million entries who was refused twice would cost a walk over the
million. So there is a list for each *pair* too, and a search begins with the shortest list that it can. How long each
list is stands in the same table, which also answers "how many" without counting.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import combinations
from typing import Final

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS term (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, count INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS posting (term INTEGER, idx INTEGER, PRIMARY KEY (term, idx)) WITHOUT ROWID;
"""
#: Terms and sets of traits whose numbers the writer remembers.
_REMEMBERED = 200_000


class By(StrEnum):
    """What entries are found by. A value of a list's name: add, never rename (or raise the index's version)."""

    KIND = "k"
    PERSON = "u"
    PROJECT = "p"
    DATASET = "d"
    RULE = "r"
    #: A workspace of a person: everything from its start to its end.
    WORKSPACE = "w"


#: Pairs with a list of their own. Workspaces are short enough alone.
PAIRS: Final = frozenset(
    frozenset(pair)
    for pair in (
        *combinations((By.KIND, By.PERSON, By.PROJECT), 2),
        *((each, other) for each in (By.DATASET, By.RULE) for other in (By.KIND, By.PERSON, By.PROJECT)),
    )
)
#: What one entry carries: each property once, sorted.
Traits = tuple[tuple[By, str], ...]


def names_of(traits: Traits) -> list[str]:
    """Return the names of the lists that an entry with these *traits* is in."""
    pairs = [pair for pair in combinations(traits, 2) if frozenset((pair[0][0], pair[1][0])) in PAIRS]
    return [_name(trait) for trait in traits] + [_name(*pair) for pair in pairs]


def _name(*parts: tuple[By, str]) -> str:
    ordered = sorted(parts)
    return "".join(by for by, _ in ordered) + "".join(f"\x1f{len(value)}:{value}" for _, value in ordered)


class PostingWriter:
    """Fills the lists, inside the transaction of its caller."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._numbers: dict[str, int] = {}
        #: Entries of one workspace carry the same, thousands of times.
        self._lists: dict[Traits, list[int]] = {}

    def add(self, found: Iterable[tuple[int, Traits]]) -> None:
        """Take in (place, traits) of entries that are not in yet."""
        rows = [(number, place) for place, traits in found for number in self._lists_of(traits)]
        counts = Counter(number for number, _ in rows)
        self._database.executemany(
            "UPDATE term SET count = count + ? WHERE number = ?", [(count, number) for number, count in counts.items()]
        )
        rows.sort()
        self._database.executemany("INSERT OR IGNORE INTO posting VALUES (?, ?)", rows)

    def forget_numbers(self) -> None:
        """Ask the database again: a transaction that numbered terms was rolled back."""
        self._numbers.clear()
        self._lists.clear()

    def _lists_of(self, traits: Traits) -> list[int]:
        lists = self._lists.get(traits)
        if lists is None:
            if len(self._numbers) + len(self._lists) > _REMEMBERED:
                self.forget_numbers()
            lists = self._lists[traits] = [self._number(name) for name in names_of(traits)]
        return lists

    def _number(self, name: str) -> int:
        number = self._numbers.get(name)
        if number is None:
            self._database.execute("INSERT OR IGNORE INTO term (name, count) VALUES (?, 0)", (name,))
            row = self._database.execute("SELECT number FROM term WHERE name = ?", (name,)).fetchone()
            number = self._numbers[name] = int(row[0])
        return number


class Postings:
    """Read side."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def count(self, wanted: Mapping[By, str]) -> int | None:
        """Return how many entries carry all of *wanted*; None when no list alone tells."""
        if len(wanted) > 2 or (len(wanted) == 2 and frozenset(wanted) not in PAIRS):
            return None
        return self._list(wanted.items())[0]

    def cover(self, wanted: Mapping[By, str]) -> list[int]:
        """Return the numbers of lists that together ask for all of *wanted*, the shortest first; empty for no entry."""
        lists: list[tuple[int, int, frozenset[By]]] = []
        for size in (1, 2):
            for parts in combinations(sorted(wanted.items()), size):
                asked = frozenset(by for by, _ in parts)
                if size == 1 or asked in PAIRS:
                    count, number = self._list(parts)
                    if not count:
                        return []
                    lists.append((count, number, asked))
        lists.sort(key=lambda each: (each[0], -len(each[2])))
        chosen, missing = [], set(wanted)
        for _, number, asked in lists:
            if asked & missing:
                chosen.append(number)
                missing -= asked
        return chosen

    def _list(self, parts: Iterable[tuple[By, str]]) -> tuple[int, int]:
        row = self._database.execute("SELECT count, number FROM term WHERE name = ?", (_name(*parts),)).fetchone()
        return (0, 0) if row is None else (int(row[0]), int(row[1]))


def query(lists: Sequence[int], more: Sequence[str], *, timed: bool, newest: bool) -> str:
    """Return the SQL that walks the first list in order and looks up in the others; CROSS JOIN keeps that order.

    Parameters
    ----------
    more
        further conditions on ``place.idx`` and ``entry``.
    timed
        conditions look at the entry itself.
    """
    joins = "".join(f" CROSS JOIN posting p{n} ON p{n}.term = ? AND p{n}.idx = place.idx" for n in range(1, len(lists)))
    joins += " CROSS JOIN entry ON entry.idx = place.idx" if timed and lists else ""
    source = "posting place" if lists else "entry place"
    where = ["place.term = ?"] if lists else []
    terms = " AND ".join([*where, *(each if lists else each.replace("entry.", "place.") for each in more)]) or "1"
    order = "DESC" if newest else "ASC"
    return f"SELECT place.idx FROM {source}{joins} WHERE {terms} ORDER BY place.idx {order} LIMIT ?"  # noqa: S608 - fixed terms
