"""Do the database and the ledger tell the same history? One that was put back to an earlier day tells less.

A database that is restored from yesterday's copy knows nothing of what was withdrawn since, and decides by it; a ledger
that is restored has lost entries that the database was told were recorded. Either shows in what both must hold: each
act on rights stands in the database with the place that it was given in the log.
"""

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from audit.errors import LedgerError, Malformed
from audit.events import Kind
from audit.index import Index, Row
from audit.leaf import parse
from audit.places import Places
from hub_extensions.oversight.alarms import Alarm, AlarmKind
from project_spaces.errors import BureauError
from project_spaces.store import Store
from project_spaces.text import Text
from project_spaces.windows import moment

EVERY: Final = timedelta(minutes=1)
#: Newest acts that are compared.
COMPARED: Final = 50
#: What is recorded in the transaction of its act only.
KINDS: Final = (
    Kind.HABILITATION_GRANTED.value,
    Kind.HABILITATION_REVOKED.value,
    Kind.MEMBERSHIP_GRANTED.value,
    Kind.MEMBERSHIP_REVOKED.value,
    Kind.ROLE_GRANTED.value,
    Kind.ROLE_REVOKED.value,
)

log = structlog.get_logger()


class Histories:
    """Asked at each look of the guard; compares once a minute, and what was seen last stands meanwhile."""

    def __init__(self, store: Store, places: Places) -> None:
        self._store, self._places = store, places
        self._due: datetime | None = None
        self._found: list[Alarm] = []

    def __call__(self, now: datetime) -> list[Alarm]:
        """Return what does not fit."""
        if self._due is None or now >= self._due:
            try:
                with closing(Index(self._places)) as index:
                    self._found = [*self._forgotten(index, now), *self._lost(index, now)]
                self._due = now + EVERY
            except (BureauError, SQLAlchemyError, LedgerError, Malformed, sqlite3.Error, OSError) as error:
                log.warning("histories_not_compared", error=repr(error))
        return self._found

    def _forgotten(self, index: Index, now: datetime) -> list[Alarm]:
        """Acts of the ledger that the database does not know."""
        rows = index.search(kind=KINDS, limit=COMPARED)
        missing = [row for row in rows if self._store.ledger_index(_id(row)) is None]
        if not missing or self._store.unsettled():  # what waits is not in the ledger yet, or its place not here yet
            return []
        first, number = missing[-1], len(missing)
        at = moment(first.at)
        text = Text(
            f"La base ne connaît pas {number} des {len(rows)} derniers actes sur des droits que tient le journal,"
            f" depuis l'entrée {first.index} ({at.fr}) : elle a été remise à un état antérieur.",
            f"The database does not know {number} of the last {len(rows)} acts on rights that the ledger holds, since"
            f" entry {first.index} ({at.en}): it was put back to an earlier state.",
        )
        return [Alarm("database", AlarmKind.HISTORIES, now, text)]

    def _lost(self, index: Index, now: datetime) -> list[Alarm]:
        """What the database was told is recorded, and is not."""
        newest = self._store.newest_recorded()
        if newest is None:
            return []
        number, place = newest
        if place >= index.size:
            lost = place >= self._store.ledger.ping().size
        else:
            (row,) = index.rows([place])
            lost = _id(row) != number
        if not lost:
            return []
        text = Text(
            f"Le journal ne tient plus, sous le n° {place}, l'acte que la base y avait fait inscrire : il a été remis à"
            " un état antérieur, ou réécrit.",
            f"The ledger no longer holds, under no. {place}, the act that the database had recorded there: it was put"
            " back to an earlier state, or rewritten.",
        )
        return [Alarm("ledger", AlarmKind.HISTORIES, now, text)]


def _id(row: Row) -> str:
    try:
        return str(parse(row.leaf)["id"])
    except (Malformed, KeyError, TypeError):
        return ""
