"""Requests for access: kept as a draft, submitted, led through the owners' steps, and accepted in one transaction.

The applicant sees where the request stands at any moment: which step, who must act, by when, what silence means. Nobody
acts on a request in which he is named. The last step's consent creates the project, its members, agreements and
habilitations together with the record of all of it, or nothing (DESIGN section 3, rules 3 and 5).
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit.canonical import dumps
from audit.events import SYSTEM_PREFIX, Event, Kind
from project_spaces.access import require
from project_spaces.datasets import get_dataset
from project_spaces.decisions import Action
from project_spaces.errors import Conflict, Invalid, Refused
from project_spaces.facts import Classification
from project_spaces.people import get_person
from project_spaces.projects import Project
from project_spaces.request_acceptance import accept
from project_spaces.request_forms import RequestForm, close_to, missing, read_form
from project_spaces.request_records import (
    AccessRequest,
    RequestState,
    RequestStep,
    circuit_of,
    get_request,
    get_step,
    open_steps,
    steps,
)
from project_spaces.request_steps import (
    GOES_ON,
    LEFT_OUT,
    OWES_REASON,
    Actor,
    Outcome,
    PlannedStep,
    Silence,
    Step,
    plan_steps,
)
from project_spaces.store import Store, WriteSession
from project_spaces.text import Text

WORKER = "system:worker"
_EDITABLE = frozenset({RequestState.DRAFT, RequestState.RETURNED})
_UNDECIDED = _EDITABLE | {RequestState.SUBMITTED}
_ACTION = {Actor.ADMINISTRATOR: Action.INSTRUCT_REQUEST, Actor.STEWARD: Action.ANSWER_FOR_OWNER}
#: Steps that are proved by a paper of somebody else.
_NEEDS_REFERENCE = LEFT_OUT | {Step.SIGNATURE}

SILENT = Text("Sans réponse dans le délai.", "No answer in time.")
NOT_YOURS = Text("Cette demande n'est pas la vôtre.", "This request is not yours.")


def draft_request(store: Store, form: RequestForm, *, actor: str, now: datetime) -> str:
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
                id=number, applicant=actor, state=RequestState.DRAFT, form=kept, round=0, short=False, created_at=now
            )
        )
    return number


def change_request(store: Store, request_id: str, form: RequestForm, *, actor: str, now: datetime) -> None:
    """Replace the form of a draft, or of a request that was sent back.

    Raises
    ------
    NotFound, Refused, Conflict
        no such request; it is not *actor*'s; it is being looked at or decided.
    """
    with store.write(_event(actor, request_id, "changed", now)) as session:
        row = _own(session, request_id, actor)
        _require_state(row, _EDITABLE)
        row.form = form.model_dump(mode="json")


def submit_request(store: Store, request_id: str, *, actor: str, now: datetime) -> None:
    """Submit a request: from now on its steps run, and its form stands.

    Raises
    ------
    Invalid
        the form lacks something; every sentence is in ``reasons``.
    NotFound, Refused, Conflict
        no such request, person or data set; not *actor*'s; submitted already, or the project's slug is taken.
    """
    with store.read() as session:
        form = read_form(get_request(session, request_id).form)
    lacking = missing(form)
    if lacking:
        raise Invalid(lacking[0], lacking)
    content = dumps(_frozen(form))
    with store.write(_event(actor, request_id, "submitted", now, content=content)) as session:
        row = _own(session, request_id, actor)
        _require_state(row, _EDITABLE)
        if read_form(row.form) != form:
            raise Conflict(Text("La demande vient d'être modifiée.", "The request was just changed."))
        _check_named(session, form, actor)
        row.short = _short_way(session, form)
        row.state, row.round, row.submitted_at = RequestState.SUBMITTED, row.round + 1, row.submitted_at or now
        owners = {get_dataset(session, slug).owner for slug in form.slugs}
        planned = plan_steps({owner: circuit_of(session, owner) for owner in sorted(owners)}, short=row.short)
        session.add_all(_row(row, each) for each in planned)
        session.flush()
        _open_next(session, row, now)


def answer_step(
    store: Store,
    step_id: str,
    outcome: Outcome,
    *,
    actor: str,
    now: datetime,
    reasons: str = "",
    reference: str = "",
) -> RequestState:
    """Answer an open step and return the state of the request; the last consent accepts it.

    Parameters
    ----------
    reasons
        owed when the outcome is anything but plainly favourable.
    reference
        of the opinion, the authorisation or the signed agreement.

    Raises
    ------
    Invalid
        reasons or reference are owed, or only the first step may send a request back.
    NotFound, Conflict, Refused
        no such step; it is not open; *actor* lacks the role or is named in the request.
    """
    with store.read() as session:
        found = get_step(session, step_id)
    _check_answer(found.step, outcome, reasons, reference)
    event = _step_event(found, outcome, actor, reasons, now)
    with store.write(event) as session:
        step = get_step(session, step_id)
        row = get_request(session, step.request)
        _require_actor(session, row, step, actor, now)
        if row.state is not RequestState.SUBMITTED or step.opened_at is None or step.outcome is not None:
            raise Conflict(Text("Cette étape n'est pas à traiter.", "This step is not to be dealt with."))
        _finish(session, row, step, outcome, actor=actor, reasons=reasons, reference=reference, now=now)
        return row.state


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
        row.state, row.decided_at = RequestState.WITHDRAWN, now


def apply_silence(store: Store, *, now: datetime) -> int:
    """Let silence mean what the rules say, for every step that is late; return how many steps that ended.

    The worker calls it; doing it again does nothing.
    """
    with store.read() as session:
        late = [step for step in open_steps(session) if step.due_at is not None and step.due_at <= now]
    ended = 0
    for step in late:
        if step.silence is not Silence.NOTHING:
            ended += _silent(store, step, now)
    return ended


def _silent(store: Store, late: RequestStep, now: datetime) -> int:
    consent = late.silence is Silence.FAVOURABLE
    outcome = Outcome.FAVOURABLE if consent else Outcome.UNFAVOURABLE
    with store.write(_step_event(late, outcome, WORKER, SILENT.fr, now)) as session:
        step = get_step(session, late.id)
        row = get_request(session, step.request)
        if step.outcome is not None or row.state is not RequestState.SUBMITTED:
            return 0
        _finish(session, row, step, outcome, actor=WORKER, reasons=SILENT.fr, reference="", now=now)
    return 1


def _finish(
    session: WriteSession,
    row: AccessRequest,
    step: RequestStep,
    outcome: Outcome,
    *,
    actor: str,
    reasons: str,
    reference: str,
    now: datetime,
) -> None:
    step.outcome, step.done_at, step.done_by = outcome, now, actor
    step.reasons, step.reference = reasons.strip() or None, reference.strip() or None
    session.flush()
    if outcome is Outcome.RETURNED:
        row.state = RequestState.RETURNED
    elif outcome is Outcome.UNFAVOURABLE:
        row.state, row.decided_at = RequestState.REFUSED, now
    elif not _open_next(session, row, now):
        row.state, row.decided_at = RequestState.ACCEPTED, now
        row.project = accept(session, row, steps(session, row.id, row.round), actor=actor, now=now)


def _open_next(session: Session, row: AccessRequest, now: datetime) -> bool:
    """Open the next rank when the one before is done; return False when there is none left."""
    left = [step for step in steps(session, row.id, row.round) if step.outcome is None]
    if not left:
        return False
    first = min(step.rank for step in left)
    for step in left:
        if step.rank == first and step.opened_at is None:
            step.opened_at, step.due_at = now, now + timedelta(days=step.days)
    session.flush()
    return True


def _row(row: AccessRequest, planned: PlannedStep) -> RequestStep:
    rule = planned.rule
    return RequestStep(
        id=uuid.uuid4().hex,
        request=row.id,
        round=row.round,
        rank=planned.rank,
        step=rule.step,
        actor=rule.actor,
        owner=planned.owner,
        days=rule.days,
        silence=rule.silence,
    )


def _short_way(session: Session, form: RequestForm) -> bool:
    """A request close to an accepted one skips the opinions that were given on it."""
    accepted = session.scalars(select(AccessRequest).where(AccessRequest.state == RequestState.ACCEPTED))
    return any(not each.short and close_to(form, read_form(each.form)) for each in accepted)


def _check_named(session: Session, form: RequestForm, applicant: str) -> None:
    for person in (applicant, *form.people):
        if get_person(session, person).disabled_at is not None:
            raise Invalid(Text(f"Le compte {person} n'est pas actif.", f"Account {person} is not active."))
    if applicant in form.people:
        raise Invalid(Text("Vous êtes déjà le porteur du projet.", "You are the project's lead already."))
    taken = select(func.count()).where(Project.slug == form.slug)
    if session.scalars(taken).one():
        raise Conflict(Text(f"L'identifiant « {form.slug} » est pris.", f"The slug “{form.slug}” is taken."))
    for slug in form.slugs:
        dataset = get_dataset(session, slug)
        if dataset.withdrawn_at is not None or dataset.classification is Classification.IDENTIFYING:
            raise Invalid(Text(f"{slug} ne peut pas être demandé.", f"{slug} can't be asked for."))


def _check_answer(step: Step, outcome: Outcome, reasons: str, reference: str) -> None:
    if outcome in OWES_REASON and not reasons.strip():
        raise Invalid(Text("Un motif est dû au demandeur.", "The applicant is owed a reason."))
    if outcome is Outcome.RETURNED and step is not Step.COMPLETENESS:
        raise Invalid(Text("Seul un dossier incomplet est renvoyé.", "Only an incomplete file is sent back."))
    if outcome in GOES_ON and step in _NEEDS_REFERENCE and not reference.strip():
        raise Invalid(Text("Indiquez la référence de la pièce.", "Give the reference of the paper."))
    if len(reference) > 200:
        raise Invalid(Text("Référence trop longue (200 caractères).", "The reference is too long (200 characters)."))


def _require_actor(session: Session, row: AccessRequest, step: RequestStep, actor: str, now: datetime) -> None:
    if actor.startswith(SYSTEM_PREFIX):
        return
    named = (row.applicant, *read_form(row.form).people)
    require(session, actor, _ACTION[step.actor], now=now, concerned=named)


def _own(session: Session, request_id: str, actor: str) -> AccessRequest:
    row = get_request(session, request_id)
    if row.applicant != actor:
        raise Refused(NOT_YOURS, [NOT_YOURS])
    return row


def _require_state(row: AccessRequest, states: frozenset[RequestState]) -> None:
    if row.state not in states:
        raise Conflict(Text("La demande n'en est plus là.", "The request is past that."))


def _event(actor: str, request_id: str, change: str, now: datetime, *, content: bytes | None = None) -> Event:
    subject = {"application": request_id, "change": change}
    return Event(Kind.ACCESS_REQUEST, actor, None, now, subject, content=content)


def _step_event(step: RequestStep, outcome: Outcome, actor: str, reasons: str, now: datetime) -> Event:
    subject: dict[str, Any] = {"application": step.request, "step": step.step.value, "outcome": outcome.value}
    return Event(Kind.ACCESS_STEP, actor, None, now, subject, private={"reason": reasons})


def _frozen(form: RequestForm) -> dict[str, Any]:
    """The form as it is sealed in the record: sets in an order of their own."""
    data = form.model_dump(mode="json")
    return {**data, "disclaimed": sorted(data["disclaimed"])}


def requests_of(session: Session, applicant: str) -> Sequence[AccessRequest]:
    """Return the requests of *applicant*, the latest first."""
    query = select(AccessRequest).where(AccessRequest.applicant == applicant)
    return session.scalars(query.order_by(AccessRequest.created_at.desc(), AccessRequest.id)).all()
