"""Was each deletion that a log tells of due, and is its list what its entry says? Asked while the log is verified.

Whoever rules the server can have a deletion recorded that retention would not have planned: of messages whose time was
not over, under an entry that names fewer. The log itself tells when and where an entry was made, so each list is held
against the entries that it names, by the months that the deletion names.
"""

import hashlib
import heapq
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from audit.retention import as_written, months_before, project_of, read_leaf
from audit.sealed_files import DELETED
from audit.verify import Report

#: Nothing is deleted earlier, whatever a setting says.
FEWEST_MONTHS: Final = 6
#: The clock of whoever verifies may be behind by that.
GRACE: Final = timedelta(days=1)
#: Later than any time: of an entry that is not where the list says.
_NEVER: Final = "~"
_TOLD: Final = ("entries", "facts", "blobs", "names", "first", "last")


class DeletionCheck:
    """One pass over the entries that *lists* (id, bytes) name; what is wrong goes into *report*."""

    def __init__(self, lists: Iterable[tuple[str, bytes]], report: Report) -> None:
        self._lists, self._report = dict(lists), report
        self._named = heapq.merge(*(_named(number, text) for number, text in self._lists.items()))
        self._next = next(self._named, None)
        self._start: int | None = None
        #: Of each list the entry that was made last, and one of each project.
        self._latest: dict[str, tuple[str, int]] = {}
        self._projects: dict[str, dict[str | None, int]] = {}
        #: Where the log tells of each deletion, and what.
        self._recorded: dict[str, tuple[int, Mapping[str, Any]]] = {}

    def visit(self, first: int, entries: list[bytes]) -> None:
        """Look at those of these entries that a list names."""
        self._start = first if self._start is None else self._start
        while self._next is not None and self._next[0] < first + len(entries):
            index, number = self._next
            if index >= self._start:  # a copy that begins later lacks the others
                self._look(index, number, entries[index - first] if index >= first else b"")
            self._next = next(self._named, None)

    def recorded(self, index: int, body: Mapping[str, Any]) -> None:
        """See the entry of a deletion."""
        self._recorded[str(body.get("id"))] = index, body

    def finish(self) -> None:
        """Hold what was seen against what the log says of each deletion."""
        for number, (place, body) in self._recorded.items():
            text = self._lists.get(number)
            if text is None:
                fr = f"la liste de la suppression {number}, que le journal a inscrite, manque"
                self._add(number, fr, f"the list of deletion {number}, which the log recorded, is missing")
            elif isinstance(told := body.get("subject"), dict) and told.get("digest") == _digest(text):
                self._judge(number, place, body, told, text)

    def _look(self, index: int, number: str, entry: bytes) -> None:
        body = read_leaf(entry)
        self._latest[number] = max((str(body.get("at", _NEVER)), index), self._latest.get(number, ("", index)))
        self._projects.setdefault(number, {}).setdefault(project_of(body), index)

    def _judge(self, number: str, place: int, body: Mapping[str, Any], told: Mapping[str, Any], text: bytes) -> None:
        try:
            at, months = datetime.fromisoformat(str(body.get("at"))), int(told["months"])
            over = as_written(months_before(at, months))
            future = at > datetime.now(UTC) + GRACE
        except (KeyError, TypeError, ValueError, OverflowError):
            at, months, over, future = datetime.now(UTC), 0, "", False
        if months < FEWEST_MONTHS:
            fr = f"la suppression {number} dit {months} mois ; rien n'est supprimé avant {FEWEST_MONTHS}"
            en = f"deletion {number} names {months} months; nothing is deleted before {FEWEST_MONTHS}"
            self._add(number, fr, en)
        if future:
            fr = f"la date de la suppression {number} est dans l'avenir"
            self._add(number, fr, f"the date of deletion {number} lies in the future")
        counted = _count(text)
        if any(told.get(name) != counted.get(name) for name in _TOLD):
            fr = f"la liste de la suppression {number} n'est pas ce que son entrée en dit"
            self._add(number, fr, f"the list of deletion {number} is not what its entry says of it")
        latest, index = self._latest.get(number, ("", 0))
        if (last := counted.get("last", -1)) >= place:
            latest, index = _NEVER, last  # recorded before what it deletes
        if latest and latest >= over:
            fr = f"la suppression {number} couvre l'entrée {index}, dont le terme n'était pas passé"
            self._add(number, fr, f"deletion {number} covers entry {index}, whose time was not over")
        for project, other in self._projects.get(number, {}).items():
            if project != body.get("project"):
                fr = f"la suppression {number} couvre l'entrée {other} d'un autre projet"
                self._add(number, fr, f"deletion {number} covers entry {other} of another project")

    def _add(self, number: str, fr: str, en: str) -> None:
        self._report.add(f"{DELETED}/{number}", fr, en)


def _named(number: str, text: bytes) -> Iterator[tuple[int, str]]:
    """Yield the entries of a list, which stand there in the order of the log."""
    for line in io.BytesIO(text):
        name, _, what = line.rstrip(b"\n").partition(b" ")
        if name.isdigit() and what != b"n":
            yield int(name), number


def _count(text: bytes) -> dict[str, int]:
    """Return what the entry of a list's deletion must say."""
    what = Counter(line.rstrip(b"\n").partition(b" ")[2] for line in io.BytesIO(text))
    places = [index for index, _ in _named("", text)]
    counted = {
        "entries": what.total() - what[b"n"],
        "facts": what[b"f"] + what[b"fb"],
        "blobs": what[b"b"] + what[b"fb"],
        "names": what[b"n"],
    }
    return counted | ({"first": min(places), "last": max(places)} if places else {})


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()
