"""Habilitations: one person, in one project, for one data set, from a moment to another (S-82, S-163).

The end is compulsory. A habilitation is withdrawn, never deleted: what held when stays readable.
"""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UnicodeText, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from audit.events import Event, Kind
from project_spaces.columns import Base, Lasting
from project_spaces.datasets import Dataset, get_dataset
from project_spaces.errors import Conflict, NotFound
from project_spaces.notifications import Topic, notify
from project_spaces.people import Person, get_person, require_administrator
from project_spaces.projects import Project, get_project
from project_spaces.records.places import project_places
from project_spaces.store import Store, WriteSession
from project_spaces.text import Text
from project_spaces.windows import require_order

NOTHING_NEW = Text(
    "Cette personne est déjà habilitée pour toute cette période : une seconde habilitation survivrait au retrait de la "
    "première.",
    "This person is habilitated for all of that time already: a second habilitation would outlive the withdrawal of "
    "the first.",
)


class Habilitation(Lasting, Base):
    """One right of access."""

    __tablename__ = "habilitation"
    __table_args__ = (Index("ix_habilitation_person_project", "person", "project"),)

    person: Mapped[str] = mapped_column(ForeignKey(Person.username))
    project: Mapped[str] = mapped_column(ForeignKey(Project.slug), index=True)
    dataset: Mapped[str] = mapped_column(ForeignKey(Dataset.slug), index=True)
    granted_at: Mapped[datetime]
    granted_by: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(UnicodeText)
    revoked_by: Mapped[str | None] = mapped_column(String(64))
    revoked_reason: Mapped[str | None] = mapped_column(UnicodeText)


def habilitations(
    session: Session, *, person: str | None = None, project: str | None = None, dataset: str | None = None
) -> Sequence[Habilitation]:
    """Return the habilitations that match what is given, past ones too, oldest first."""
    query = select(Habilitation).order_by(Habilitation.starts_at, Habilitation.id)
    wanted = {Habilitation.person: person, Habilitation.project: project, Habilitation.dataset: dataset}
    for column, value in wanted.items():
        query = query if value is None else query.where(column == value)
    return session.scalars(query).all()


def get_habilitation(session: Session, habilitation_id: str) -> Habilitation:
    """Return the habilitation, or raise ``NotFound``."""
    row = session.get(Habilitation, habilitation_id)
    if row is None:
        raise NotFound(Text("Il n'y a pas de telle habilitation.", "There is no such habilitation."))
    return row


def grant_habilitation(
    store: Store,
    *,
    person: str,
    project: str,
    dataset: str,
    starts_at: datetime,
    ends_at: datetime,
    actor: str,
    now: datetime,
    reason: str = "",
) -> str:
    """Grant *person* the use of *dataset* in *project* and return the habilitation's id.

    Raises
    ------
    Invalid
        the end is not after the start.
    NotFound
        no such person, project or data set.
    Conflict
        the person is habilitated for all of that time already.
    Refused
        *actor* is not an administrator, or would grant it to himself.
    """
    require_order(starts_at, ends_at)
    number = uuid.uuid4().hex
    subject = {"habilitation": number, "dataset": dataset, "ends_at": ends_at.isoformat()}
    event = Event(
        Kind.HABILITATION_GRANTED,
        actor,
        project,
        now,
        subject,
        private={"reason": reason},
        persons={"beneficiary": person},
    )
    with store.write(event) as session:
        require_administrator(session, actor, now, beneficiary=person, within=project_places(session, project))
        get_person(session, person)
        get_project(session, project)
        get_dataset(session, dataset)
        held = habilitations(session, person=person, project=project, dataset=dataset)
        if any(_covers(each, starts_at, ends_at) for each in held):
            raise Conflict(NOTHING_NEW)
        session.add(
            Habilitation(
                id=number,
                person=person,
                project=project,
                dataset=dataset,
                starts_at=starts_at,
                ends_at=ends_at,
                granted_at=now,
                granted_by=actor,
                reason=reason,
            )
        )
    return number


def _covers(held: Habilitation, starts_at: datetime, ends_at: datetime) -> bool:
    return held.revoked_at is None and held.starts_at <= starts_at and ends_at <= held.ends_at


def revoke_habilitation(store: Store, habilitation_id: str, *, actor: str, now: datetime, reason: str) -> None:
    """Withdraw a habilitation now: workspaces that use it are cut, the person is told. Doing it again changes nothing.

    Raises
    ------
    NotFound, Refused
        no such habilitation; *actor* is not an administrator.
    """
    with store.read() as session:
        found = get_habilitation(session, habilitation_id)
    event = Event(
        Kind.HABILITATION_REVOKED,
        actor,
        found.project,
        now,
        {"habilitation": habilitation_id, "dataset": found.dataset},
        private={"reason": reason},
        persons={"beneficiary": found.person},
    )
    with store.write(event) as session:
        require_administrator(session, actor, now, within=project_places(session, found.project))
        row = get_habilitation(session, habilitation_id)
        if row.revoked_at is None:
            row.revoked_by, row.revoked_reason = actor, reason
            if row.revoke(now):
                _tell_withdrawn(session, row, now)


def tell_habilitated(
    session: WriteSession,
    dataset: str,
    text: Text,
    *,
    now: datetime,
    project: str | None = None,
    but: Collection[str] = frozenset(),
) -> None:
    """Tell those who are habilitated for *dataset* now, in one project or anywhere; none that is named in *but*."""
    held = habilitations(session, dataset=dataset, project=project)
    for person in sorted({each.person for each in held if each.window.holds(now)} - set(but)):
        notify(session, to=person, kind=Topic.RIGHTS, text=text, link="habilitations", now=now)


def _tell_withdrawn(session: WriteSession, row: Habilitation, now: datetime) -> None:
    text = Text(
        f"Votre habilitation pour le jeu de données {row.dataset} dans l'espace projet {row.project} est retirée.",
        f"Your habilitation for data set {row.dataset} in project space {row.project} is withdrawn.",
    )
    notify(session, to=row.person, kind=Topic.RIGHTS, text=text, link="habilitations", now=now)
