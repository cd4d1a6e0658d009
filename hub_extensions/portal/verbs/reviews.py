"""Reviews of habilitations: keep or withdraw each right, on evidence; the outcome leaves with the ledger's proofs."""

import csv
import io
from datetime import timedelta
from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from audit.events import Event, Kind
from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import End, Input, Nothing
from hub_extensions.portal.verbs.audit_export import defused
from hub_extensions.portal.verbs.reach import Reach, reach_of
from hub_extensions.portal.words import both, iso
from project_spaces.access import may
from project_spaces.decisions import Action
from project_spaces.errors import NotFound
from project_spaces.projects import list_projects
from project_spaces.reviews.campaigns import (
    Occasion,
    ReviewCampaign,
    ReviewDecision,
    ReviewItem,
    campaigns,
    close_campaign,
    decide_item,
    items,
    open_campaign,
)
from project_spaces.reviews.rights import RightKind, about_words
from project_spaces.text import Text

OCCASION_LABELS: dict[Occasion, Text] = {
    Occasion.YEARLY: Text("Revue annuelle", "Yearly review"),
    Occasion.PROJECT_END: Text("Fin de projet", "End of project"),
}
RIGHT_LABELS: dict[RightKind, Text] = {
    RightKind.MEMBERSHIP: Text("Appartenance", "Membership"),
    RightKind.HABILITATION: Text("Habilitation", "Habilitation"),
    RightKind.ROLE: Text("Rôle", "Role"),
    RightKind.PERIMETER: Text("Périmètre", "Perimeter"),
    RightKind.STEWARDSHIP: Text("Producteur confié", "Owner entrusted"),
}
DECISION_LABELS: dict[ReviewDecision, Text] = {
    ReviewDecision.KEEP: Text("Maintenu", "Kept"),
    ReviewDecision.WITHDRAW: Text("Retiré", "Withdrawn"),
}
NO_REVIEW = Text("Il n'y a pas de telle revue.", "There is no such review.")
#: Columns of the evidence as a table; the ledger's index says where the decision stands in the log.
COLUMNS = (
    "right",
    "kind",
    "person",
    "project",
    "dataset",
    "about",
    "ends_at",
    "decision",
    "evidence",
    "decided_at",
    "decided_by",
)
ANSWER_DAYS = 30


class NewReview(Input):
    """A review to open: of one project, or of the platform (no project)."""

    occasion: Occasion = Occasion.YEARLY
    project: Annotated[str, Field(min_length=1, max_length=30)] | None = None
    due_at: End | None = None


class Answer(Input):
    """What becomes of one right, and on what evidence."""

    item_id: Annotated[str, Field(min_length=1, max_length=32)]
    decision: ReviewDecision
    evidence: Annotated[str, Field(min_length=1, max_length=2000)]


def overview(call: Call, _body: Nothing) -> Page:
    """Every review that concerns me, the latest first."""
    with call.portal.store.read() as session:
        reach = _reach(session, call)
        found = [_row(session, each, reach) for each in campaigns(session) if _concerns(each, reach)]
        projects = [
            {"slug": each.slug, "title": each.title} for each in list_projects(session) if reach.project(each.slug)
        ]
    occasions = [{"value": occasion.value, "label": both(label)} for occasion, label in OCCASION_LABELS.items()]
    return {"campaigns": found, "projects": projects, "occasions": occasions, "platform": reach.everything}


def review(call: Call, _body: Nothing) -> Page:
    """One review: every right, and what was decided about it."""
    with call.portal.store.read() as session:
        reach = _reach(session, call)
        campaign = _campaign(session, call, reach)
        rows = [item_row(each, call.actor) for each in items(session, campaign.id) if reach.project(each.project)]
        return {**_row(session, campaign, reach), "items": rows}


def begin(call: Call, body: NewReview) -> Page:
    """Open a review of every right that has not ended."""
    number = open_campaign(
        call.portal.store,
        body.occasion,
        project=body.project,
        due_at=body.due_at or call.now + timedelta(days=ANSWER_DAYS),
        actor=call.actor,
        now=call.now,
    )
    return {"id": number}


