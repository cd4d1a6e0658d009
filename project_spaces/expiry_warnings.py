"""Who is told when that work will be cut: 30, 7 and 1 days before, and 15 minutes before.

Members hear of each project, and who holds a role of the charters and trainings without which it can't be exercised.

``warnings_due`` is pure: the moment of the cut, what was sent, and the clock. What was sent is kept per person, project
and moment of the cut: a right that is renewed has another moment, and its warnings begin anew. When several are due at
once (a short right, or a machine that was off) only the most urgent is sent, and the others count as sent.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from audit.events import Event, Kind
from project_spaces.access import why
from project_spaces.columns import Base, Chosen
from project_spaces.conditions import ConditionState, earliest
from project_spaces.decisions import Action
from project_spaces.facts import PlatformRole
from project_spaces.habilitations import Habilitation
from project_spaces.memberships import Membership
from project_spaces.notifications import Topic, notify
from project_spaces.people import Person, PlatformRoleRow, roles_of
from project_spaces.projects import Project
from project_spaces.store import Store
from project_spaces.text import Text
from project_spaces.windows import moment

ACTOR = "system:worker"


class Notice(StrEnum):
    """How long before the cut."""

    MONTH = "30d"
    WEEK = "7d"
    DAY = "1d"
    QUARTER = "15min"


#: Each notice's time before the cut, the earliest first.
BEFORE: dict[Notice, timedelta] = {
    Notice.MONTH: timedelta(days=30),
    Notice.WEEK: timedelta(days=7),
    Notice.DAY: timedelta(days=1),
    Notice.QUARTER: timedelta(minutes=15),
}
#: What was sent about a cut is forgotten so long after it.
FORGOTTEN_AFTER = timedelta(days=90)
#: What is asked of a role, by an act that needs it, and what of that ends unless the person does something.
ROLE_ACTS: dict[PlatformRole, Action] = {
    PlatformRole.ADMINISTRATOR: Action.ADMINISTER,
    PlatformRole.REVIEWER: Action.REVIEW_EXPORT,
    PlatformRole.AUDITOR: Action.READ_AUDIT,
    PlatformRole.STEWARD: Action.REVIEW_IMPORT,
    PlatformRole.COMMITTEE: Action.GIVE_OPINION,
    PlatformRole.TRAINING_MANAGER: Action.CONFIRM_TRAINING,
}
OWED = frozenset({"charter", "training"})


class SentWarning(Base):
    """One notice that was given: to whom, about which project or (None) the roles, and the moment it told of."""

    __tablename__ = "sent_warning"
    __table_args__ = (Index("uq_sent_warning_notice", "person", "project", "until", "notice", unique=True),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey(Person.username))
    project: Mapped[str | None] = mapped_column(ForeignKey(Project.slug), index=True)
    until: Mapped[datetime]
    notice: Mapped[Notice] = mapped_column(Chosen(Notice))
    sent_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class ExpiryWarning:
    """What a person is to be told now; *covers* are the notices that count as given with it.

    *project* is None when it is about what the person's roles ask.
    """

    person: str
    project: str | None
    until: datetime
    notice: Notice
    covers: tuple[Notice, ...]

    @property
    def text(self) -> Text:
        """The sentence."""
        at = moment(self.until)
        if self.project is None:
            return Text(
                f"Sans une charte à signer ou une formation à renouveler, votre rôle est suspendu le {at.fr} : "
                "voyez votre dossier.",
                f"Without a charter to sign or a training to renew, your role is suspended on {at.en}: see your file.",
            )
        return Text(
            f"Votre accès à l'espace projet {self.project} prend fin le {at.fr} : enregistrez votre travail ou "
            "demandez un renouvellement.",
            f"Your access to project space {self.project} ends on {at.en}: save your work or ask for a renewal.",
        )


def warnings_due(until: datetime | None, already_sent: Collection[Notice], now: datetime) -> tuple[Notice, ...]:
    """Return the notices whose time has come and that were not given, the most urgent last; none after the cut."""
    if until is None or until <= now:
        return ()
    return tuple(notice for notice, ahead in BEFORE.items() if until - ahead <= now and notice not in already_sent)


def due(session: Session, *, now: datetime) -> list[ExpiryWarning]:
    """Return what is to be told now, to each member of each project and who holds a role, about the first end.

    A sign-in that grows too old ends work too, every day: of that only the last notice tells.
    """
    found = []
    for person, project in [*_members(session, now), *_holders(session)]:
        ends = _ends(session, person, project, now)
        told = [(_first(ends, sign_in=False), tuple(Notice)), (_first(ends, sign_in=True), (Notice.QUARTER,))]
        for until, notices in told:
            given = _sent(session, person, project, until)
            wanted = tuple(each for each in warnings_due(until, given, now) if each in notices)
            if until is not None and wanted:
                found.append(ExpiryWarning(person, project, until, wanted[-1], wanted))
    return found


def announced(session: Session, person: str, *, now: datetime, project: str | None = None) -> list[ExpiryWarning]:
    """Return the latest notice that *person* was given about each end that is still to come; none of renewed rights."""
    query = select(SentWarning).where(SentWarning.person == person, SentWarning.until > now)
    query = query if project is None else query.where(SentWarning.project == project)
    latest: dict[tuple[str | None, datetime], Notice] = {}
    for row in session.scalars(query):
        before = latest.get((row.project, row.until))
        latest[row.project, row.until] = (
            row.notice if before is None else min(before, row.notice, key=BEFORE.__getitem__)
        )
    coming = {slug: _ends(session, person, slug, now) for slug in {slug for slug, _ in latest}}
    return [
        ExpiryWarning(person, slug, until, notice, (notice,))
        for (slug, until), notice in sorted(latest.items(), key=lambda each: each[0][1])
        if until in {_first(coming[slug], sign_in=False), _first(coming[slug], sign_in=True)}
    ]


def work_ends(session: Session, person: str, project: str, *, now: datetime) -> datetime | None:
    """Return when work on the data that *person* is habilitated for in *project* ends first, None for never or not now.

    Data sets that are refused now don't count: there is nothing left to be cut. Nor does the age of the sign-in.
    """
    return _first(_ends(session, person, project, now), sign_in=False)


def _ends(session: Session, person: str, project: str | None, now: datetime) -> list[ConditionState]:
    """The states behind everything that the person may do now, in a project or by role."""
    if project is None:
        acts = [ROLE_ACTS[role] for role in sorted(roles_of(session, person))]
        asked = [state for act in acts for state in why(session, person, act, now=now)]
        return [state for state in asked if state.holds and state.code in OWED]
    held = select(Habilitation.dataset).where(Habilitation.person == person, Habilitation.project == project).distinct()
    answers = [why(session, person, Action.OPEN_WORKSPACE, now=now, project_slug=project)]
    for slug in sorted(session.scalars(held)):
        question = {"project_slug": project, "dataset_slug": slug}
        answers.append(why(session, person, Action.MOUNT_DATASET, now=now, **question))
    return [state for states in answers if all(each.holds for each in states) for state in states]


def _first(states: list[ConditionState], *, sign_in: bool) -> datetime | None:
    return earliest([each.until for each in states if (each.code == "sign_in") is sign_in])


def mark_sent(store: Store, warning: ExpiryWarning, *, now: datetime) -> bool:
    """Record that *warning* was given; False when another process did before (then it is not given again).

    Call it before sending: a notice that is lost on its way is better than one that is repeated each second.

    Raises
    ------
    Unavailable
        the ledger does not answer.
    """
    subject = {"notice": warning.notice.value, "until": warning.until.isoformat()}
    persons = {"told": warning.person}
    event = Event(Kind.EXPIRY_WARNED, ACTOR, warning.project, now, subject, persons=persons)
    try:
        with store.write(event) as session:
            given = _sent(session, warning.person, warning.project, warning.until)
            if warning.notice in given:
                raise _GivenAlready
            session.execute(delete(SentWarning).where(SentWarning.until < now - FORGOTTEN_AFTER))
            session.add_all(
                SentWarning(
                    id=uuid.uuid4().hex,
                    person=warning.person,
                    project=warning.project,
                    until=warning.until,
                    notice=notice,
                    sent_at=now,
                )
                for notice in warning.covers
                if notice not in given
            )
            link = "onboarding" if warning.project is None else f"why?action=open_workspace&project={warning.project}"
            notify(session, to=warning.person, kind=Topic.RIGHTS, text=warning.text, link=link, now=now)
    except _GivenAlready:
        return False
    return True


class _GivenAlready(Exception):
    """Somebody else gave it: nothing is written."""


def _members(session: Session, now: datetime) -> list[tuple[str, str]]:
    """Everybody who is a member somewhere now."""
    rows = session.scalars(select(Membership).where(Membership.starts_at <= now, Membership.ends_at > now))
    return sorted({(row.person, row.project) for row in rows if row.window.holds(now)})


def _holders(session: Session) -> list[tuple[str, None]]:
    """Everybody who holds a role."""
    held = select(PlatformRoleRow.person).join(Person, Person.username == PlatformRoleRow.person)
    active = held.where(Person.disabled_at.is_(None)).distinct()
    return [(person, None) for person in sorted(session.scalars(active))]


def _sent(session: Session, person: str, project: str | None, until: datetime | None) -> set[Notice]:
    query = select(SentWarning.notice).where(SentWarning.person == person, SentWarning.project == project)
    return set(session.scalars(query.where(SentWarning.until == until)))
