"""Entrusting an owner's data to a steward, and taking it back: an administrator's acts, never for oneself."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.events import SYSTEM_PREFIX, Event, Kind
from project_spaces.datasets import Dataset, get_dataset
from project_spaces.decisions import Action
from project_spaces.errors import Invalid, NotFound, Refused
from project_spaces.facts import PlatformRole
from project_spaces.notifications import Topic, notify
from project_spaces.owner_stewards import OWNER_LENGTH, OwnerSteward
from project_spaces.people import Person, get_person, holders, require_administrator, roles_of
from project_spaces.store import Store
from project_spaces.text import Text

NO_STEWARD = Text(
    "Donnez d'abord à cette personne le rôle de gestionnaire de données.",
    "Give this person the role of data steward first.",
)


def stewards_of(session: Session, owners: Sequence[str]) -> list[Person]:
    """Return the active stewards who speak for one of *owners*, by username."""
    entrusted = set(session.scalars(select(OwnerSteward.person).where(OwnerSteward.owner.in_(owners))))
    return [each for each in holders(session, PlatformRole.STEWARD) if each.username in entrusted]


def list_owners(session: Session) -> list[str]:
    """Return every owner of a registered data set, by name."""
    return sorted(set(session.scalars(select(Dataset.owner))))


def entrust(store: Store, owner: str, person: str, *, actor: str, now: datetime) -> None:
    """Let *person* speak for *owner*; doing it again changes nothing.

    Raises
    ------
    Invalid, NotFound, Refused
        the person is no steward; no such owner or person; *actor* is not an administrator, or is that person.
    """
    with store.write(_event(owner, person, "entrusted", actor, now)) as session:
        require_administrator(session, actor, now, beneficiary=person)
        get_person(session, person)
        if owner not in list_owners(session):
            raise NotFound(Text("Aucun jeu de données n'a ce producteur.", "No data set has this owner."))
        if PlatformRole.STEWARD not in roles_of(session, person):
            raise Invalid(NO_STEWARD)
        if session.get(OwnerSteward, (owner, person)) is None:
            session.add(OwnerSteward(owner=owner, person=person, granted_at=now, granted_by=actor))


def dismiss(store: Store, owner: str, person: str, *, actor: str, now: datetime, reason: str = "") -> None:
    """Let *person* no longer speak for *owner*, and say so to that person.

    Raises
    ------
    NotFound, Refused
        the person does not; *actor* is not an administrator.
    """
    with store.write(_event(owner, person, "dismissed", actor, now, reason=reason)) as session:
        require_administrator(session, actor, now)
        row = session.get(OwnerSteward, (owner, person))
        if row is None:
            raise NotFound(
                Text(f"{person} ne répond pas pour ce producteur.", f"{person} does not speak for this owner.")
            )
        session.delete(row)
        text = Text(f"Vous ne répondez plus pour le producteur {owner}.", f"You no longer speak for the owner {owner}.")
        notify(session, to=person, kind=Topic.RIGHTS, text=text, link="habilitations", now=now)


def require_keeper(session: Session, actor: str, dataset: str, now: datetime) -> None:
    """Let the installation, an administrator, or a steward of the data set's owner pass.

    Raises
    ------
    NotFound, Refused
        no such data set; *actor* is none of them, with every reason.
    """
    require_administrator(session, actor, now, action=Action.REGISTER_DATASET)
    owner = get_dataset(session, dataset).owner
    if actor.startswith(SYSTEM_PREFIX) or PlatformRole.ADMINISTRATOR in roles_of(session, actor):
        return
    if actor not in {each.username for each in stewards_of(session, [owner])}:
        text = Text(
            "Vous ne répondez pas pour le producteur de ce jeu de données.",
            "You do not speak for the owner of this data set.",
        )
        raise Refused(text, [text])


def _event(owner: str, person: str, change: str, actor: str, now: datetime, *, reason: str = "") -> Event:
    if not 1 <= len(owner) <= OWNER_LENGTH:
        raise Invalid(Text("Un producteur a un nom.", "An owner has a name."))
    subject, private = {"owner": owner, "change": change}, {"reason": reason} if reason else {}
    return Event(Kind.ACCESS_CIRCUIT, actor, None, now, subject, private=private, persons={"beneficiary": person})
