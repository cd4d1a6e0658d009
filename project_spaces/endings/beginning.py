"""A project ends: at its date, by its lead, or by an administrator. From then on nobody works there; nothing is lost.

The freeze itself needs nobody: ``decide`` refuses work from the very moment of the end. What begins here is the row
that says so, the time for last exports, and the notices.
"""

from datetime import datetime

from sqlalchemy import or_, select

from audit.events import SYSTEM_PREFIX, Event, Kind
from project_spaces.access import require
from project_spaces.decisions import Action
from project_spaces.endings.telling import frozen_notice, members_of, settlers_of, tell, undecided_notice
from project_spaces.errors import Conflict
from project_spaces.facts import PlatformRole, ProjectStatus
from project_spaces.people import roles_of
from project_spaces.projects import Project, get_project
from project_spaces.reasons import written_reason
from project_spaces.records import rules_of
from project_spaces.records.ends import EndCause, EndStage, ProjectEnd
from project_spaces.store import Store, WriteSession
from project_spaces.text import Text

WORKER = "system:worker"


def end_project(store: Store, slug: str, *, reason: str, actor: str, now: datetime) -> None:
    """End a project now; work is cut within the second, files stay as they are.

    Raises
    ------
    NotFound, Refused
        no such project; *actor* is neither its lead nor an administrator.
    Invalid, Conflict
        no reason; it has ended already.
    """
    written = written_reason(reason)
    event = _event(actor, slug, now, EndCause.ADMINISTRATOR, written)
    with store.write(event) as session:
        if not actor.startswith(SYSTEM_PREFIX):
            require(session, actor, Action.END_PROJECT, now=now, project_slug=slug)
        project = get_project(session, slug)
        if session.get(ProjectEnd, slug) is not None or project.ends_at <= now:
            raise Conflict(Text("Cet espace projet a déjà pris fin.", "This project space has ended already."))
        by_lead = PlatformRole.ADMINISTRATOR not in roles_of(session, actor) and not actor.startswith(SYSTEM_PREFIX)
        project.ends_at = max(now, project.starts_at)
        cause = EndCause.LEAD if by_lead else EndCause.ADMINISTRATOR
        _begin(session, project, cause, actor=actor, reason=written, now=now)


def begin_ends(store: Store, *, now: datetime) -> int:
    """Notice every project that has ended by its date, or that an administrator closed; return how many."""
    with store.read() as session:
        over = or_(Project.ends_at <= now, Project.status == ProjectStatus.CLOSED)
        ended = select(Project.slug).where(over, Project.slug.not_in(select(ProjectEnd.project)))
        slugs = session.scalars(ended.order_by(Project.slug)).all()
    return sum(_notice(store, slug, now) for slug in slugs)


def _notice(store: Store, slug: str, now: datetime) -> bool:
    with store.read() as session:
        closed = get_project(session, slug).status is ProjectStatus.CLOSED
    cause = EndCause.ADMINISTRATOR if closed else EndCause.DATE
    try:
        with store.write(_event(WORKER, slug, now, cause, "")) as session:
            project = get_project(session, slug)
            if session.get(ProjectEnd, slug) is not None or not (project.ends_at <= now or closed):
                raise _Otherwise
            _begin(session, project, cause, actor=WORKER, reason="", now=now)
    except _Otherwise:
        return False
    return True


class _Otherwise(Exception):
    """Somebody was faster: nothing is written."""


def _begin(session: WriteSession, project: Project, cause: EndCause, *, actor: str, reason: str, now: datetime) -> None:
    ended_at = min(project.ends_at, now)
    until = ended_at + rules_of(session).ends.export_window
    project.exports_until = until
    end = ProjectEnd(
        project=project.slug,
        stage=EndStage.FROZEN,
        cause=cause,
        ended_at=ended_at,
        ended_by=actor,
        reason=reason,
        withdrawn=[],
        told=[],
    )
    session.add(end)
    session.flush()
    tell(session, end, members_of(session, project.slug), frozen_notice(project.slug, until), now)
    tell(session, end, settlers_of(session, project.slug), undecided_notice(project.slug, 0), now)


def _event(actor: str, slug: str, now: datetime, cause: EndCause, reason: str) -> Event:
    subject = {"step": EndStage.FROZEN.value, "cause": cause.value}
    return Event(Kind.PROJECT_END, actor, slug, now, subject, private={"reason": reason} if reason else None)
