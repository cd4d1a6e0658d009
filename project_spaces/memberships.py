"""Who works in which project, as what, from when to when. A membership is ended, never deleted."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from audit.events import Event, Kind
from project_spaces.columns import Base, Chosen, Lasting
from project_spaces.errors import Conflict, NotFound
from project_spaces.facts import MemberRole, MembershipFacts
from project_spaces.notifications import Topic, notify
from project_spaces.people import Person, get_person, require_administrator
from project_spaces.projects import Project, get_project
from project_spaces.records.places import project_places
from project_spaces.store import Store
from project_spaces.text import Text
from project_spaces.windows import Window, require_order


class Membership(Lasting, Base):
    """One person's place in one project."""

    __tablename__ = "membership"
    __table_args__ = (Index("ix_membership_person_project", "person", "project"),)

    person: Mapped[str] = mapped_column(ForeignKey(Person.username))
    project: Mapped[str] = mapped_column(ForeignKey(Project.slug), index=True)
    role: Mapped[MemberRole] = mapped_column(Chosen(MemberRole))
    granted_at: Mapped[datetime]
    granted_by: Mapped[str] = mapped_column(String(64))

    @property
    def facts(self) -> MembershipFacts:
        """The membership as a decision sees it."""
        return MembershipFacts(self.role, self.window)


def memberships(session: Session, *, person: str | None = None, project: str | None = None) -> Sequence[Membership]:
    """Return the memberships of a person, of a project or of both, past ones too, oldest first."""
    query = select(Membership).order_by(Membership.starts_at, Membership.id)
    query = query if person is None else query.where(Membership.person == person)
    return session.scalars(query if project is None else query.where(Membership.project == project)).all()


def grant_membership(
    store: Store,
    *,
    person: str,
    project: str,
    role: MemberRole = MemberRole.ANALYST,
    starts_at: datetime,
    ends_at: datetime,
    actor: str,
    now: datetime,
) -> str:
    """Give *person* a place in *project* and return the membership's id.

    Raises
    ------
    Invalid
        the end is not after the start.
    NotFound
        no such person or project.
    Conflict
        the person has a place there during that time already.
    Refused
        *actor* is not an administrator, or would grant it to himself.
    """
    require_order(starts_at, ends_at)
    number = uuid.uuid4().hex
    subject = {"membership": number, "role": role.value, "ends_at": ends_at.isoformat()}
    event = Event(Kind.MEMBERSHIP_GRANTED, actor, project, now, subject, persons={"beneficiary": person})
    with store.write(event) as session:
        require_administrator(session, actor, now, beneficiary=person, within=project_places(session, project))
        get_person(session, person)
        get_project(session, project)
        if any(
            _overlaps(each.window, starts_at, ends_at) for each in memberships(session, person=person, project=project)
        ):
            raise Conflict(
                Text(f"{person} est déjà membre de {project}.", f"{person} is a member of {project} already.")
            )
        session.add(
            Membership(
                id=number,
                person=person,
                project=project,
                role=role,
                starts_at=starts_at,
                ends_at=ends_at,
                granted_at=now,
                granted_by=actor,
            )
        )
    return number


def revoke_membership(store: Store, membership_id: str, *, actor: str, now: datetime, reason: str = "") -> None:
    """End a membership now, and tell the person; ending an ended one changes nothing.

    Raises
    ------
    NotFound, Refused
        no such membership; *actor* is not an administrator.
    """
    with store.read() as session:
        found = _get(session, membership_id)
    event = Event(
        Kind.MEMBERSHIP_REVOKED,
        actor,
        found.project,
        now,
        {"membership": membership_id},
        private={"reason": reason},
        persons={"beneficiary": found.person},
    )
    with store.write(event) as session:
        require_administrator(session, actor, now, within=project_places(session, found.project))
        row = _get(session, membership_id)
        if row.revoke(now):
            text = Text(
                f"Votre place dans l'espace projet {row.project} vous est retirée.",
                f"Your place in project space {row.project} is withdrawn.",
            )
            notify(session, to=row.person, kind=Topic.RIGHTS, text=text, link="habilitations", now=now)


def _get(session: Session, membership_id: str) -> Membership:
    row = session.get(Membership, membership_id)
    if row is None:
        raise NotFound(Text("Il n'y a pas de telle appartenance.", "There is no such membership."))
    return row


def _overlaps(window: Window, starts_at: datetime, ends_at: datetime) -> bool:
    return window.starts_at < ends_at and (window.last is None or starts_at < window.last)
