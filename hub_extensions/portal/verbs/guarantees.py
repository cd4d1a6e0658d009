"""What others gave a project (approvals), and what the owners of data agreed with it."""

from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import End, Input, Nothing, Start
from hub_extensions.portal.verbs.habilitations import STATE_LABELS, state_of
from hub_extensions.portal.verbs.reach import require_project
from hub_extensions.portal.words import CLASS_LABELS, both, iso
from project_spaces.access import require
from project_spaces.agreements import (
    agreements_of,
    embargoes,
    record_agreement,
    require_agreement,
    revoke_agreement,
)
from project_spaces.approvals import approvals, record_approval, revoke_approval
from project_spaces.columns import Lasting
from project_spaces.datasets import get_dataset, latest_version
from project_spaces.decisions import Action
from project_spaces.projects import get_project, list_projects
from project_spaces.records import rules_of
from project_spaces.text import Text

Slug = Annotated[str, Field(min_length=1, max_length=30)]
Id = Annotated[str, Field(min_length=1, max_length=32)]
Why = Annotated[str, Field(min_length=1, max_length=2000)]
Reference = Annotated[str, Field(min_length=1, max_length=200)]


class NewApproval(Input):
    """An approval that a project was given, with its giver's reference."""

    kind: Slug
    reference: Reference
    starts_at: Start
    ends_at: End


class ApprovalWhy(Input):
    """An approval, and why it is withdrawn."""

    approval_id: Id
    reason: Why


class NewAgreement(Input):
    """A signed agreement of the data set's owner with a project."""

    project: Slug
    reference: Reference
    starts_at: Start
    ends_at: End


class AgreementWhy(Input):
    """An agreement, and why it is ended."""

    agreement_id: Id
    reason: Why


class AgreementRule(Input):
    """Whether the data set is used under a signed agreement only."""

    required: bool = False


def project_approvals(call: Call, _body: Nothing) -> Page:
    """The approvals of a project, and the kinds that the installation asks for."""
    with call.portal.store.read() as session:
        require_project(session, call, call["project"])
        get_project(session, call["project"])
        rows = [{**_lasting(each, call.now), "kind": each.kind} for each in approvals(session, call["project"])]
        return {"approvals": rows, "needed": sorted(rules_of(session).needed("approvals"))}


def approve(call: Call, body: NewApproval) -> Page:
    """Record an approval that a project was given."""
    number = record_approval(
        call.portal.store,
        project=call["project"],
        kind=body.kind,
        reference=body.reference,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        actor=call.actor,
        now=call.now,
    )
    return {"id": number}


def disapprove(call: Call, body: ApprovalWhy) -> Page:
    """Withdraw an approval: work that needs it is cut at once."""
    revoke_approval(call.portal.store, body.approval_id, actor=call.actor, now=call.now, reason=body.reason)
    return {"id": body.approval_id}


def dataset(call: Call, _body: Nothing) -> Page:
    """One data set: what it is, its agreements, its embargoes."""
    slug = call["dataset"]
    with call.portal.store.read() as session:
        require(session, call.actor, Action.REGISTER_DATASET, now=call.now)
        found, version = get_dataset(session, slug), latest_version(session, slug)
        return {
            "slug": slug,
            "title": both(found.title),
            "owner": found.owner,
            "class_label": both(CLASS_LABELS[found.classification]),
            "version": None if version is None else version.version,
            "withdrawn": found.withdrawn_at is not None,
            "agreement_required": found.agreement_required,
            "agreement_by_rule": rules_of(session).of_tier(found.classification).agreement,
            "agreements": [
                {**_lasting(each, call.now), "project": each.project} for each in agreements_of(session, slug)
            ],
            "embargoes": _embargoes(session, slug, call.now),
            "projects": [{"slug": each.slug, "title": each.title} for each in list_projects(session)],
        }


def ask_agreement(call: Call, body: AgreementRule) -> Page:
    """Say whether the data set is used under a signed agreement only."""
    require_agreement(call.portal.store, call["dataset"], required=body.required, actor=call.actor, now=call.now)
    return {"required": body.required}


def agree(call: Call, body: NewAgreement) -> Page:
    """Record a signed agreement of the owner with a project."""
    number = record_agreement(
        call.portal.store,
        project=body.project,
        dataset=call["dataset"],
        reference=body.reference,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        actor=call.actor,
        now=call.now,
    )
    return {"id": number}


def end_agreement(call: Call, body: AgreementWhy) -> Page:
    """End an agreement: work that needs it is cut at once."""
    revoke_agreement(call.portal.store, body.agreement_id, actor=call.actor, now=call.now, reason=body.reason)
    return {"id": body.agreement_id}


def _embargoes(session: Session, slug: str, now: datetime) -> list[Page]:
    rows = []
    for each in embargoes(session, [slug]):
        state = state_of(each.window, now)
        label = Text("Levé", "Lifted") if state == "revoked" else STATE_LABELS[state]
        rows.append(
            {
                "starts_at": iso(each.starts_at),
                "ends_at": iso(each.window.last),
                "reason": each.reason,
                "set_by": each.set_by,
                "state": state,
                "state_label": both(label),
            }
        )
    return rows[::-1]


def _lasting(each: Lasting, now: datetime) -> Page:
    state = state_of(each.window, now)
    return {
        "id": each.id,
        "reference": each.reference,  # type: ignore[attr-defined]
        "starts_at": iso(each.starts_at),
        "ends_at": iso(each.window.last),
        "state": state,
        "state_label": both(STATE_LABELS[state]),
    }
