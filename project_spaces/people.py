"""People and what they do for the platform. A username never changes: it names folders, hosts and ledger entries.

Acts are an administrator's (``system:…`` actors stand for the installation itself: the first administrator, the demo).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from audit.events import SYSTEM_PREFIX, Event, Kind
from project_spaces.acting import acting_as
from project_spaces.columns import SLUG_LENGTH, Base, Chosen
from project_spaces.decisions import DELEGATED, Action, decide
from project_spaces.errors import Conflict, Invalid, NotFound, Refused
from project_spaces.facts import Place, PlaceKind, PlatformRole, Resource, Subject
from project_spaces.owner_stewards import owners_of
from project_spaces.records import acting_sign_in, person_facts, rules_of
from project_spaces.records.places import Affiliation, Organisation, organisation_places, perimeter_of
from project_spaces.slugs import is_slug, require_slug
from project_spaces.store import Store
from project_spaces.text import Text

NAME_LENGTH = 200


class Person(Base):
    """One person. Never deleted here: ``disabled_at`` ends every right at once."""

    __tablename__ = "person"

    username: Mapped[str] = mapped_column(String(SLUG_LENGTH), primary_key=True)
    display_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    email: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    enrolled_at: Mapped[datetime | None]


class PlatformRoleRow(Base):
    """One role of one person."""

    __tablename__ = "platform_role"

    person: Mapped[str] = mapped_column(ForeignKey("person.username"), primary_key=True)
    role: Mapped[PlatformRole] = mapped_column(Chosen(PlatformRole), primary_key=True)
    granted_at: Mapped[datetime]
    granted_by: Mapped[str] = mapped_column(String(64))


def get_person(session: Session, username: str) -> Person:
    """Return the person, or raise ``NotFound``."""
    person = session.get(Person, username) if is_slug(username) else None
    if person is None:
        raise NotFound(
            Text(f"Il n'y a personne du nom de « {username[:40]} ».", f"Nobody is called “{username[:40]}”.")
        )
    return person


def get_organisation(session: Session, slug: str) -> Organisation:
    """Return the organisation, or raise ``NotFound``."""
    found = session.get(Organisation, slug) if is_slug(slug) else None
    if found is None:
        raise NotFound(Text(f"Il n'y a pas d'organisme « {slug[:40]} ».", f"There is no organisation “{slug[:40]}”."))
    return found


def list_people(session: Session) -> Sequence[Person]:
    """Return everybody, by username."""
    return session.scalars(select(Person).order_by(Person.username)).all()


def roles_of(session: Session, username: str) -> frozenset[PlatformRole]:
    """Return the roles that *username* holds on the platform."""
    return frozenset(session.scalars(select(PlatformRoleRow.role).where(PlatformRoleRow.person == username)))


def holders(session: Session, role: PlatformRole) -> Sequence[Person]:
    """Return the active people who hold *role*, by username."""
    query = select(Person).join(PlatformRoleRow, PlatformRoleRow.person == Person.username)
    active = query.where(PlatformRoleRow.role == role, Person.disabled_at.is_(None))
    return session.scalars(active.order_by(Person.username)).all()


def subject_of(session: Session, username: str, action: Action) -> Subject:
    """Return what a decision about *action* needs to know of *username*; an unknown name is an inactive subject."""
    person = session.get(Person, username) if is_slug(username) else None
    if person is None:
        return Subject(username, active=False)
    known = person_facts(session, username, person.created_at)
    roles = roles_of(session, username)
    return Subject(
        username,
        active=person.disabled_at is None,
        roles=roles,
        owners=owners_of(session, username) if PlatformRole.STEWARD in roles else frozenset(),
        second_factor=person.enrolled_at is not None,
        asks=rules_of(session).everybody,
        sign_in=known.sign_in,
        charters=known.charters,
        trainings=known.trainings,
        stops=known.stops,
        perimeter=tuple(each.facts for each in perimeter_of(session, username)) if action in DELEGATED else (),
        identity_reviewed=known.identity_reviewed,
    )


def signed_in_as(session: Session, subject: Subject, name: str | None) -> Subject:
    """Return *subject* acting in the browser session *name*, None for a program's token: only the sign-in differs."""
    with acting_as(subject.username, name):
        return replace(subject, sign_in=acting_sign_in(session, subject.username))


def person_places(session: Session, username: str) -> tuple[Place, ...]:
    """Return the places of administration in which *username* lies.

    Nowhere for whoever holds a role or a perimeter: a hub's administrator who could close, reopen or re-enrol such an
    account would hold that person's powers.
    """
    if roles_of(session, username) or perimeter_of(session, username):
        return ()
    return organisation_places(session, username)


