"""Requests for access, the applicant's side: kept as a draft, submitted, copied, signed for, withdrawn.

The applicant sees where the request stands at any moment: which step, who must act, by when, what silence means. What
others do with it is in ``answers``; what it becomes, in ``acceptance``.
"""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.canonical import dumps
from audit.events import Event, Kind
from project_spaces.errors import Conflict, Invalid, Refused
from project_spaces.people import get_person
from project_spaces.requests.course import open_next, tell_withdrawn
from project_spaces.requests.forms import RequestForm, read_form
from project_spaces.requests.gaps import Dictionary, obstacles
from project_spaces.requests.notices import actors_of, concerned, tell_actors
from project_spaces.requests.precedents import planned_for, precedent_for, step_row
from project_spaces.requests.records import (
    AccessRequest,
    RequestState,
    get_request,
    get_step,
    steps,
)
from project_spaces.requests.steps import Step
from project_spaces.store import Store
from project_spaces.text import Text

_EDITABLE = frozenset({RequestState.DRAFT, RequestState.RETURNED})
_UNDECIDED = _EDITABLE | {RequestState.SUBMITTED}

#: Bytes of a form that is submitted: the agreement repeats it in two languages, and both are sealed in the ledger.
LONGEST_FORM = 400_000

TOO_LONG = Text(
    f"La demande est trop longue : {LONGEST_FORM // 1000} ko au plus. Raccourcissez les textes ou les listes.",
    f"The request is too long: {LONGEST_FORM // 1000} kB at most. Shorten its texts or lists of columns.",
)
NOT_YOURS = Text("Cette demande n'est pas la vôtre.", "This request is not yours.")
NOT_NAMED = Text("Vous n'êtes pas nommé dans cette demande.", "You are not named in this request.")
INCOMPLETE = Text("La demande n'est pas complète.", "The request is not complete.")
NOT_TO_SIGN = Text("Il n'y a rien à signer ici maintenant.", "There is nothing to sign here now.")
OTHER_TEXT = Text(
    "La convention n'est plus celle que vous avez lue : relisez-la avant de signer.",
    "The agreement is no longer the one that you read: read it again before you sign.",
)


def draft_request(store: Store, form: RequestForm, *, actor: str, now: datetime, copied_from: str | None = None) -> str:
    """Begin a request in the name of *actor* and return its id; the form may be half-filled.

    Raises
    ------
    NotFound
        nobody of that name.
    """
    number = uuid.uuid4().hex
    with store.write(_event(actor, number, "drafted", now)) as session:
        get_person(session, actor)
        kept = form.model_dump(mode="json")
        session.add(
            AccessRequest(
                id=number,
                applicant=actor,
                state=RequestState.DRAFT,
                form=kept,
                round=0,
                short=False,
                copied_from=copied_from,
                created_at=now,
            )
        )
    return number


def copy_request(store: Store, request_id: str, *, actor: str, now: datetime) -> str:
    """Begin a new request as a copy of a former one in which *actor* is named; return the new id.

    The project's name is not copied, since it stands for one project; nor is *actor*, who becomes its lead.

    Raises
    ------
    NotFound, Refused
        no such request; *actor* is not named in it.
    """
    with store.read() as session:
        found = get_request(session, request_id)
    if actor not in concerned(found):
        raise Refused(NOT_NAMED, [NOT_NAMED])
    form = read_form(found.form)
    people = tuple(each for each in form.people if each.username != actor)
    organisation = form.organisation if actor == found.applicant else ""
    copied = form.model_copy(update={"slug": "", "people": people, "organisation": organisation})
    return draft_request(store, copied, actor=actor, now=now, copied_from=request_id)


def edit_request(
    store: Store, request_id: str, edit: Callable[[RequestForm], RequestForm], *, actor: str, now: datetime
) -> None:
    """Change the form of a draft, or of a request that was sent back; what others changed meanwhile stays.

    Raises
    ------
    Invalid
        as a whole it is no form: too many people, for instance.
    NotFound, Refused, Conflict
        no such request; it is not *actor*'s; it is being looked at or decided.
    """
    with store.write(_event(actor, request_id, "changed", now)) as session:
        row = _own(session, request_id, actor)
        _require_state(row, _EDITABLE)
        kept = edit(read_form(row.form)).model_dump(mode="json")
        read_form(kept)  # what was kept must be read again: a form in parts is checked in parts
        row.form = kept


def change_request(store: Store, request_id: str, form: RequestForm, *, actor: str, now: datetime) -> None:
    """Replace the whole form; errors are those of ``edit_request``."""
    edit_request(store, request_id, lambda _before: form, actor=actor, now=now)


