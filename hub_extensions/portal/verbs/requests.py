"""My requests for access: begin, fill in section by section, submit, follow, sign, withdraw, copy."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.dictionary import columns_of
from hub_extensions.portal.inputs import Input, Nothing
from hub_extensions.portal.verbs.request_shapes import (
    became,
    dataset_of,
    earlier_rounds,
    form_of,
    gaps_of,
    home_organisation,
    rule_of,
    steps_of,
    summary_of,
)
from hub_extensions.portal.words import both, iso
from project_spaces.approvals import approvals
from project_spaces.datasets import Dataset
from project_spaces.errors import NotFound
from project_spaces.requests import applying
from project_spaces.requests.answers import may_answer
from project_spaces.requests.forms import DatasetAsked, RequestForm, read_form
from project_spaces.requests.gaps import Gap, barred, is_askable, obstacles, remarks
from project_spaces.requests.notices import concerned
from project_spaces.requests.precedents import differences, precedent_for, precedent_of
from project_spaces.requests.records import AccessRequest, RequestState, circuit_of, get_request, steps
from project_spaces.requests.vetting import answering, to_settle, told_of
from project_spaces.text import Text

UNKNOWN = Text(
    "Cette demande n'est pas parmi celles que vous pouvez voir.", "This request is not among those you may see."
)
_EDITABLE = {RequestState.DRAFT, RequestState.RETURNED}


class Begin(Input):
    """A new request; with *dataset*, that one is asked for already."""

    dataset: Annotated[str, Field(max_length=30)] = ""


class Sign(Input):
    """Which step's agreement is signed, and the SHA-256 of the text that was read."""

    step: Annotated[str, Field(max_length=32)]
    document_sha256: Annotated[str, Field(max_length=64)]


def mine(call: Call, _body: Nothing) -> Page:
    """My requests, and those in which I am named, the latest first."""
    with call.portal.store.read() as session:
        query = select(AccessRequest).order_by(AccessRequest.created_at.desc(), AccessRequest.id)
        everything = session.scalars(query).all()
        own = [each for each in everything if each.applicant == call.actor]
        named = [each for each in everything if each.applicant != call.actor and _named(each, call.actor)]
        return {
            "requests": [summary_of(session, each, call.now) for each in own],
            "named": [summary_of(session, each, call.now) for each in named],
        }


def about(call: Call, body: Begin) -> Page:
    """What a request for a data set would mean: whose it is, its steps, and my drafts that ask for it already."""
    with call.portal.store.read() as session:
        known = is_askable(session.get(Dataset, body.dataset))
        own = applying.requests_of(session, call.actor)
        drafts = [each for each in own if each.state in _EDITABLE and body.dataset in read_form(each.form).slugs]
        dataset = dataset_of(session, body.dataset, call.now) if known else None
        circuit = circuit_of(session, dataset["owner"]) if dataset else ()
        return {
            "dataset": dataset,
            "drafts": [summary_of(session, each, call.now) for each in drafts],
            "steps": [rule_of(each) for each in circuit],
        }


def begin(call: Call, body: Begin) -> Page:
    """Begin a request; it stays a draft until it is submitted."""
    datasets = (DatasetAsked(dataset=body.dataset),) if body.dataset else ()
    with call.portal.store.read() as session:
        form = RequestForm(datasets=datasets, organisation=home_organisation(session, call.actor))
    number = applying.draft_request(call.portal.store, form, actor=call.actor, now=call.now)
    return {"id": number}


def copy(call: Call, _body: Nothing) -> Page:
    """Begin a new request as a copy of this one, in which I am named."""
    with call.portal.store.read() as session:
        visible(session, call)
    number = applying.copy_request(call.portal.store, call["request"], actor=call.actor, now=call.now)
    return {"id": number}


def detail(call: Call, _body: Nothing) -> Page:
    """One request: what it asks for, where it stands, who must act, and what I may do."""
    with call.portal.store.read() as session:
        row = visible(session, call)
        form = read_form(row.form)
        own = row.applicant == call.actor
        editable = own and row.state in _EDITABLE
        lacking = _obstacles(session, call, row, form) if editable else []
        found = precedent_for(session, row, form, now=call.now) if editable else precedent_of(session, row)
        decides = not own and not _named(row, call.actor)
        told = told_of(session, row, call.actor, decides=decides)
        return {
            **summary_of(session, row, call.now),
            "own": own,
            "round": row.round,
            "short": row.short,
            "precedent": None if found is None else _precedent(session, call, form, found),
            "copied_from": row.copied_from,
            "form": form_of(session, row, form, call.now, told),
            "gaps": gaps_of(lacking),
            "remarks": gaps_of([*remarks(form), *(_for_deciders(session, row) if decides else ())]),
            "steps": steps_of(session, call, row),
            "earlier": earlier_rounds(session, row),
            "became": became(session, row),
            "editable": editable,
            "may_withdraw": own and row.state in _EDITABLE | {RequestState.SUBMITTED},
            "may_copy": call.actor in concerned(row) and row.state is not RequestState.DRAFT,
        }


