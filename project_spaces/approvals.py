"""Approvals that a project was given by others (an opinion of CESREES, an authorisation of CNIL), and their validity.

Which kinds a project must hold is the installation's rule, for everybody or for a class of data sets.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from audit.events import Event, Kind
from project_spaces.columns import SLUG_LENGTH, Base, Lasting
from project_spaces.errors import NotFound
from project_spaces.facts import ApprovalFacts
from project_spaces.memberships import memberships
from project_spaces.notifications import Topic, notify
from project_spaces.people import require_administrator
from project_spaces.projects import Project, get_project
from project_spaces.records.places import project_places
from project_spaces.slugs import require_slug
from project_spaces.store import Store, WriteSession
from project_spaces.text import Text
from project_spaces.windows import require_order


class ProjectApproval(Lasting, Base):
    """One approval, with the reference under which its giver keeps it. Withdrawn, never deleted."""

    __tablename__ = "project_approval"

    project: Mapped[str] = mapped_column(ForeignKey(Project.slug), index=True)
    kind: Mapped[str] = mapped_column(String(SLUG_LENGTH))
    reference: Mapped[str] = mapped_column(String(200))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(64))

    @property
    def facts(self) -> ApprovalFacts:
        """The approval as a decision sees it."""
        return ApprovalFacts(self.kind, self.window)


def approvals(session: Session, project: str) -> Sequence[ProjectApproval]:
    """Return every approval of *project*, past ones too, oldest first."""
    query = select(ProjectApproval).where(ProjectApproval.project == project)
    return session.scalars(query.order_by(ProjectApproval.starts_at, ProjectApproval.id)).all()


def record_approval(
    store: Store,
    *,
    project: str,
    kind: str,
    reference: str,
    starts_at: datetime,
    ends_at: datetime,
    actor: str,
    now: datetime,
) -> str:
    """Record that *project* was given an approval and return its id.

    Raises
    ------
    Invalid
        *kind* is no slug, or the end is not after the start.
    NotFound, Refused
        no such project; *actor* is not an administrator.
    """
    require_slug(kind, Text("Nature de l'autorisation", "Kind of approval"))
    require_order(starts_at, ends_at)
    number = uuid.uuid4().hex
    subject = {"approval": number, "approval_kind": kind, "ends_at": ends_at.isoformat(), "change": "recorded"}
    with store.write(Event(Kind.PROJECT_APPROVAL, actor, project, now, subject)) as session:
        require_administrator(session, actor, now, within=project_places(session, project))
        get_project(session, project)
        session.add(
            ProjectApproval(
                id=number,
                project=project,
                kind=kind,
                reference=reference[:200],
                starts_at=starts_at,
                ends_at=ends_at,
                recorded_at=now,
                recorded_by=actor,
            )
        )
    return number


def revoke_approval(store: Store, approval_id: str, *, actor: str, now: datetime, reason: str) -> None:
    """Withdraw an approval now, and tell the project's members; doing it again changes nothing.

    Raises
    ------
    NotFound, Refused
        no such approval; *actor* is not an administrator.
    """
    with store.read() as session:
        found = _get(session, approval_id)
    subject = {"approval": approval_id, "approval_kind": found.kind, "change": "revoked"}
    event = Event(Kind.PROJECT_APPROVAL, actor, found.project, now, subject, private={"reason": reason})
    with store.write(event) as session:
        require_administrator(session, actor, now, within=project_places(session, found.project))
        row = _get(session, approval_id)
        if row.revoke(now):
            _tell_withdrawn(session, row, now)


def _tell_withdrawn(session: WriteSession, row: ProjectApproval, now: datetime) -> None:
    text = Text(
        f"L'autorisation « {row.kind} » de l'espace projet {row.project} est retirée.",
        f"The approval “{row.kind}” of project space {row.project} is withdrawn.",
    )
    link = f"why?action=open_workspace&project={row.project}"
    for person in sorted({each.person for each in memberships(session, project=row.project) if each.window.holds(now)}):
        notify(session, to=person, kind=Topic.RIGHTS, text=text, link=link, now=now)


def _get(session: Session, approval_id: str) -> ProjectApproval:
    row = session.get(ProjectApproval, approval_id)
    if row is None:
        raise NotFound(Text("Il n'y a pas de telle autorisation.", "There is no such approval."))
    return row
