"""Who administers what: the platform's administrators everything, a hub's what lies in their perimeter.

A perimeter is data: places, each from a moment to another. What lies in no place (the platform, its roles, charters,
the perimeters themselves) is nobody's but the platform administrators', so nobody can widen an own perimeter.
"""

from datetime import datetime

from project_spaces.conditions.person import holds_role
from project_spaces.conditions.states import Condition, Named, States, Who, held
from project_spaces.facts import PlatformRole, Resource, Subject
from project_spaces.text import Text

_PERIMETER = Named(
    "perimeter",
    Text("votre périmètre d'administration", "your perimeter of administration"),
    Text("Cela sort de votre périmètre d'administration.", "This lies outside your perimeter of administration."),
    Who.ADMINISTRATOR,
)


def administers_or(*roles: PlatformRole) -> Condition:
    """The person administers the platform or what is concerned, or holds one of *roles*."""
    by_role = holds_role(PlatformRole.ADMINISTRATOR, *roles)

    def condition(subject: Subject, resource: Resource, now: datetime) -> States:
        (state,) = by_role(subject, resource, now)
        if state.holds or not subject.perimeter:
            return (state,)
        return held([each.window for each in subject.perimeter if each.place in resource.within], now, _PERIMETER)

    condition.__name__ = f"administers_or_{by_role.__name__}"
    return condition
