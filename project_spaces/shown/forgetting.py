"""Deletes counts of what was shown, and lifted pauses, when the traces of their project are over (SEC-JOU-3).

Who was shown how much in which hour is a trace like any other: it is kept as long, held when the project's traces are
held, and its deletion is an entry that says how many rows went.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import delete, func, select, union
from sqlalchemy.orm import Session

from audit.events import Event, Kind
from audit.retention import Keep, months_before
from project_spaces.egress import EgressLiftRow, EgressUseRow, hour_of
from project_spaces.store import Store

ACTOR: Final = "system:worker"
_TABLES: Final = (EgressUseRow, EgressLiftRow)


def forget_shown(store: Store, keep: Callable[[str], Keep], *, now: datetime) -> int:
    """Delete what is over in every project; return how many rows went.

    Parameters
    ----------
    keep
        how long a project's traces are kept, asked when its rows are looked at: a hold that was just placed counts.

    Raises
    ------
    Unavailable
        the ledger or the database does not answer: what is over in this project, and in those after it, is still there.
    """
    with store.read() as session:
        projects = session.scalars(select(union(*(select(table.project) for table in _TABLES)).subquery())).all()
    return sum(_forget(store, project, keep(project), now) for project in sorted(projects))


def _forget(store: Store, project: str, keep: Keep, now: datetime) -> int:
    if keep.held:
        return 0
    before = hour_of(months_before(now, keep.months))
    with store.read() as session:
        uses, lifts = (_count(session, table, project, before) for table in _TABLES)
    if not uses + lifts:
        return 0
    subject = {"months": keep.months, "hours": uses, "lifts": lifts}
    with store.write(Event(Kind.EGRESS_DELETED, ACTOR, project, now, subject)) as session:
        for table in _TABLES:
            session.execute(delete(table).where(table.project == project, table.hour < before))
    return uses + lifts


def _count(session: Session, table: type[EgressUseRow | EgressLiftRow], project: str, before: int) -> int:
    query = select(func.count()).select_from(table).where(table.project == project, table.hour < before)
    return session.scalars(query).one()
