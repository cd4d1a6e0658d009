"""Rights that nobody can use or that nothing stands behind, and the act that takes each away."""

from typing import Annotated

from pydantic import Field

from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import Input, Nothing, parse
from hub_extensions.portal.verbs.reach import Reach, reach_of
from hub_extensions.portal.words import both
from project_spaces.facts import PlatformRole
from project_spaces.habilitations import revoke_habilitation
from project_spaces.memberships import revoke_membership
from project_spaces.orphan_rights import ORPHAN_LABELS, OrphanRight, orphan_rights
from project_spaces.owner_perimeters import dismiss
from project_spaces.people import revoke_role
from project_spaces.perimeters import revoke_perimeter
from project_spaces.reviews.rights import RightKind, about_words


class _Role(Input):
    role: PlatformRole


class Withdrawal(Input):
    """Which right is withdrawn, and why; of a role or an entrusted owner, whose."""

    kind: RightKind
    right: Annotated[str, Field(min_length=1, max_length=200)]
    person: Annotated[str, Field(max_length=30)] = ""
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


def orphans(call: Call, _body: Nothing) -> Page:
    """Every orphan in what I administer."""
    with call.portal.store.read() as session:
        reach = reach_of(session, call)
        found = orphan_rights(session, now=call.now)
    rows = [
        {
            "what": each.what.value,
            "label": both(ORPHAN_LABELS[each.what]),
            "person": each.person,
            "project": each.project,
            "right": each.right,
            "kind": None if each.kind is None else each.kind.value,
            "about": None if each.about is None else both(about_words(each.kind, each.about)),
        }
        for each in found
        if _shown(each, reach)
    ]
    return {"orphans": rows}


def withdraw(call: Call, body: Withdrawal) -> Page:
    """Withdraw an orphan right."""
    store, said = call.portal.store, {"actor": call.actor, "now": call.now, "reason": body.reason}
    match body.kind:
        case RightKind.MEMBERSHIP:
            revoke_membership(store, body.right, **said)
        case RightKind.HABILITATION:
            revoke_habilitation(store, body.right, **said)
        case RightKind.PERIMETER:
            revoke_perimeter(store, body.right, **said)
        case RightKind.STEWARDSHIP:
            dismiss(store, body.right, body.person, **said)
        case RightKind.ROLE:
            revoke_role(store, body.person, parse(_Role, {"role": body.right}).role, **said)
    return {"right": body.right}


def _shown(each: OrphanRight, reach: Reach) -> bool:
    """What is done for the platform is its administrators' to take away: a hub's don't see it."""
    if reach.everything or reach.project(each.project):
        return True
    return each.project is None and each.kind is None and reach.person(each.person)
