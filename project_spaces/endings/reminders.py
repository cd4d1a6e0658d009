"""Reminders around a project's end: before last exports close, before a step, and while nobody has decided."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.events import Event, Kind
from project_spaces.endings.beginning import WORKER
from project_spaces.endings.telling import (
    AHEAD,
    Notice,
    closing_notice,
    due_notice,
    members_of,
    settlers_of,
    tell,
    undecided_notice,
)
from project_spaces.projects import get_project
from project_spaces.records.ends import EndStage, Fate, ProjectEnd, Settlement
from project_spaces.store import Store

#: How often who may decide is reminded that nobody has.
UNDECIDED_EVERY = timedelta(days=14)


def remind(store: Store, *, now: datetime) -> int:
    """Give every reminder whose time has come, once, and return how many."""
    with store.read() as session:
        wanted = [
            (each.project, notice.name) for each in _going(session) for _people, notice in _due(session, each, now)
        ]
    for project, name in wanted:
        subject = {"step": "reminded", "notice": name}
        with store.write(Event(Kind.PROJECT_END, WORKER, project, now, subject)) as session:
            end = session.get_one(ProjectEnd, project)
            for people, notice in _due(session, end, now):
                if notice.name == name:
                    tell(session, end, people, notice, now)
    return len(wanted)


def _going(session: Session) -> list[ProjectEnd]:
    stages = ProjectEnd.stage.in_((EndStage.FROZEN, EndStage.ARCHIVED))
    return list(session.scalars(select(ProjectEnd).where(stages).order_by(ProjectEnd.project)))


def _due(session: Session, end: ProjectEnd, now: datetime) -> list[tuple[set[str], Notice]]:
    """Who is to be told what now; of several reminders of one thing only the most urgent."""
    found = []
    if end.stage is EndStage.FROZEN:
        found += _closing(session, end, now)
    found += _coming(session, end, now)
    return [(people, notice) for people, notice in found if notice.name not in end.told]


def _closing(session: Session, end: ProjectEnd, now: datetime) -> list[tuple[set[str], Notice]]:
    until = get_project(session, end.project).exports_until
    urgent = _urgent(until, now)
    if until is None or urgent is None or until - end.ended_at <= urgent:
        return []
    return [(members_of(session, end.project), closing_notice(end.project, until, urgent))]


def _coming(session: Session, end: ProjectEnd, now: datetime) -> list[tuple[set[str], Notice]]:
    settled = session.get(Settlement, end.settlement) if end.settlement is not None else None
    carried = end.stage is EndStage.ARCHIVED and settled is not None and settled.fate is Fate.ARCHIVE
    people = members_of(session, end.project) | settlers_of(session, end.project)
    if settled is None:
        number = int((now - end.ended_at) / UNDECIDED_EVERY)
        waits = end.stage is EndStage.FROZEN and number > 0
        return [(settlers_of(session, end.project), undecided_notice(end.project, number))] if waits else []
    due = end.kept_until if carried else settled.due_at
    urgent = _urgent(due, now)
    if due is None or urgent is None or settled.fate is Fate.REOPEN:
        return []
    deletes = carried or settled.fate is Fate.DELETE
    return [(people, due_notice(end.project, due, f"due-{due.date()}-{urgent.days}d", deletes=deletes))]


def _urgent(due: datetime | None, now: datetime) -> timedelta | None:
    """The last of the times ahead of *due* that has come, None before the first and after it."""
    if due is None or due <= now:
        return None
    return min((each for each in AHEAD if due - each <= now), default=None)