def replace(call: Call, body: RequestForm) -> Page:
    """Replace the whole form of a draft, or of a request that was sent back."""
    return edit(call, lambda _before: body)


def submit(call: Call, _body: Nothing) -> Page:
    """Submit the request: its steps begin, and its form stands."""
    with call.portal.store.read() as session:
        row = visible(session, call)
        dictionary = columns_of(session, call.portal.layout, read_form(row.form).slugs, call.now)
    applying.submit_request(call.portal.store, call["request"], actor=call.actor, now=call.now, dictionary=dictionary)
    return {"id": call["request"], "state": RequestState.SUBMITTED.value}


def withdraw(call: Call, _body: Nothing) -> Page:
    """Withdraw the request; it can be copied later."""
    with call.portal.store.read() as session:
        visible(session, call)
    applying.withdraw_request(call.portal.store, call["request"], actor=call.actor, now=call.now)
    return {"id": call["request"], "state": RequestState.WITHDRAWN.value}


def sign(call: Call, body: Sign) -> Page:
    """Sign an agreement as the applicant."""
    with call.portal.store.read() as session:
        row = visible(session, call)
        _require_step(session, row, body.step)
    applying.sign_agreement(call.portal.store, body.step, body.document_sha256, actor=call.actor, now=call.now)
    return {"id": call["request"]}


def agreement(call: Call, _body: Nothing) -> Page:
    """The agreement of one step, word for word as it is signed."""
    with call.portal.store.read() as session:
        row = visible(session, call)
        found = next((each for each in steps(session, row.id) if each.id == call["step"] and each.document), None)
        if found is None:
            raise NotFound(UNKNOWN)
        shown = next((each for each in steps_of(session, call, row) if each["id"] == found.id), None)
        return {"request": summary_of(session, row, call.now), "document": found.document, "step": shown}


def edit(call: Call, change: Callable[[RequestForm], RequestForm]) -> Page:
    """Change the form by *change*; what others changed meanwhile stays."""
    with call.portal.store.read() as session:
        visible(session, call)
    applying.edit_request(call.portal.store, call["request"], change, actor=call.actor, now=call.now)
    return {"id": call["request"]}


def visible(session: Session, call: Call) -> AccessRequest:
    """Return the request of the address when the caller may know of it; it does not exist for anybody else.

    That is whoever is named in it once it is submitted, and whoever may act on one of its steps.
    """
    try:
        row = get_request(session, call["request"])
    except NotFound:
        raise NotFound(UNKNOWN) from None
    if _may_know(session, call, row):
        return row
    raise NotFound(UNKNOWN)


def _may_know(session: Session, call: Call, row: AccessRequest) -> bool:
    if row.applicant == call.actor or _named(row, call.actor):
        return True
    acts = steps(session, row.id, row.round)
    return any(may_answer(session, row, each, call.actor, now=call.now).allowed for each in acts)


def _named(row: AccessRequest, person: str) -> bool:
    return row.round > 0 and person in concerned(row)


def _require_step(session: Session, row: AccessRequest, step: str) -> None:
    if step not in {each.id for each in steps(session, row.id)}:
        raise NotFound(Text("Il n'y a pas de telle étape ici.", "There is no such step here."))


def _precedent(session: Session, call: Call, form: RequestForm, found: AccessRequest) -> Page:
    """The accepted request on which a short one rests: what it was given, and what is asked otherwise now."""
    return {
        "id": found.id,
        "title": read_form(found.form).title.strip(),
        "decided_at": iso(found.decided_at),
        "readable": _may_know(session, call, found),
        "approvals": [
            {"kind": each.kind, "reference": each.reference, "ends_at": iso(each.window.last)}
            for each in approvals(session, found.project or "")
            if each.window.holds(call.now)
        ],
        "differences": [
            {"what": both(each.what), "before": each.before, "now": each.now}
            for each in differences(form, read_form(found.form))
        ],
    }


def _for_deciders(session: Session, row: AccessRequest) -> list[Gap]:
    """What only those who decide are told: whom naming bars, who will answer, and names that hold the file up."""
    if row.state is not RequestState.SUBMITTED:
        return barred(session, concerned(row))
    return [*barred(session, concerned(row)), *answering(session, row), *to_settle(session, row)]


def _obstacles(session: Session, call: Call, row: AccessRequest, form: RequestForm) -> Any:
    dictionary = columns_of(session, call.portal.layout, form.slugs, call.now)
    return obstacles(session, form, request_id=row.id, applicant=row.applicant, dictionary=dictionary, now=call.now)
