"""Memberships and habilitations, as an administrator grants and withdraws them."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import End, Input, Nothing, Start
from hub_extensions.portal.verbs.habilitations import STATE_LABELS, state_of
from hub_extensions.portal.verbs.reach import require_project
from hub_extensions.portal.words import MEMBER_LABELS, both, iso
from project_spaces import habilitations as domain_habilitations
from project_spaces import memberships as domain_memberships
from project_spaces.datasets import list_datasets
from project_spaces.errors import NotFound
from project_spaces.facts import MemberRole
from project_spaces.habilitations import Habilitation, get_habilitation
from project_spaces.memberships import Membership, memberships
from project_spaces.text import Text

Slug = Annotated[str, Field(min_length=1, max_length=30)]
Id = Annotated[str, Field(min_length=1, max_length=32)]


class NewMembership(Input):
    """A place in the project; without a start it begins now."""

    username: Slug
    role: MemberRole = MemberRole.ANALYST
    starts_at: Start | None = None
    ends_at: End


class NewHabilitation(Input):
    """A right on a data set in the project; without a start it begins now."""

    username: Slug
    dataset: Slug
    starts_at: Start | None = None
    ends_at: End
    reason: Annotated[str, Field(max_length=2000)] = ""


class EndMembership(Input):
    """Which membership ends, and why."""

    membership_id: Id
    reason: Annotated[str, Field(max_length=2000)] = ""


class EndHabilitation(Input):
    """Which habilitation is withdrawn, and why."""

    habilitation_id: Id
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


def grantable(call: Call, _body: Nothing) -> Page:
    """The data sets that a habilitation may be granted for: what each is called, nothing more."""
    with call.portal.store.read() as session:
        require_project(session, call, call["project"])
        found = [each for each in list_datasets(session) if each.withdrawn_at is None]
    return {"datasets": [{"slug": each.slug, "title": both(each.title), "withdrawn": False} for each in found]}


def grant_membership(call: Call, body: NewMembership) -> Page:
    """Give a person a place in the project."""
    number = domain_memberships.grant_membership(
        call.portal.store,
        person=body.username,
        project=call["project"],
        role=body.role,
        starts_at=body.starts_at or call.now,
        ends_at=body.ends_at,
        actor=call.actor,
        now=call.now,
    )
    return {"id": number}


def revoke_membership(call: Call, body: EndMembership) -> Page:
    """End a membership now; open workspaces are cut."""
    with call.portal.store.read() as session:
        if body.membership_id not in {each.id for each in memberships(session, project=call["project"])}:
            raise NotFound(Text("Il n'y a pas de telle appartenance ici.", "There is no such membership here."))
    domain_memberships.revoke_membership(
        call.portal.store, body.membership_id, actor=call.actor, now=call.now, reason=body.reason
    )
    return {"id": body.membership_id}


def grant_habilitation(call: Call, body: NewHabilitation) -> Page:
    """Grant a person the use of a data set in the project."""
    number = domain_habilitations.grant_habilitation(
        call.portal.store,
        person=body.username,
        project=call["project"],
        dataset=body.dataset,
        starts_at=body.starts_at or call.now,
        ends_at=body.ends_at,
        actor=call.actor,
        now=call.now,
        reason=body.reason,
    )
    return {"id": number}


def revoke_habilitation(call: Call, body: EndHabilitation) -> Page:
    """Withdraw a habilitation now; the workspaces that use it are cut."""
    with call.portal.store.read() as session:
        if get_habilitation(session, body.habilitation_id).project != call["project"]:
            raise NotFound(Text("Il n'y a pas de telle habilitation ici.", "There is no such habilitation here."))
    domain_habilitations.revoke_habilitation(
        call.portal.store, body.habilitation_id, actor=call.actor, now=call.now, reason=body.reason
    )
    return {"id": body.habilitation_id}


def membership_row(each: Membership, now: datetime) -> Page:
    """One membership for a list."""
    state = state_of(each.window, now)
    return {
        "id": each.id,
        "username": each.person,
        "role": both(MEMBER_LABELS[each.role]),
        "starts_at": iso(each.starts_at),
        "ends_at": iso(each.ends_at),
        "revoked_at": iso(each.revoked_at),
        "state": state,
        "state_label": both(STATE_LABELS[state]),
    }


def habilitation_row(each: Habilitation, now: datetime) -> Page:
    """One habilitation for a list."""
    state = state_of(each.window, now)
    return {
        "id": each.id,
        "username": each.person,
        "dataset": each.dataset,
        "starts_at": iso(each.starts_at),
        "ends_at": iso(each.ends_at),
        "revoked_at": iso(each.revoked_at),
        "granted_by": each.granted_by,
        "reason": each.reason,
        "revoked_reason": each.revoked_reason,
        "state": state,
        "state_label": both(STATE_LABELS[state]),
    }


def member_roles() -> list[Page]:
    """Roles in a project, for a list of choices."""
    return [{"value": role.value, "label": both(label)} for role, label in MEMBER_LABELS.items()]
