"""Rights that nobody can use or that nothing stands behind, and the act that takes each away."""

from typing import Annotated

from pydantic import Field

from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import Input, Nothing
from hub_extensions.portal.verbs.reach import reach_of
from hub_extensions.portal.words import both
from project_spaces.habilitations import revoke_habilitation
from project_spaces.memberships import revoke_membership
from project_spaces.orphan_rights import ORPHAN_LABELS, orphan_rights
from project_spaces.reviews.campaigns import RightKind


class Withdrawal(Input):
    """Which right is withdrawn, and why."""

    kind: RightKind
    right: Annotated[str, Field(min_length=1, max_length=32)]
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
        }
        for each in found
        if reach.everything or reach.project(each.project) or (each.project is None and reach.person(each.person))
    ]
    return {"orphans": rows}


def withdraw(call: Call, body: Withdrawal) -> Page:
    """Withdraw an orphan right."""
    verb = revoke_membership if body.kind is RightKind.MEMBERSHIP else revoke_habilitation
    verb(call.portal.store, body.right, actor=call.actor, now=call.now, reason=body.reason)
    return {"right": body.right}
