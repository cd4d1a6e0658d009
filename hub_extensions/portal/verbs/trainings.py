"""Trainings, as who manages them sees them: kinds, certificates that wait for an answer, records."""

from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import End, Input, Nothing, Start
from hub_extensions.portal.verbs.onboarding import claim_row, kind_row
from hub_extensions.portal.verbs.reach import Reach, reach_of
from project_spaces.access import may
from project_spaces.decisions import Action
from project_spaces.text import Text
from project_spaces.trainings.claims import Certificate, certificate_of, claims, confirm_claim, refuse_claim
from project_spaces.trainings.kinds import MONTHS, define_training, training_kinds
from project_spaces.trainings.records import record_training, revoke_training

Slug = Annotated[str, Field(min_length=1, max_length=30)]
Id = Annotated[str, Field(min_length=1, max_length=32)]
Why = Annotated[str, Field(min_length=1, max_length=2000)]
Title = Annotated[str, Field(min_length=1, max_length=200)]


class Kind(Input):
    """A kind of training: its titles, who gives it, where on the web, and for how many months it is valid."""

    slug: Slug
    title_fr: Title
    title_en: Title
    months: Annotated[int, Field(ge=1, le=60)] = MONTHS
    organiser: Annotated[str, Field(max_length=200)] = ""
    address: Annotated[str, Field(max_length=500)] = ""


class ClaimRef(Input):
    """A certificate that somebody showed."""

    claim_id: Id


class ClaimWhy(ClaimRef):
    """A certificate, and why it is refused."""

    reason: Why


class Record(Input):
    """A training that was taken, recorded without a claim."""

    username: Slug
    kind: Slug
    starts_at: Start
    ends_at: End
    certificate: Title


class RecordWhy(Input):
    """A record, and why it is withdrawn."""

    training_id: Id
    reason: Why


def overview(call: Call, _body: Nothing) -> Page:
    """Kinds of training, and the certificates that wait for my answer."""
    with call.portal.store.read() as session:
        reach = _reach(session, call)
        kinds = {each.slug: each for each in training_kinds(session)}
        waiting = [each for each in claims(session, waiting=True) if reach.person(each.person)]
        return {
            "kinds": [kind_row(each) for each in kinds.values()],
            "claims": [claim_row(each, kinds) for each in waiting if each.person != call.actor],
        }


def define(call: Call, body: Kind) -> Page:
    """Define a training, or change its title, who gives it where, and how long it will be valid."""
    define_training(
        call.portal.store,
        body.slug,
        title=Text(body.title_fr, body.title_en),
        months=body.months,
        organiser=body.organiser,
        address=body.address,
        actor=call.actor,
        now=call.now,
    )
    return {"slug": body.slug}


def confirm(call: Call, body: ClaimRef) -> Page:
    """Confirm a certificate: the training counts from the day it was taken."""
    return {"id": confirm_claim(call.portal.store, body.claim_id, actor=call.actor, now=call.now)}


def refuse(call: Call, body: ClaimWhy) -> Page:
    """Refuse a certificate, saying why."""
    refuse_claim(call.portal.store, body.claim_id, reason=body.reason, actor=call.actor, now=call.now)
    return {"id": body.claim_id}


def record(call: Call, body: Record) -> Page:
    """Record a training that somebody took."""
    number = record_training(
        call.portal.store,
        person=body.username,
        kind=body.kind,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        certificate=body.certificate,
        actor=call.actor,
        now=call.now,
    )
    return {"id": number}


def revoke(call: Call, body: RecordWhy) -> Page:
    """Withdraw a record: what needs the training is cut at once."""
    revoke_training(call.portal.store, body.training_id, actor=call.actor, now=call.now, reason=body.reason)
    return {"id": body.training_id}


def certificate(call: Call, _body: Nothing) -> Certificate:
    """The file of a certificate that waits, for who decides it and for the person."""
    with call.portal.store.read() as session:
        return certificate_of(session, call["claim"], actor=call.actor, now=call.now)


def _reach(session: Session, call: Call) -> Reach:
    """Managers of trainings see everybody's certificates, a hub's administrators those of their people."""
    question = {"now": call.now, "beneficiary": ""}
    if may(session, call.actor, Action.CONFIRM_TRAINING, **question).allowed:
        return Reach(everything=True)
    return reach_of(session, call)
