"""What pages show of requests, as plain data: a reviewer's queue, an author's requests, a recipient's links."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub_extensions.exports import permissions
from hub_extensions.exports.acting import parties_of
from hub_extensions.exports.assignments import assignments
from hub_extensions.exports.desk import Desk
from hub_extensions.exports.downloads import check_link
from hub_extensions.exports.requests import ExportLink, ExportRequest
from hub_extensions.exports.settling import tally_of
from hub_extensions.exports.standing import standing_of
from hub_extensions.exports.states import STATE_LABELS, TURN, UNDER_REVIEW, State
from hub_extensions.exports.voting import Tally
from project_spaces.errors import Conflict
from project_spaces.text import Text

Page = dict[str, Any]


def queue(desk: Desk, reviewer: str, *, now: datetime) -> list[Page]:
    """Requests that *reviewer* may judge: those that *reviewer* was asked about first, then by promise and age."""
    with desk.store.read() as session:
        query = select(ExportRequest).where(ExportRequest.state.in_(UNDER_REVIEW))
        requests = session.scalars(query.order_by(ExportRequest.submitted_at, ExportRequest.id)).all()
        found = [
            _queued(desk, session, request, reviewer, now)
            for request in requests
            if permissions.is_reviewer(standing_of(session, reviewer, request.project, now), parties_of(request))
        ]
    return sorted(found, key=lambda each: (not each["assigned"], each["due_at"], each["submitted_at"]))


def waiting(desk: Desk, session: Session, now: datetime) -> list[Page]:
    """Every request in the reviewers' hands: what was promised, and who is asked; without a word of its content."""
    query = select(ExportRequest).where(ExportRequest.state.in_(UNDER_REVIEW))
    found = [
        {
            "id": request.id,
            "project": request.project,
            "files": len(request.files),
            "round": request.round,
            "due_at": stamp(due_of(desk, request)),
            "late": now > (due_of(desk, request) or now),
            "asked": [each.reviewer for each in assignments(session, request.id)],
            "untouched": not request.votes,
        }
        for request in session.scalars(query).all()
    ]
    return sorted(found, key=lambda each: (each["due_at"], each["id"]))


def mine(desk: Desk, author: str, *, now: datetime) -> list[Page]:
    """Requests that *author* made, the latest change first."""
    with desk.store.read() as session:
        query = select(ExportRequest).where(ExportRequest.author == author)
        requests = session.scalars(query.order_by(ExportRequest.changed_at.desc(), ExportRequest.id)).all()
        return [
            {**_heading(request), "changed_at": stamp(request.changed_at), "links": links_of(request.links, now)}
            for request in requests
        ]


def received(desk: Desk, recipient: str, *, now: datetime) -> list[Page]:
    """Links in the name of *recipient*, the newest first."""
    with desk.store.read() as session:
        query = select(ExportLink, ExportRequest).join(ExportRequest, ExportLink.request_id == ExportRequest.id)
        rows = session.execute(
            query.where(ExportLink.recipient == recipient).order_by(ExportLink.issued_at.desc(), ExportLink.id)
        ).all()
        return [
            {"request": request.id, "title": request.title, "project": request.project, **_link(link, now)}
            for link, request in rows
        ]


def links_of(links: Sequence[ExportLink], now: datetime) -> list[Page]:
    """The links of one request."""
    return [_link(link, now) for link in links]


def need_of(tally: Tally, viewer: str) -> str:
    """What is awaited of a reviewer: ``vote``, ``third`` (end a conflict), ``decide`` (return or reject), ``wait``."""
    if tally.owed(viewer):
        return "third" if tally.closed else "vote"
    return "decide" if tally.refused else "wait"


def stamp(moment: datetime | None) -> str | None:
    """A time as text, None as None."""
    return None if moment is None else moment.isoformat()


def words(text: Text | None) -> dict[str, str] | None:
    """A sentence in both languages, None as None."""
    return None if text is None else text._asdict()


def due_of(desk: Desk, request: ExportRequest) -> datetime | None:
    """When the reviewers' answer was promised; None while none is awaited."""
    if request.submitted_at is None or request.state not in UNDER_REVIEW:
        return None
    return desk.rules.calendar.due_at(request.submitted_at, desk.rules.review_working_days)


def promised_if_submitted(desk: Desk, request: ExportRequest, now: datetime) -> datetime | None:
    """When an answer would be promised if the author submitted now; None where it is not the author's turn."""
    if request.state not in {State.DRAFT, State.RETURNED}:
        return None
    return desk.rules.calendar.due_at(now, desk.rules.review_working_days)


def _queued(desk: Desk, session: Session, request: ExportRequest, reviewer: str, now: datetime) -> Page:
    tally = tally_of(session, request, required=desk.rules.reviewers_required, now=now)
    due = due_of(desk, request)
    return {
        **_heading(request),
        "my_votes": len(tally.voted.get(reviewer, frozenset())),
        "submitted_at": stamp(request.submitted_at),
        "due_at": stamp(due),
        "late": due is not None and now > due,
        "need": need_of(tally, reviewer),
        "assigned": any(each.reviewer == reviewer for each in assignments(session, request.id)),
    }


def _heading(request: ExportRequest) -> Page:
    state = State(request.state)
    return {
        "id": request.id,
        "project": request.project,
        "title": request.title,
        "author": request.author,
        "state": state.value,
        "state_label": words(STATE_LABELS[state]),
        "round": request.round,
        "files": len(request.files),
        "turn": TURN[state],
    }


def _link(link: ExportLink, now: datetime) -> Page:
    reason: Text | None = None
    try:
        check_link(link, now)
    except Conflict as conflict:
        reason = conflict.text
    return {
        "id": link.id,
        "recipient": link.recipient,
        "issued_at": stamp(link.issued_at),
        "expires_at": stamp(link.expires_at),
        "used": link.used,
        "max": link.max_count,
        "usable": reason is None,
        "reason": words(reason),
    }