def require_administrator(
    session: Session,
    actor: str,
    now: datetime,
    *,
    beneficiary: str | None = None,
    action: Action | None = None,
    within: Sequence[Place] = (),
) -> None:
    """Let an administrator, or the installation itself, pass; with *beneficiary*, not for an own right.

    Parameters
    ----------
    within
        the places in which what is administered lies: whoever administers one of them passes too.

    Raises
    ------
    Refused
        with every reason.
    """
    if actor.startswith(SYSTEM_PREFIX):
        return
    action = action or (Action.ADMINISTER if beneficiary is None else Action.GRANT_RIGHT)
    decision = decide(
        subject_of(session, actor, action), action, Resource(beneficiary=beneficiary, within=tuple(within)), now
    )
    if not decision.allowed:
        raise Refused(decision.reasons[0].text, [reason.text for reason in decision.reasons])


def create_person(
    store: Store,
    *,
    username: str,
    display_name: str,
    email: str,
    actor: str,
    now: datetime,
    organisation: str | None = None,
) -> None:
    """Register a person, without any right yet, for the organisation that the person works for.

    Raises
    ------
    Invalid
        the username, name or address can't be one.
    Conflict
        the username is taken.
    NotFound
        no such organisation.
    Refused
        *actor* is not an administrator, or not of that organisation.
    """
    require_slug(username, Text("Identifiant", "Username"))
    _check_name(display_name)
    _check_email(email)
    event = Event(Kind.PERSON_CREATED, actor, None, now, persons={"person": username})
    with store.write(event) as session:
        within = () if organisation is None else (Place(PlaceKind.ORGANISATION, organisation),)
        require_administrator(session, actor, now, within=within)
        if session.get(Person, username) is not None:
            raise Conflict(Text(f"L'identifiant « {username} » est pris.", f"The username “{username}” is taken."))
        session.add(Person(username=username, display_name=display_name.strip(), email=email, created_at=now))
        if organisation is not None:
            get_organisation(session, organisation)
            session.flush()
            session.add(Affiliation(person=username, organisation=organisation, set_at=now, set_by=actor))


def disable_person(store: Store, username: str, *, actor: str, now: datetime, reason: str) -> None:
    """End every right of a person at once; what the person did stays.

    Raises
    ------
    NotFound, Refused
        nobody of that name; *actor* is not an administrator.
    """
    _set_active(store, username, now, actor=actor, now=now, reason=reason)


def enable_person(store: Store, username: str, *, actor: str, now: datetime, reason: str) -> None:
    """Undo ``disable_person``: rights whose time has not passed hold again; never for oneself.

    Raises
    ------
    NotFound, Refused
        nobody of that name; *actor* is not an administrator, or is that person.
    """
    _set_active(store, username, None, actor=actor, now=now, reason=reason)


def grant_role(store: Store, username: str, role: PlatformRole, *, actor: str, now: datetime) -> None:
    """Give a role on the platform; granting it twice changes nothing.

    Raises
    ------
    NotFound, Refused
        nobody of that name; *actor* is not an administrator, or would grant it to himself.
    """
    event = Event(Kind.ROLE_GRANTED, actor, None, now, {"role": role.value}, persons={"beneficiary": username})
    with store.write(event) as session:
        require_administrator(session, actor, now, beneficiary=username)
        get_person(session, username)
        if session.get(PlatformRoleRow, (username, role)) is None:
            session.add(PlatformRoleRow(person=username, role=role, granted_at=now, granted_by=actor))


def revoke_role(store: Store, username: str, role: PlatformRole, *, actor: str, now: datetime) -> None:
    """Take a role away.

    Raises
    ------
    NotFound, Refused
        the person does not hold it; *actor* is not an administrator.
    """
    event = Event(Kind.ROLE_REVOKED, actor, None, now, {"role": role.value}, persons={"beneficiary": username})
    with store.write(event) as session:
        require_administrator(session, actor, now)
        row = session.get(PlatformRoleRow, (username, role))
        if row is None:
            raise NotFound(Text(f"{username} n'a pas ce rôle.", f"{username} does not hold this role."))
        session.delete(row)


def _set_active(
    store: Store, username: str, disabled_at: datetime | None, *, actor: str, now: datetime, reason: str
) -> None:
    event = Event(
        Kind.PERSON_CHANGED,
        actor,
        None,
        now,
        {"change": "enabled" if disabled_at is None else "disabled"},
        private={"reason": reason},
        persons={"person": username},
    )
    with store.write(event) as session:
        beneficiary = username if disabled_at is None else None
        require_administrator(session, actor, now, beneficiary=beneficiary, within=person_places(session, username))
        get_person(session, username).disabled_at = disabled_at


def _check_name(display_name: str) -> None:
    if not 1 <= len(display_name.strip()) <= NAME_LENGTH or not display_name.isprintable():
        raise Invalid(
            Text(
                f"Le nom doit avoir de 1 à {NAME_LENGTH} caractères.",
                f"The name must have 1 to {NAME_LENGTH} characters.",
            )
        )


def _check_email(email: str) -> None:
    name, at, domain = email.rpartition("@")
    if not (name and at and "." in domain) or len(email) > 254 or not email.isprintable() or " " in email:
        raise Invalid(
            Text(f"« {email[:80]} » n'est pas une adresse électronique.", f"“{email[:80]}” is not an e-mail address.")
        )
