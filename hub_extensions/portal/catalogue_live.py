"""The public catalogue as it is now, kept in memory: read again only when an act of the domain may have changed it.

One small query (the revision of the domain) tells whether anything happened; if so, five small ones tell whether it
concerns the catalogue. Cards and their words, which are large, are read anew only for a card that changed or an embargo
that began or ended.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from project_spaces.catalogue.cards import VersionCard
from project_spaces.catalogue.publications import Standing, public_standings, read_card
from project_spaces.catalogue.search import Described, Index, Part
from project_spaces.facts import Classification
from project_spaces.records import rules_of
from project_spaces.requests.records import circuit_of
from project_spaces.requests.statistics import Delay, step_delays
from project_spaces.requests.steps import Circuit, Step
from project_spaces.requirements import Requirement
from project_spaces.store import Store

#: Statistics of delays read every request there was: they may be so old.
DELAYS_AGE = timedelta(minutes=5)


@dataclass(frozen=True)
class Snapshot:
    """What the public sees; *number* changes exactly when something of it does."""

    number: int
    entries: Mapping[str, Described]
    index: Index
    circuits: Mapping[str, Circuit]
    delays: Mapping[Step, Delay]
    asked: Mapping[str, Requirement]

    def __getitem__(self, slug: str) -> Described:
        return self.entries[slug]


class LiveCatalogue:
    """Answers with the present snapshot; safe to share between threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._revision = -1
        self._standings: Sequence[Standing] = ()
        self._cards: dict[tuple[str, str], VersionCard] = {}
        self._parts: dict[tuple[str, str, bool], Part] = {}
        self._delays_at: datetime | None = None
        self._snapshot: Snapshot | None = None

    def current(self, now: datetime) -> Snapshot:
        """Return what is public at *now*; raises ``Unavailable`` when the database does not answer."""
        with self._lock:
            revision, before = self._store.revision(), self._snapshot
            if before is not None and revision == self._revision and not self._due(before, now):
                return before
            with self._store.read() as session:
                self._standings = public_standings(session)
                self._snapshot = self._fresh(session, now)
            self._revision = revision
            return self._snapshot

    def _due(self, before: Snapshot, now: datetime) -> bool:
        """Tell whether time alone changes something: an embargo, or statistics that grew old."""
        aged = self._delays_at is None or now - self._delays_at >= DELAYS_AGE
        return aged or any(before[each.slug].closed != _closed(each, now) for each in self._standings)

    def _fresh(self, session: Session, now: datetime) -> Snapshot:
        before = self._snapshot
        entries = {each.slug: self._described(session, each, now) for each in self._standings}
        circuits = {owner: circuit_of(session, owner) for owner in {each.owner for each in self._standings}}
        delays = self._delays(session, now)
        if before and (_facts(before.entries), before.circuits, before.delays) == (_facts(entries), circuits, delays):
            return before
        self._cards = {(each.slug, each.sha256): self._cards[(each.slug, each.sha256)] for each in self._standings}
        self._parts = {_words(each): self._parts.get(_words(each)) or Part(each) for each in entries.values()}
        return Snapshot(
            number=0 if before is None else before.number + 1,
            entries=entries,
            index=Index(entries.values(), {slug: self._parts[_words(each)] for slug, each in entries.items()}),
            circuits=circuits,
            delays=delays,
            asked={each.value: rules_of(session).of_tier(each) for each in Classification},
        )

    def _described(self, session: Session, standing: Standing, now: datetime) -> Described:
        key = (standing.slug, standing.sha256)
        if key not in self._cards:
            self._cards[key] = read_card(session, standing.slug, standing.version)
        return Described(standing, self._cards[key], closed=_closed(standing, now))

    def _delays(self, session: Session, now: datetime) -> Mapping[Step, Delay]:
        if self._snapshot is not None and self._delays_at is not None and now - self._delays_at < DELAYS_AGE:
            return self._snapshot.delays
        self._delays_at = now
        return step_delays(session)


def _closed(standing: Standing, now: datetime) -> bool:
    return standing.embargo(now) is not None


def _facts(entries: Mapping[str, Described]) -> list[tuple[Standing, bool]]:
    """What a page is made from, the card by its hash."""
    return [(each.standing, each.closed) for each in entries.values()]


def _words(each: Described) -> tuple[str, str, bool]:
    """Name what the words of a data set are made from: slug, card, and whether the dictionary is closed."""
    return each.standing.slug, each.standing.sha256, each.closed
