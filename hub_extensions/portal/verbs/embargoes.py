"""Embargoes: times in which nobody uses a data set; set and lifted by whoever answers for it."""

from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import End, Input, Nothing, Start
from hub_extensions.portal.verbs import closures
from hub_extensions.portal.verbs.habilitations import STATE_LABELS, state_of
from hub_extensions.portal.verbs.request_shapes import dataset_of
from hub_extensions.portal.words import both, iso
from project_spaces import agreements
from project_spaces.agreements import Embargo
from project_spaces.datasets import list_datasets
from project_spaces.decisions import Action
from project_spaces.embargoes import reviewing, setting
from project_spaces.errors import Refused
from project_spaces.owner_perimeters import require_keeper
from project_spaces.people import require_administrator


class NewEmbargo(Input):
    """Which data set is closed, from when to when, and why; without an end, until it is lifted."""

    dataset: Annotated[str, Field(min_length=1, max_length=30)]
    starts_at: Start | None = None
    ends_at: End | None = None
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


class Lift(Input):
    """Which embargo is lifted, or goes on, and why."""

    embargo: Annotated[str, Field(min_length=1, max_length=32)]
    reason: Annotated[str, Field(min_length=1, max_length=1000)]


def embargoes(call: Call, _body: Nothing) -> Page:
    """Embargoes on the data sets that I answer for, the latest first, and the closures that projects ask for."""
    with call.portal.store.read() as session:
        require_administrator(session, call.actor, call.now, action=Action.REGISTER_DATASET)
        mine = [each.slug for each in list_datasets(session) if _keeps(session, call, each.slug)]
        found = agreements.embargoes(session, mine)
        return {
            "datasets": [dataset_of(session, slug, call.now) for slug in mine],
            "asks": closures.waiting(session, call, mine),
            "embargoes": [_row(session, call, each) for each in reversed(found)],
        }


def set_embargo(call: Call, body: NewEmbargo) -> Page:
    """Close a data set to everybody; workspaces that use it are cut."""
    number = setting.set_embargo(
        call.portal.store,
        body.dataset,
        starts_at=body.starts_at or call.now,
        ends_at=body.ends_at,
        reason=body.reason,
        actor=call.actor,
        now=call.now,
    )
    return {"id": number}


def lift_embargo(call: Call, body: Lift) -> Page:
    """End an embargo now."""
    setting.lift_embargo(call.portal.store, body.embargo, actor=call.actor, now=call.now, reason=body.reason)
    return {"id": body.embargo}


def keep_embargo(call: Call, body: Lift) -> Page:
    """State that an embargo goes on; it is looked at again in six months."""
    due = reviewing.keep_embargo(call.portal.store, body.embargo, actor=call.actor, now=call.now, reason=body.reason)
    return {"id": body.embargo, "review_due_at": iso(due)}


def _keeps(session: Session, call: Call, slug: str) -> bool:
    try:
        require_keeper(session, call.actor, slug, call.now)
    except Refused:
        return False
    return True


def _row(session: Session, call: Call, each: Embargo) -> Page:
    state = state_of(each.window, call.now)
    return {
        "id": each.id,
        "dataset": dataset_of(session, each.dataset, call.now),
        "starts_at": iso(each.starts_at),
        "ends_at": iso(each.ends_at),
        "lifted_at": iso(each.lifted_at),
        "reason": each.reason,
        "review_due_at": iso(reviewing.review_due(each)),
        "review_late": reviewing.review_due(each) <= call.now,
        "state": state,
        "state_label": both(STATE_LABELS[state]),
    }
