"""One person's file, as who administers the person or audits sees it; looking is recorded."""

from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from audit.events import Event, Kind
from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import Input, Nothing
from hub_extensions.portal.verbs.hubs import perimeter_row
from hub_extensions.portal.verbs.onboarding import file_of
from hub_extensions.portal.verbs.reach import Reach, reach_of, require_sight
from hub_extensions.portal.words import both
from project_spaces.access import may
from project_spaces.decisions import Action
from project_spaces.errors import Refused
from project_spaces.facts import PlaceKind
from project_spaces.memberships import memberships
from project_spaces.organisations import organisations
from project_spaces.people import get_person, roles_of
from project_spaces.perimeters import perimeter_of
from project_spaces.person_details import change_person
from project_spaces.records.people import ROLE_LABELS


class Details(Input):
    """A person's name and e-mail address, and why they change."""

    display_name: Annotated[str, Field(min_length=1, max_length=200)]
    email: Annotated[str, Field(max_length=254)]
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


def person(call: Call, _body: Nothing) -> Page:
    """A person's identity, organisation, charters, trainings, roles and perimeters."""
    username = call["person"]
    with call.portal.store.read() as session:
        require_sight(session, call, username)
        mine = _administered(session, call, username)
        found = {
            **file_of(session, call, username),
            "roles": [both(ROLE_LABELS[role]) for role in sorted(roles_of(session, username))],
            **_places(session, call, username),
            "organisations": [{"slug": each.slug, "name": each.name} for each in organisations(session)],
            "platform": may(session, call.actor, Action.ADMINISTER, now=call.now).allowed,
            "mine_to_change": mine,
            "email": get_person(session, username).email if mine else None,
        }
    subject = {"what": "file of a person"}
    call.portal.store.record(
        Event(Kind.AUDIT_READ, call.actor, None, call.now, subject, persons={"looked_at": username})
    )
    return found


def change(call: Call, body: Details) -> Page:
    """Change a person's name or e-mail address; a new name is to be reviewed again."""
    change_person(
        call.portal.store,
        call["person"],
        display_name=body.display_name,
        email=body.email,
        reason=body.reason,
        actor=call.actor,
        now=call.now,
    )
    return {"username": call["person"]}


def _places(session: Session, call: Call, username: str) -> Page:
    """Where the person works and administers; a hub's administrator learns of no project outside the perimeter."""
    everything = may(session, call.actor, Action.SEE_RIGHTS, now=call.now).allowed
    reach = Reach(everything=True) if everything else reach_of(session, call)
    held = perimeter_of(session, username)
    return {
        "perimeters": [
            perimeter_row(each, call)
            for each in held
            if each.scope is not PlaceKind.PROJECT or reach.project(each.name)
        ],
        "projects": sorted(
            {each.project for each in memberships(session, person=username) if reach.project(each.project)}
        ),
    }


def _administered(session: Session, call: Call, username: str) -> bool:
    """Whether the forms are offered; what they do is decided behind them."""
    try:
        return reach_of(session, call).person(username) and username != call.actor
    except Refused:
        return False
