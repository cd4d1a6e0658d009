"""People and what they do for the platform. A username never changes: it names folders, hosts and ledger entries.

Acts are an administrator's (``system:…`` actors stand for the installation itself: the first administrator, the demo).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.events import SYSTEM_PREFIX, Event, Kind
from project_spaces.acting import acting_as, acting_session
from project_spaces.decisions import DELEGATED, Action, decide
from project_spaces.errors import Conflict, Invalid, NotFound, Refused
from project_spaces.facts import Place, PlaceKind, PlatformRole, Resource, Subject
from project_spaces.owner_stewards import owners_of
from project_spaces.records import acting_sign_in, person_facts, rules_of
from project_spaces.records.people import NAME_LENGTH, Person, PlatformRoleRow
from project_spaces.records.places import Affiliation, Organisation, organisation_places, perimeter_of
from project_spaces.slugs import is_slug, require_slug
from project_spaces.store import Store
from project_spaces.telling.people import tell_account, tell_granted, tell_taken
from project_spaces.text import Text

ONLY_ONE = Text(
    "Il n'y a pas d'autre administrateur : nommez-en un d'abord.",
    "There is no other administrator: name one first.",
)

__all__ = [
    "Person",
    "PlatformRoleRow",
    "check_email",
    "check_name",
    "create_person",
    "disable_person",
    "enable_person",
    "get_organisation",
    "get_person",
    "grant_role",
    "holders",
    "is_only_administrator",
    "list_people",
    "person_places",
    "require_administrator",
    "revoke_role",
    "roles_of",
    "signed_in_as",
    "subject_of",
]


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
    acting = acting_session(username)
    return Subject(
        username,
        active=person.disabled_at is None,
        roles=roles,
        owners=owners_of(session, username) if PlatformRole.STEWARD in roles else frozenset(),
        second_factor=person.enrolled_at is not None,
        asks=rules_of(session).everybody,
        duties=rules_of(session).duties,
        sign_in=known.sign_in,
        connected_from=None if acting is None else acting.address,
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
        reasons = decision.reasons
        raise Refused(reasons[0].text, [reason.text for reason in reasons], [reason.code for reason in reasons])


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
    check_name(display_name)
    check_email(email)
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
    Conflict
        *actor* closes the account of the only administrator.
    """
    _set_active(store, username, now, actor=actor, now=now, reason=reason)


def enable_person(store: Store, username: str, *, actor: str, now: datetime, reason: str) -> None:
    """Undo ``disable_person``: rights whose time has not passed hold again; never for oneself.

    The record names the roles that come back with the account.

    Raises
    ------
    NotFound, Refused
        nobody of that name; *actor* is not an administrator, or is that person.
    """
    _set_active(store, username, None, actor=actor, now=now, reason=reason)


def grant_role(store: Store, username: str, role: PlatformRole, *, actor: str, now: datetime) -> None:
    """Give a role on the platform, and tell the person; of an administrator every administrator hears, the one whose
    session did it as well. Granting it twice changes nothing.

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
            if not actor.startswith(SYSTEM_PREFIX):
                tell_granted(session, username, role, holders(session, PlatformRole.ADMINISTRATOR), now=now)


def revoke_role(
    store: Store, username: str, role: PlatformRole, *, actor: str, now: datetime, reason: str = ""
) -> None:
    """Take a role away, and tell the person.

    Raises
    ------
    NotFound, Refused
        the person does not hold it; *actor* is not an administrator.
    Conflict
        it is the role of the only administrator.
    """
    private = {"reason": reason} if reason else {}
    persons = {"beneficiary": username}
    event = Event(Kind.ROLE_REVOKED, actor, None, now, {"role": role.value}, private=private, persons=persons)
    with store.write(event) as session:
        require_administrator(session, actor, now)
        row = session.get(PlatformRoleRow, (username, role))
        if row is None:
            raise NotFound(Text(f"{username} n'a pas ce rôle.", f"{username} does not hold this role."))
        if role is PlatformRole.ADMINISTRATOR:
            _require_another_administrator(session, username, actor)
        session.delete(row)
        tell_taken(session, username, role, now=now)


def _set_active(
    store: Store, username: str, disabled_at: datetime | None, *, actor: str, now: datetime, reason: str
) -> None:
    with store.read() as session:
        roles = " ".join(sorted(roles_of(session, username)))
    subject = {"change": "disabled"} if disabled_at is not None else {"change": "enabled"} | _back(roles)
    event = Event(
        Kind.PERSON_CHANGED,
        actor,
        None,
        now,
        subject,
        private={"reason": reason},
        persons={"person": username},
    )
    with store.write(event) as session:
        beneficiary = username if disabled_at is None else None
        require_administrator(session, actor, now, beneficiary=beneficiary, within=person_places(session, username))
        person = get_person(session, username)
        if disabled_at is not None:
            _require_another_administrator(session, username, actor)
        was_active, person.disabled_at = person.disabled_at is None, disabled_at
        tell_account(session, person, was_active=was_active, now=now)


def is_only_administrator(session: Session, username: str) -> bool:
    """Tell whether *username* is the only active administrator."""
    return [each.username for each in holders(session, PlatformRole.ADMINISTRATOR)] == [username]


def _require_another_administrator(session: Session, username: str, actor: str) -> None:
    """Whoever acts administers, so nobody is left only where the last one steps down: without one, nobody names any."""
    if actor == username and is_only_administrator(session, username):
        raise Conflict(ONLY_ONE)


def _back(roles: str) -> dict[str, str]:
    return {"roles": roles} if roles else {}


def check_name(display_name: str) -> None:
    """Raise ``Invalid`` unless this can be somebody's name."""
    if not 1 <= len(display_name.strip()) <= NAME_LENGTH or not display_name.isprintable():
        raise Invalid(
            Text(
                f"Le nom doit avoir de 1 à {NAME_LENGTH} caractères.",
                f"The name must have 1 to {NAME_LENGTH} characters.",
            )
        )


def check_email(email: str) -> None:
    """Raise ``Invalid`` unless this can be somebody's e-mail address."""
    name, at, domain = email.rpartition("@")
    if not (name and at and "." in domain) or len(email) > 254 or not email.isprintable() or " " in email:
        raise Invalid(
            Text(f"« {email[:80]} » n'est pas une adresse électronique.", f"“{email[:80]}” is not an e-mail address.")
        )
