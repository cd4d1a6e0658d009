"""What those who must act do with a request: an answer to an open step, or the silence that stands for one.

Nobody acts on a request in which he is named, and a steward only for the owners entrusted to him. Whoever comes second
is told who was first. The last consent creates the project, its members, agreements and habilitations together with
the record of all of it, or nothing (DESIGN section 3, rules 3 and 5).
"""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from audit.events import SYSTEM_PREFIX, Event, Kind
from project_spaces.access import may, require
from project_spaces.decisions import Action, Decision
from project_spaces.errors import Conflict, Invalid
from project_spaces.people import Person
from project_spaces.reasons import written_reason
from project_spaces.requests.course import finish
from project_spaces.requests.notices import (
    WORKER,
    concerned,
    owners_concerned,
    tell_whole_way,
    waits_for_applicant,
)
from project_spaces.requests.precedents import go_the_whole_way
from project_spaces.requests.records import AccessRequest, RequestState, RequestStep, get_request, get_step, open_steps
from project_spaces.requests.steps import (
    GOES_ON,
    LEFT_OUT,
    OUTCOME_LABELS,
    OWES_REASON,
    STEP_LABELS,
    Actor,
    Outcome,
    Silence,
    Step,
)
from project_spaces.store import Store
from project_spaces.text import Text
from project_spaces.windows import moment

_ACTION = {
    Actor.ADMINISTRATOR: Action.INSTRUCT_REQUEST,
    Actor.COMMITTEE: Action.GIVE_OPINION,
    Actor.STEWARD: Action.ANSWER_FOR_OWNER,
}
LONGEST_REASONS = 10_000
OWED = Text("Un motif est dû au demandeur", "The applicant is owed a reason")

SILENT = Text("Sans réponse dans le délai.", "No answer in time.")
NOT_SIGNED = Text("Le demandeur n'a pas encore signé la convention.", "The applicant has not signed the agreement yet.")
OTHER_TEXT = Text(
    "La convention n'est pas celle qui est à signer : relisez-la.",
    "This is not the agreement that is to be signed: read it again.",
)


def answer_step(
    store: Store,
    step_id: str,
    outcome: Outcome,
    *,
    actor: str,
    now: datetime,
    reasons: str = "",
    reference: str = "",
    document_sha256: str = "",
    whole_way: bool = False,
) -> RequestState:
    """Answer an open step and return the state of the request; the last consent accepts it.

    Parameters
    ----------
    reasons
        owed when the outcome is anything but plainly favourable.
    reference
        of the opinion or the authorisation; of a signed agreement, its hash stands in where there is none.
    document_sha256
        hash of the agreement that the owner's steward signs.
    whole_way
        ask for the opinions that a short request would be spared; the applicant is owed a reason.

    Raises
    ------
    Invalid
        reasons or reference are owed, or only the first step may send a request back or the whole way.
    NotFound, Conflict, Refused
        no such step; it is not open, or not signed by the applicant; *actor* lacks the role, does not speak for the
        owner, or is named in the request.
    """
    with store.read() as session:
        found = get_step(session, step_id)
    check_answer(found.step, outcome, reasons, reference, whole_way=whole_way)
    event = _event(found, outcome, actor, reasons, now)
    if whole_way:
        event = replace(event, subject={**event.subject, "whole_way": True})
    with store.write(event) as session:
        step = get_step(session, step_id)
        row = get_request(session, step.request)
        require_actor(session, row, step, actor, now)
        require_open(session, row, step)
        if step.step is Step.SIGNATURE and outcome in GOES_ON:
            _require_signed(step, document_sha256)
            reference = reference.strip() or f"SHA-256 {step.document_sha256}"
        if whole_way and row.short:
            go_the_whole_way(session, row)
            tell_whole_way(session, row, now=now)
        finish(session, row, step, outcome, actor=actor, reasons=reasons, reference=reference, now=now)
        return row.state


def may_answer(session: Session, request: AccessRequest, step: RequestStep, person: str, *, now: datetime) -> Decision:
    """Decide whether *person* may answer *step*, whether or not it is its turn."""
    return may(
        session,
        person,
        _ACTION[step.actor],
        now=now,
        concerned=concerned(request),
        owners=owners_concerned(session, request, step),
    )


