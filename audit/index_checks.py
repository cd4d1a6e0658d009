"""Does the search index say what the entries say? Looked at while the log is verified, entry by entry.

Whoever rules the server can edit the index: an entry that is in no list is found by nobody, though every proof of it
stays valid. So the lists are made again in memory, not as lists (there are as many places in them as a log has entries,
several times) but as what each would add up to, under numbers drawn for this one look, and compared.
"""

import secrets
import sqlite3
from contextlib import closing
from typing import Final

from audit.index import BLOCK
from audit.places import Places
from audit.postings import By, names_of
from audit.rows import Read
from audit.verify import Report

_PRIME: Final = (1 << 31) - 1
#: Lists that are named, of those that are wrong; the others are counted.
MOST_NAMED: Final = 8
_WORDS: Final = {
    By.KIND: "kind",
    By.PERSON: "person",
    By.PROJECT: "project",
    By.DATASET: "dataset",
    By.RULE: "rule",
    By.WORKSPACE: "workspace",
}


class IndexCheck:
    """One pass over the index in *places*; ``visit`` is handed to ``verify_log``."""

    def __init__(self, places: Places, report: Report) -> None:
        self._report = report
        self._where = places.index.name
        self._database = sqlite3.connect(f"file:{places.index}?mode=ro", uri=True, timeout=5.0)
        self._drawn = [secrets.randbelow(_PRIME) for _ in range(3)]
        #: What each list holds: how many places, and what they add up to.
        self._lists: dict[str, list[int]] = {}
        #: The earliest and the latest time of each block of entries.
        self._times: dict[int, tuple[int, int]] = {}

    def visit(self, first: int, entries: list[bytes]) -> None:
        """Hold the rows of one bundle against its entries, and take in which lists they belong to."""
        query = "SELECT idx, id, at, actor FROM entry WHERE idx >= ? AND idx < ? ORDER BY idx"
        found = {place: rest for place, *rest in self._database.execute(query, (first, first + len(entries)))}
        for place, entry in enumerate(entries, first):
            read, weight = Read(entry), self._weight(place)
            if found.get(place) != [read.id, read.at, read.actor]:
                self._row(place)
            low, high = self._times.get(place // BLOCK, (read.at, read.at))
            self._times[place // BLOCK] = min(low, read.at), max(high, read.at)
            for name in names_of(read.traits):
                kept = self._lists.setdefault(name, [0, 0])
                kept[0] += 1
                kept[1] += weight

    def finish(self) -> None:
        """Hold the lists against what they would be."""
        with closing(self._database):
            size = self._report.size
            (indexed,) = self._database.execute("SELECT size FROM state").fetchone()
            if indexed < size:
                fr = f"l'index de recherche ne tient que {indexed} entrées sur {size}"
                self._report.add(self._where, fr, f"the search index holds {indexed} of {size} entries only")
                return
            wrong = [*self._wrong_lists(size), *self._lists]
            self._compare_times(size)
        for name in wrong[:MOST_NAMED]:
            fr = f"la liste {_named(name)} de l'index de recherche n'est pas celle que donnent les entrées"
            en = f"the search index's list of {_named(name)} is not the one that the entries give"
            self._report.add(self._where, fr, en)
        self._report.problem_count += len(wrong[MOST_NAMED:])

    def _wrong_lists(self, size: int) -> list[str]:
        """The lists that are not as they must be; those that were found are taken out of what is expected."""
        a, b, c = self._drawn
        weight = f"(idx + {a}) % {_PRIME} * ((idx + {b}) % {_PRIME}) % {_PRIME} * ((idx + {c}) % {_PRIME}) % {_PRIME}"
        query = (
            "SELECT name, count, count(idx), coalesce(sum(idx < :size), 0),"  # noqa: S608 - numbers drawn here
            f" coalesce(sum(CASE WHEN idx < :size THEN {weight} END), 0)"
            " FROM term LEFT JOIN posting ON posting.term = term.number GROUP BY term.number"
        )
        wrong = []
        for name, told, there, below, total in self._database.execute(query, {"size": size}):
            if told != there or self._lists.pop(name, [0, 0]) != [below, total]:
                wrong.append(name)
        return wrong

    def _compare_times(self, size: int) -> None:
        """A block that goes on growing reaches at least as far."""
        found = {block: (low, high) for block, low, high in self._database.execute("SELECT * FROM block")}
        for block, (low, high) in self._times.items():
            told = found.get(block, (high + 1, low - 1))
            if told != (low, high) and ((block + 1) * BLOCK <= size or told[0] > low or told[1] < high):
                fr = f"l'index de recherche se trompe sur les dates des entrées {block * BLOCK} et suivantes"
                en = f"the search index is wrong about the times of entries {block * BLOCK} and after"
                self._report.add(self._where, fr, en)

    def _weight(self, place: int) -> int:
        a, b, c = self._drawn
        return (place + a) % _PRIME * ((place + b) % _PRIME) % _PRIME * ((place + c) % _PRIME) % _PRIME

    def _row(self, place: int) -> None:
        fr = f"la ligne de l'entrée {place} dans l'index de recherche n'est pas ce que dit l'entrée"
        self._report.add(self._where, fr, f"the search index's row of entry {place} is not what the entry says")


def _named(name: str) -> str:
    """A list's name in words: what it is of, without the lengths that keep values apart."""
    kinds, *values = name.split("\x1f")
    pairs = zip(kinds, (value.partition(":")[2] for value in values), strict=False)
    return " & ".join(f"{_WORDS[By(by)]}={value or 'any'}" for by, value in pairs)
