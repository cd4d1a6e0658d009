"""Requests that nobody can bring to an end: the applicant has left, or nobody may act on the step that is open.

They are found, and an administrator reassigns the request or appoints somebody who may act.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.events import Event, Kind
from project_spaces.access import require
from project_spaces.decisions import Action
from project_spaces.errors import Conflict, Invalid
from project_spaces.notifications import Topic, notify
from project_spaces.people import Person, get_person
from project_spaces.reasons import written_reason
from project_spaces.requests.course import write_agreement
from project_spaces.requests.forms import read_form
from project_spaces.requests.notices import actors_of, concerned, page_of, tell_actors
from project_spaces.requests.records import (
    AccessRequest,
    RequestState,
    RequestStep,
    get_request,
    open_steps,
    steps,
)
from project_spaces.requests.steps import Step
from project_spaces.store import Store
from project_spaces.text import Text

_UNDECIDED = (RequestState.DRAFT, RequestState.RETURNED, RequestState.SUBMITTED)


class Stuck(StrEnum):
    """Why a request does not go on."""

    APPLICANT_LEFT = "applicant_left"
    NOBODY_TO_ACT = "nobody_to_act"


STUCK_LABELS: dict[Stuck, Text] = {
    Stuck.APPLICANT_LEFT: Text("Le demandeur n'a plus de compte actif", "The applicant's account is closed"),
    Stuck.NOBODY_TO_ACT: Text("Personne ne peut traiter l'étape en cours", "Nobody may act on the open step"),
}


@dataclass(frozen=True, slots=True)
class StuckRequest:
    """One finding; *step* is the one that nobody may act on."""

    what: Stuck
    request: AccessRequest
    step: RequestStep | None = None


def stuck_requests(session: Session) -> list[StuckRequest]:
    """Return every request that nobody can bring to an end, those without an applicant first."""
    left = (
        select(AccessRequest)
        .join(Person, Person.username == AccessRequest.applicant)
        .where(Person.disabled_at.is_not(None), AccessRequest.state.in_(_UNDECIDED))
        .order_by(AccessRequest.created_at, AccessRequest.id)
    )
    found = [StuckRequest(Stuck.APPLICANT_LEFT, each) for each in session.scalars(left)]
    for step in open_steps(session):
        request = get_request(session, step.request)
        if not actors_of(session, request, step):
            found.append(StuckRequest(Stuck.NOBODY_TO_ACT, request, step))
    return found


def reassign_request(store: Store, request_id: str, person: str, *, actor: str, now: datetime, reason: str) -> None:
    """Give the request of somebody who left to *person*, who answers for it from now on.

    Agreements that wait for a signature are written anew, in the new name.

    Raises
    ------
    Invalid
        *person* is not active, or there is no reason.
    NotFound, Refused, Conflict
        no such request or person; *actor* is no administrator, or named in it; the applicant is there, or it is
        decided.
    """
    written = written_reason(reason)
    with store.read() as session:
        before = get_request(session, request_id).applicant
    subject = {"application": request_id, "change": "reassigned"}
    persons = {"owner": before, "beneficiary": person}
    private = {"reason": written}
    event = Event(Kind.ACCESS_REQUEST, actor, None, now, subject, private=private, persons=persons)
    with store.write(event) as session:
        row = get_request(session, request_id)
        named = (*concerned(row), person)
        require(session, actor, Action.INSTRUCT_REQUEST, now=now, concerned=named)
        if get_person(session, person).disabled_at is not None:
            raise Invalid(Text(f"Le compte {person} n'est pas actif.", f"Account {person} is not active."))
        if row.state not in _UNDECIDED or get_person(session, row.applicant).disabled_at is None:
            raise Conflict(
                Text(
                    "Seule une demande en cours dont le demandeur est parti est réattribuée.",
                    "Only a request under way whose applicant has left is reassigned.",
                )
            )
        form = read_form(row.form)
        others = tuple(each for each in form.people if each.username != person)
        row.form = form.model_copy(update={"people": others}).model_dump(mode="json")
        row.applicant = person
        session.flush()
        for step in steps(session, row.id, row.round):
            if step.step is Step.SIGNATURE and step.opened_at is not None and step.outcome is None:
                write_agreement(session, row, step)
                tell_actors(session, row, step, now=now)
        text = Text(
            f"La demande « {form.title.strip() or '–'} » vous est confiée.",
            f"The request “{form.title.strip() or '–'}” is now yours.",
        )
        notify(session, to=person, kind=Topic.TASK, text=text, link=page_of(row), now=now)