def apply_silence(store: Store, *, now: datetime) -> int:
    """Let silence mean what the rules say, for every step that is late; return how many steps that ended.

    The worker calls it; doing it again does nothing. A consent that can't be carried out (the project's name was taken)
    leaves its step late and open, for people to see to, and keeps no other step from ending.
    """
    with store.read() as session:
        late = [step for step in open_steps(session) if step.due_at is not None and step.due_at <= now]
    ended = 0
    for step in late:
        if step.silence is not Silence.NOTHING:
            with suppress(Conflict):
                ended += _silent(store, step, now)
    return ended


def _silent(store: Store, late: RequestStep, now: datetime) -> int:
    consent = late.silence is Silence.FAVOURABLE
    outcome = Outcome.FAVOURABLE if consent else Outcome.UNFAVOURABLE
    with store.write(_event(late, outcome, WORKER, SILENT.fr, now)) as session:
        step = get_step(session, late.id)
        row = get_request(session, step.request)
        require_open(session, row, step)
        if step.step is Step.COMPLETENESS and consent and row.short:  # nobody has looked whether it is the same study
            go_the_whole_way(session, row)
            tell_whole_way(session, row, now=now)
        finish(session, row, step, outcome, actor=WORKER, reasons=SILENT.fr, reference="", now=now)
    return 1


def check_answer(step: Step, outcome: Outcome, reasons: str, reference: str, *, whole_way: bool = False) -> None:
    """Raise ``Invalid`` where an answer owes something."""
    if whole_way and (step is not Step.COMPLETENESS or outcome not in GOES_ON):
        raise Invalid(
            Text("Seul un dossier complet prend la voie entière.", "Only a complete file is sent the whole way.")
        )
    if whole_way or outcome in OWES_REASON:
        written_reason(reasons, OWED, longest=LONGEST_REASONS)
    elif len(reasons) > LONGEST_REASONS:
        raise Invalid(
            Text(
                f"Motif trop long : {LONGEST_REASONS} caractères au plus.",
                f"The reason is too long: {LONGEST_REASONS} characters at most.",
            )
        )
    if outcome is Outcome.RETURNED and step is not Step.COMPLETENESS:
        raise Invalid(Text("Seul un dossier incomplet est renvoyé.", "Only an incomplete file is sent back."))
    if outcome in GOES_ON and step in LEFT_OUT and not reference.strip():
        raise Invalid(
            Text("Indiquez la référence de l'avis ou de la décision.", "Give the reference of the opinion or decision.")
        )
    if len(reference) > 200:
        raise Invalid(Text("Référence trop longue (200 caractères).", "The reference is too long (200 characters)."))


def require_actor(session: Session, row: AccessRequest, step: RequestStep, actor: str, now: datetime) -> None:
    """Raise ``Refused`` unless *actor* may answer *step*."""
    if actor.startswith(SYSTEM_PREFIX):
        return
    require(
        session,
        actor,
        _ACTION[step.actor],
        now=now,
        concerned=concerned(row),
        owners=owners_concerned(session, row, step),
    )


def require_open(session: Session, row: AccessRequest, step: RequestStep) -> None:
    """Raise ``Conflict`` unless the step waits: whoever comes second learns who was first, and what came of it."""
    if step.outcome is not None and step.done_at is not None:
        name, at, outcome = STEP_LABELS[step.step], moment(step.done_at), OUTCOME_LABELS[step.outcome]
        person = session.get(Person, step.done_by or "")
        who = step.done_by or "–" if person is None else f"{person.display_name} ({person.username})"
        raise Conflict(
            Text(
                f"« {name.fr} » a déjà été traité par {who} le {at.fr} : {outcome.fr.lower()}. "
                "Votre réponse n'a rien changé.",
                f"“{name.en}” was answered by {who} on {at.en}: {outcome.en.lower()}. Your answer changed nothing.",
            )
        )
    if row.state is not RequestState.SUBMITTED or step.opened_at is None:
        raise Conflict(Text("Cette étape n'est pas à traiter.", "This step is not to be dealt with."))


def _require_signed(step: RequestStep, document_sha256: str) -> None:
    if waits_for_applicant(step):
        raise Conflict(NOT_SIGNED)
    if document_sha256 != step.document_sha256:
        raise Conflict(OTHER_TEXT)


def _event(step: RequestStep, outcome: Outcome, actor: str, reasons: str, now: datetime) -> Event:
    subject: dict[str, Any] = {"application": step.request, "step": step.step.value, "outcome": outcome.value}
    if step.document_sha256 is not None:
        subject["document_sha256"] = step.document_sha256
    return Event(Kind.ACCESS_STEP, actor, None, now, subject, private={"reason": reasons})