def submit_request(
    store: Store, request_id: str, *, actor: str, now: datetime, dictionary: Dictionary | None = None
) -> None:
    """Submit a request: from now on its steps run, and its form stands.

    Parameters
    ----------
    dictionary
        the columns of the data sets, against which those asked for are checked.

    Raises
    ------
    Invalid
        something is missing or wrong; every sentence is in ``reasons``.
    NotFound, Refused, Conflict
        no such request; not *actor*'s; submitted already.
    """
    with store.read() as session:
        form = read_form(get_request(session, request_id).form)
    content = dumps(_frozen(form))
    if len(content) > LONGEST_FORM:
        raise Invalid(TOO_LONG, [TOO_LONG])
    with store.write(_event(actor, request_id, "submitted", now, content=content)) as session:
        row = _own(session, request_id, actor)
        _require_state(row, _EDITABLE)
        if read_form(row.form) != form:
            raise Conflict(Text("La demande vient d'être modifiée.", "The request was just changed."))
        found = obstacles(session, form, request_id=row.id, applicant=actor, dictionary=dictionary or {}, now=now)
        if found:
            raise Invalid(INCOMPLETE, [each.text for each in found])
        precedent = precedent_for(session, row, form, now=now)
        row.short, row.precedent = precedent is not None, None if precedent is None else precedent.id
        row.state, row.round, row.submitted_at = RequestState.SUBMITTED, row.round + 1, row.submitted_at or now
        session.add_all(step_row(row, each) for each in planned_for(session, form, short=row.short))
        session.flush()
        open_next(session, row, now)


def sign_agreement(store: Store, step_id: str, document_sha256: str, *, actor: str, now: datetime) -> None:
    """Sign the agreement as the applicant, who states the hash of the text that was shown.

    Raises
    ------
    NotFound, Refused, Conflict
        no such step; the request is not *actor*'s; nothing is to be signed, or the text is another one.
    """
    with store.read() as session:
        found = get_step(session, step_id)
    content = None if found.document is None else found.document.encode()
    subject = {"application": found.request, "step": found.step.value, "outcome": "signed by the applicant"}
    subject["document_sha256"] = found.document_sha256 or ""
    with store.write(Event(Kind.ACCESS_STEP, actor, None, now, subject, content=content)) as session:
        step = get_step(session, step_id)
        row = _own(session, step.request, actor)
        open_ = row.state is RequestState.SUBMITTED and step.opened_at is not None and step.outcome is None
        if step.step is not Step.SIGNATURE or not open_ or step.applicant_signed_at is not None:
            raise Conflict(NOT_TO_SIGN)
        if document_sha256 != step.document_sha256:
            raise Conflict(OTHER_TEXT)
        step.applicant_signed_at, step.applicant_signed_by = now, actor
        session.flush()
        tell_actors(session, row, step, now=now)


def withdraw_request(store: Store, request_id: str, *, actor: str, now: datetime) -> None:
    """Take a request back while it is undecided.

    Raises
    ------
    NotFound, Refused, Conflict
        no such request; it is not *actor*'s; it is decided.
    """
    with store.write(_event(actor, request_id, "withdrawn", now)) as session:
        row = _own(session, request_id, actor)
        _require_state(row, _UNDECIDED)
        waiting = [each for each in steps(session, row.id, row.round) if each.opened_at and each.outcome is None]
        told = {name for each in waiting for name in actors_of(session, row, each)} - {actor}
        running = row.state is RequestState.SUBMITTED
        row.state, row.decided_at = RequestState.WITHDRAWN, now
        if running:
            tell_withdrawn(session, row, sorted(told), now)


def requests_of(session: Session, applicant: str) -> Sequence[AccessRequest]:
    """Return the requests of *applicant*, the latest first."""
    query = select(AccessRequest).where(AccessRequest.applicant == applicant)
    return session.scalars(query.order_by(AccessRequest.created_at.desc(), AccessRequest.id)).all()


def _own(session: Session, request_id: str, actor: str) -> AccessRequest:
    row = get_request(session, request_id)
    if row.applicant != actor:
        raise Refused(NOT_YOURS, [NOT_YOURS])
    return row


def _require_state(row: AccessRequest, states: frozenset[RequestState]) -> None:
    if row.state not in states:
        raise Conflict(
            Text(
                "La demande a changé d'état entre-temps : relisez-la.",
                "The request has changed its state meanwhile: read it again.",
            )
        )


def _event(actor: str, request_id: str, change: str, now: datetime, *, content: bytes | None = None) -> Event:
    subject = {"application": request_id, "change": change}
    return Event(Kind.ACCESS_REQUEST, actor, None, now, subject, content=content)


def _frozen(form: RequestForm) -> dict[str, Any]:
    """The form as it is sealed in the record: sets in an order of their own."""
    data = form.model_dump(mode="json")
    return {**data, "disclaimed": sorted(data["disclaimed"])}
