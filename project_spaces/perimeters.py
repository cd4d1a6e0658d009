"""Delegation: which projects and organisations a hub's administrator administers, from a moment to another.

Only the platform's administrators give a perimeter, never to themselves; it always ends. It carries the daily acts
(members, habilitations, approvals, people of the organisation, stops, reviews), nothing that would widen it.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.events import Event, Kind
from project_spaces.errors import NotFound
from project_spaces.facts import PlaceKind
from project_spaces.notifications import Topic, notify
from project_spaces.people import get_organisation, get_person, require_administrator
from project_spaces.projects import Project, get_project
from project_spaces.records.places import Affiliation, Perimeter, ProjectOrganisation, perimeter_of
from project_spaces.store import Store
from project_spaces.text import Text
from project_spaces.windows import require_order

__all__ = ["PLACE_LABELS", "Perimeter", "grant_perimeter", "perimeter_of", "perimeters", "reach", "revoke_perimeter"]

PLACE_LABELS: dict[PlaceKind, Text] = {
    PlaceKind.PROJECT: Text("Espace projet", "Project space"),
    PlaceKind.ORGANISATION: Text("Organisme", "Organisation"),
}


def perimeters(session: Session) -> Sequence[Perimeter]:
    """Return every place that was ever given to somebody, by person."""
    return session.scalars(select(Perimeter).order_by(Perimeter.person, Perimeter.starts_at, Perimeter.id)).all()


def reach(session: Session, username: str, now: datetime) -> tuple[frozenset[str], frozenset[str]]:
    """Return the projects and the people that lie in the perimeter of *username* now."""
    held = [each for each in perimeter_of(session, username) if each.window.holds(now)]
    bodies = [each.name for each in held if each.scope is PlaceKind.ORGANISATION]
    answered = select(ProjectOrganisation.project).where(ProjectOrganisation.organisation.in_(bodies))
    known = select(Project.slug).where(
        Project.slug.in_([each.name for each in held if each.scope is PlaceKind.PROJECT])
    )
    people = select(Affiliation.person).where(Affiliation.organisation.in_(bodies))
    return frozenset([*session.scalars(answered), *session.scalars(known)]), frozenset(session.scalars(people))


def grant_perimeter(
    store: Store,
    *,
    person: str,
    scope: PlaceKind,
    name: str,
    starts_at: datetime,
    ends_at: datetime,
    actor: str,
    now: datetime,
) -> str:
    """Give *person* a project or an organisation to administer and return the id.

    Raises
    ------
    Invalid, NotFound, Refused
        the end is not after the start; no such person or place; *actor* is not an administrator of the platform, or is
        that person.
    """
    require_order(starts_at, ends_at)
    number = uuid.uuid4().hex
    subject = {"perimeter": number, "scope": scope.value, "ends_at": ends_at.isoformat(), "change": "granted"}
    event = Event(Kind.PERIMETER, actor, _project(scope, name), now, subject, persons={"beneficiary": person})
    with store.write(event) as session:
        require_administrator(session, actor, now, beneficiary=person)
        get_person(session, person)
        _require_place(session, scope, name)
        session.add(
            Perimeter(
                id=number,
                person=person,
                scope=scope,
                name=name,
                starts_at=starts_at,
                ends_at=ends_at,
                granted_at=now,
                granted_by=actor,
            )
        )
    return number


def revoke_perimeter(store: Store, perimeter_id: str, *, actor: str, now: datetime, reason: str) -> None:
    """Take a place away now, and tell the person; doing it again changes nothing.

    Raises
    ------
    NotFound, Refused
        no such perimeter; *actor* is not an administrator of the platform.
    """
    with store.read() as session:
        found = _get(session, perimeter_id)
    subject = {"perimeter": perimeter_id, "scope": found.scope.value, "change": "revoked"}
    place, persons = _project(found.scope, found.name), {"beneficiary": found.person}
    event = Event(Kind.PERIMETER, actor, place, now, subject, private={"reason": reason}, persons=persons)
    with store.write(event) as session:
        require_administrator(session, actor, now)
        row = _get(session, perimeter_id)
        if row.revoke(now):
            label = PLACE_LABELS[row.scope]
            text = Text(
                f"Vous n'administrez plus : {label.fr} {row.name}.",
                f"You no longer administer: {label.en} {row.name}.",
            )
            notify(session, to=row.person, kind=Topic.RIGHTS, text=text, link="habilitations", now=now)


def _project(scope: PlaceKind, name: str) -> str | None:
    return name if scope is PlaceKind.PROJECT else None


def _require_place(session: Session, scope: PlaceKind, name: str) -> None:
    match scope:
        case PlaceKind.PROJECT:
            get_project(session, name)
        case PlaceKind.ORGANISATION:
            get_organisation(session, name)


def _get(session: Session, perimeter_id: str) -> Perimeter:
    row = session.get(Perimeter, perimeter_id)
    if row is None:
        raise NotFound(Text("Il n'y a pas de tel périmètre.", "There is no such perimeter."))
    return row
