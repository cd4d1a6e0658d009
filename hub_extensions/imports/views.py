"""What pages show of imports, as plain data: a sender's, a project's, a steward's queue, and one import whole."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from hub_extensions.imports.acting import load
from hub_extensions.imports.desk import ImportDesk
from hub_extensions.imports.permissions import check_owner, check_viewer, may_judge
from hub_extensions.imports.records import CONTENT_LABELS, Content, ImportFile, ImportRequest
from hub_extensions.imports.states import OWNERS, STATE_LABELS, TURN, Act, Owner, State, check_act
from project_spaces.errors import BureauError
from project_spaces.memberships import memberships
from project_spaces.text import Text

Page = dict[str, Any]


def mine(desk: ImportDesk, who: str, *, now: datetime) -> list[Page]:
    """Imports that *who* sent, and those of the projects that *who* is in, the latest change first."""
    with desk.store.read() as session:
        found = memberships(session, person=who)
        projects = {each.project for each in found if each.facts.window.holds(now)}
        query = select(ImportRequest).where(or_(ImportRequest.author == who, ImportRequest.project.in_(projects)))
        rows = session.scalars(query.order_by(ImportRequest.changed_at.desc(), ImportRequest.id)).all()
        return [_line(request) for request in rows]


def queue(desk: ImportDesk, who: str, *, now: datetime) -> list[Page]:
    """Imports that wait for *who* to judge them, the oldest first, and those that were judged lately."""
    with desk.store.read() as session:
        query = select(ImportRequest).where(ImportRequest.state.in_((State.IN_REVIEW, State.APPROVED)))
        rows = session.scalars(query.order_by(ImportRequest.submitted_at, ImportRequest.id)).all()
        return [_line(request) for request in rows if may_judge(session, who, request, now)]


def detail(desk: ImportDesk, request_id: str, who: str, *, now: datetime) -> Page:
    """One import as *who* may see it; raises ``NotFound`` for strangers."""
    with desk.store.read() as session:
        request = load(session, request_id)
        check_viewer(session, who, request, now)
        return {**shown(request), "acts": _acts(session, who, request, now), "is_author": who == request.author}


def shown(request: ImportRequest) -> Page:
    """One import whole, whoever looks."""
    return {
        **_line(request),
        "declaration": _declared(request.declaration),
        "hold": None if request.hold is None else _both(Text(*request.hold)),
        "decided_by": request.decided_by,
        "place": None if request.place is None else f"/imports/{request.place}",
        "manifest_sha256": request.manifest_sha256,
        "content": [_file(file) for file in request.files],
        "timeline": _timeline(request),
    }


def _line(request: ImportRequest) -> Page:
    turn = TURN[request.state]
    return {
        "id": request.id,
        "title": request.title,
        "project": request.project,
        "dataset": request.dataset,
        "version": request.version,
        "author": request.author,
        "outside": request.provider is not None,
        "state": request.state.value,
        "state_label": _both(STATE_LABELS[request.state]),
        "turn": None if turn is None else turn.value,
        "files": len(request.files),
        "size": sum(file.size for file in request.files),
        "created_at": request.created_at.isoformat(),
        "submitted_at": _iso(request.submitted_at),
        "changed_at": request.changed_at.isoformat(),
        "released_at": _iso(request.released_at),
    }


def _file(file: ImportFile) -> Page:
    return {
        "id": file.id,
        "name": file.name,
        "size": file.size,
        "sha256": file.sha256,
        "type": file.type,
        "verdict": file.verdict,
        "scanner": file.scanner,
        "findings": [{**each, "message": _both(Text(*each["message"]))} for each in file.findings],
        "received_at": file.received_at.isoformat(),
    }


def _declared(declaration: dict[str, Any] | None) -> Page | None:
    if declaration is None:
        return None
    return {**declaration, "content_label": _both(CONTENT_LABELS[Content(declaration["content"])])}


def _timeline(request: ImportRequest) -> Sequence[Page]:
    return [
        {
            "kind": step.kind,
            "by": step.actor,
            "at": step.at.isoformat(),
            "round": 0,
            "event": step.event_id,
            "message": (step.content or {}).get("message"),
        }
        for step in request.steps
    ]


def _acts(session: Session, who: str, request: ImportRequest, now: datetime) -> Page:
    """For every act that a person performs: may this one, now, and if not, the sentence that the verb would raise."""
    return {
        act.value: {"allowed": reason is None, "reason": None if reason is None else _both(reason)}
        for act in Act
        if OWNERS[act] != {Owner.SYSTEM}
        for reason in [_why_not(session, who, request, act, now)]
    }


def _why_not(session: Session, who: str, request: ImportRequest, act: Act, now: datetime) -> Text | None:
    try:
        check_owner(session, who, request, act, now, provider=None)
        check_act(request.state, act)
    except BureauError as error:
        return error.text
    return None


def _both(text: Text) -> dict[str, str]:
    return {"fr": text.fr, "en": text.en}


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
