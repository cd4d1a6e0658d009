"""Who administers what, for pages: the platform's administrators everything, a hub's what lies in their perimeter."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from hub_extensions.portal.context import Call
from project_spaces.access import may, require
from project_spaces.decisions import Action
from project_spaces.errors import Refused
from project_spaces.facts import PlaceKind
from project_spaces.memberships import memberships
from project_spaces.perimeters import perimeter_of, reach
from project_spaces.records.places import organisation_places, project_places


@dataclass(frozen=True)
class Reach:
    """What a list may show: everything, or these projects and people."""

    everything: bool
    projects: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()

    def project(self, slug: str | None) -> bool:
        """Tell whether a project is shown."""
        return self.everything or slug in self.projects

    def person(self, username: str | None) -> bool:
        """Tell whether a person is shown."""
        return self.everything or username in self.people


def reach_of(session: Session, call: Call) -> Reach:
    """Return what the caller administers.

    Raises
    ------
    Refused
        nothing.
    """
    if may(session, call.actor, Action.ADMINISTER, now=call.now).allowed:
        return Reach(everything=True)
    held = [each.facts.place for each in perimeter_of(session, call.actor) if each.window.holds(call.now)]
    require(session, call.actor, Action.ADMINISTER, now=call.now, within=held)
    return Reach(False, *reach(session, call.actor, call.now))


def administered_organisations(session: Session, call: Call) -> frozenset[str]:
    """Return the organisations that the caller administers as a hub's administrator now."""
    held = [each for each in perimeter_of(session, call.actor) if each.window.holds(call.now)]
    return frozenset(each.name for each in held if each.scope is PlaceKind.ORGANISATION)


def require_platform(session: Session, call: Call) -> None:
    """Let the platform's administrators pass.

    Raises
    ------
    Refused
        the caller administers a hub, or nothing.
    """
    require(session, call.actor, Action.ADMINISTER, now=call.now)


def require_project(session: Session, call: Call, project: str) -> None:
    """Let pass who administers *project*.

    Raises
    ------
    Refused
        the caller does not.
    """
    require(session, call.actor, Action.ADMINISTER, now=call.now, within=project_places(session, project))


def require_sight(session: Session, call: Call, person: str, project: str | None = None) -> None:
    """Let pass who may see the rights of *person*: auditors, and who administers the person or a project of hers.

    Raises
    ------
    Refused
        the caller may not.
    """
    places = organisation_places(session, person)
    projects = {each.project for each in memberships(session, person=person)}
    for slug in projects & ({project} if project is not None else projects):
        places = (*places, *project_places(session, slug))
    require(session, call.actor, Action.SEE_RIGHTS, now=call.now, within=places)


def administers(session: Session, call: Call) -> bool:
    """Tell whether the caller administers anything."""
    try:
        reach_of(session, call)
    except Refused:
        return False
    return True
