"""Temporary closures of data: asked for by a project's lead on its page, decided by whoever answers for the data."""

from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import End, Input, Nothing
from hub_extensions.portal.verbs.request_shapes import dataset_of, person_of
from hub_extensions.portal.words import both, iso
from project_spaces.access import may, require
from project_spaces.decisions import Action
from project_spaces.embargoes import answering, asking
from project_spaces.embargoes.records import STATE_LABELS, AskState, EmbargoAsk, asks_of_project, waiting_asks
from project_spaces.memberships import memberships
from project_spaces.projects import get_project

AskId = Annotated[str, Field(min_length=1, max_length=32)]


class NewClosure(Input):
    """Which data set is to be closed to everybody, until when, and why."""

    dataset: Annotated[str, Field(min_length=1, max_length=30)]
    ends_at: End
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


class Which(Input):
    """Which request."""

    ask: AskId


class Declined(Input):
    """Which request is declined, and why."""

    ask: AskId
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


def of_project(call: Call, _body: Nothing) -> Page:
    """What the leads of my project asked to be closed, and what may be asked for."""
    with call.portal.store.read() as session:
        require(session, call.actor, Action.ASK_EMBARGO, now=call.now, project_slug=call["project"])
        return _shown(session, call)


def for_page(call: Call, body: Nothing) -> Page | None:
    """The same for the project's page; None for whoever does not lead it."""
    with call.portal.store.read() as session:
        leading = may(session, call.actor, Action.ASK_EMBARGO, now=call.now, project_slug=call["project"]).allowed
    return of_project(call, body) if leading else None


def ask(call: Call, body: NewClosure) -> Page:
    """Ask that a data set of my project be closed to everybody until a day."""
    number = asking.ask_embargo(
        call.portal.store,
        call["project"],
        body.dataset,
        ends_at=body.ends_at,
        reason=body.reason,
        actor=call.actor,
        now=call.now,
    )
    return {"id": number}


def withdraw(call: Call, body: Which) -> Page:
    """Take back what waits for its answer."""
    asking.withdraw_ask(call.portal.store, body.ask, actor=call.actor, now=call.now)
    return {"id": body.ask}


def accept(call: Call, body: Which) -> Page:
    """Close the data set as it was asked; workspaces that use it are cut."""
    number = answering.accept_ask(call.portal.store, body.ask, actor=call.actor, now=call.now)
    return {"id": body.ask, "embargo": number}


def decline(call: Call, body: Declined) -> Page:
    """Leave the data set open, and say why."""
    answering.decline_ask(call.portal.store, body.ask, reason=body.reason, actor=call.actor, now=call.now)
    return {"id": body.ask}


def waiting(session: Session, call: Call, datasets: list[str]) -> list[Page]:
    """What waits for an answer about these data sets; of an own project somebody else decides."""
    return [
        {
            **_row(session, call, each),
            "project": each.project,
            "project_title": get_project(session, each.project).title,
            "asked_by": person_of(session, each.asked_by),
            "inside": bool(memberships(session, person=call.actor, project=each.project)),
        }
        for each in waiting_asks(session, datasets)
    ]


def _shown(session: Session, call: Call) -> Page:
    slugs = asking.datasets_of(session, call["project"], now=call.now)
    asked = asks_of_project(session, call["project"])
    return {
        "datasets": [dataset_of(session, slug, call.now) for slug in slugs],
        "asks": [_row(session, call, each) for each in asked],
    }


def _row(session: Session, call: Call, each: EmbargoAsk) -> Page:
    return {
        "id": each.id,
        "dataset": dataset_of(session, each.dataset, call.now),
        "ends_at": iso(each.ends_at),
        "reason": each.reason,
        "asked_at": iso(each.asked_at),
        "state": each.state.value,
        "state_label": both(STATE_LABELS[each.state]),
        "answer": each.answer,
        "decided_at": iso(each.decided_at),
        "waits": each.state is AskState.WAITING,
    }