def answer(call: Call, body: Answer) -> Page:
    """Keep or withdraw one right; a withdrawal cuts at once."""
    decide_item(call.portal.store, body.item_id, body.decision, evidence=body.evidence, actor=call.actor, now=call.now)
    return {"id": body.item_id, "decision": body.decision.value}


def close(call: Call, _body: Nothing) -> Page:
    """Close a review in which everything is decided."""
    with call.portal.store.read() as session:
        reach_of(session, call)  # who administers nothing is told that, whatever the id is
    close_campaign(call.portal.store, call["campaign"], actor=call.actor, now=call.now)
    return {"id": call["campaign"]}


def evidence(call: Call, _body: Nothing) -> Page:
    """A review's outcome as one document: each right, its decision, and the proof that the decision is in the log."""
    found = _outcome(call)
    indexes = [row["ledger_index"] for row in found["items"] if row["ledger_index"] is not None]
    return {**found, "proofs": call.portal.ledger.bundle(indexes, {}) if indexes else None}


def evidence_table(call: Call, _body: Nothing) -> bytes:
    """The same as a table for a spreadsheet: one line a right, with its place in the ledger."""
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow([*COLUMNS, "ledger_index"])
    for row in _outcome(call)["items"]:
        writer.writerow([defused(row[name]) for name in (*COLUMNS, "ledger_index")])
    return table.getvalue().encode("utf-8-sig")


def _outcome(call: Call) -> Page:
    """Every right with its decision and the decision's place in the log; that it was taken away is recorded."""
    with call.portal.store.read() as session:
        reach = _reach(session, call)
        campaign = _campaign(session, call, reach)
        found = [each for each in items(session, campaign.id) if reach.project(each.project)]
        rows = [item_row(each, call.actor) for each in found]
        outcome = {**_row(session, campaign, reach), "items": rows}
    for row, each in zip(rows, found, strict=True):
        row["ledger_index"] = None if each.event is None else call.portal.store.ledger_index(each.event)
    subject = {"what": "evidence of a review", "campaign": campaign.id}
    call.portal.store.record(Event(Kind.AUDIT_READ, call.actor, campaign.project, call.now, subject))
    return outcome


def item_row(each: ReviewItem, actor: str) -> Page:
    """One right for a list."""
    return {
        "id": each.id,
        "right": each.right,
        "kind": each.kind.value,
        "kind_label": both(RIGHT_LABELS[each.kind]),
        "person": each.person,
        "project": each.project,
        "dataset": each.dataset,
        "about": each.about,
        "about_label": None if each.about is None else both(about_words(each.kind, each.about)),
        "ends_at": iso(each.ends_at),
        "decision": None if each.decision is None else each.decision.value,
        "decision_label": None if each.decision is None else both(DECISION_LABELS[each.decision]),
        "evidence": each.evidence,
        "decided_at": iso(each.decided_at),
        "decided_by": each.decided_by,
        "own": each.person == actor,
    }


def _row(session: Session, each: ReviewCampaign, reach: Reach) -> Page:
    mine = [item for item in items(session, each.id) if reach.project(item.project)]
    return {
        "id": each.id,
        "occasion": each.occasion.value,
        "occasion_label": both(OCCASION_LABELS[each.occasion]),
        "project": each.project,
        "opened_at": iso(each.opened_at),
        "opened_by": each.opened_by,
        "due_at": iso(each.due_at),
        "closed_at": iso(each.closed_at),
        "closed_by": each.closed_by,
        "count": len(mine),
        "undecided": sum(item.decision is None for item in mine),
        "withdrawn": sum(item.decision is ReviewDecision.WITHDRAW for item in mine),
    }


def _reach(session: Session, call: Call) -> Reach:
    """Auditors look at every review; what they may not do is refused behind the form."""
    if may(session, call.actor, Action.SEE_RIGHTS, now=call.now).allowed:
        return Reach(everything=True)
    return reach_of(session, call)


def _concerns(campaign: ReviewCampaign, reach: Reach) -> bool:
    return campaign.project is None or reach.project(campaign.project)


def _campaign(session: Session, call: Call, reach: Reach) -> ReviewCampaign:
    found = session.get(ReviewCampaign, call["campaign"])
    if found is None or not _concerns(found, reach):
        raise NotFound(NO_REVIEW)
    return found
