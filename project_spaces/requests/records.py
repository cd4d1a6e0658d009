"""Rows of requests for access, of their steps and of the owners' circuits, and where a request stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, Integer, String, UnicodeText, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from audit.events import Event, Kind
from project_spaces.columns import Base, Chosen
from project_spaces.errors import Invalid, NotFound
from project_spaces.people import Person, require_administrator
from project_spaces.projects import Project
from project_spaces.requests.steps import (
    DEFAULT_CIRCUIT,
    Actor,
    Circuit,
    Outcome,
    Silence,
    Step,
    StepRule,
    reminders_due,
    require_circuit,
)
from project_spaces.store import Store
from project_spaces.text import Text


class RequestState(StrEnum):
    """Where a request stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


STATE_LABELS: dict[RequestState, Text] = {
    RequestState.DRAFT: Text("Brouillon", "Draft"),
    RequestState.SUBMITTED: Text("En instruction", "Being looked at"),
    RequestState.RETURNED: Text("À compléter", "To be completed"),
    RequestState.ACCEPTED: Text("Acceptée", "Accepted"),
    RequestState.REFUSED: Text("Refusée", "Refused"),
    RequestState.WITHDRAWN: Text("Abandonnée", "Withdrawn"),
}


class AccessRequest(Base):
    """One request; *round* counts its submissions, *short* says that it takes the short way, *precedent* on what."""

    __tablename__ = "access_request"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    applicant: Mapped[str] = mapped_column(ForeignKey(Person.username), index=True)
    state: Mapped[RequestState] = mapped_column(Chosen(RequestState), index=True)
    form: Mapped[dict[str, Any]] = mapped_column(JSON)
    round: Mapped[int] = mapped_column(Integer)
    short: Mapped[bool] = mapped_column(Boolean)
    project: Mapped[str | None] = mapped_column(ForeignKey(Project.slug))
    copied_from: Mapped[str | None] = mapped_column(String(32))
    precedent: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]


class RequestStep(Base):
    """One step of one round, with the rule that held when the request was submitted."""

    __tablename__ = "request_step"
    __table_args__ = (Index("ix_request_step_request", "request"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    request: Mapped[str] = mapped_column(ForeignKey(AccessRequest.id))
    round: Mapped[int] = mapped_column(Integer)
    rank: Mapped[int] = mapped_column(Integer)
    step: Mapped[Step] = mapped_column(Chosen(Step))
    actor: Mapped[Actor] = mapped_column(Chosen(Actor))
    owner: Mapped[str | None] = mapped_column(String(200))
    days: Mapped[int] = mapped_column(Integer)
    silence: Mapped[Silence] = mapped_column(Chosen(Silence))
    opened_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    #: When its time was renewed, and why.
    renewed_at: Mapped[datetime | None]
    renewed_why: Mapped[str | None] = mapped_column(UnicodeText)
    outcome: Mapped[Outcome | None] = mapped_column(Chosen(Outcome))
    reasons: Mapped[str | None] = mapped_column(UnicodeText)
    reference: Mapped[str | None] = mapped_column(String(200))
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None] = mapped_column(String(64))
    #: The agreement that both sides sign, fixed when its step opens, and the applicant's signature.
    document: Mapped[str | None] = mapped_column(UnicodeText)
    document_sha256: Mapped[str | None] = mapped_column(String(64))
    applicant_signed_at: Mapped[datetime | None]
    applicant_signed_by: Mapped[str | None] = mapped_column(String(30))


class OwnerCircuit(Base):
    """One step of the circuit that an owner of data stated."""

    __tablename__ = "owner_circuit"

    owner: Mapped[str] = mapped_column(String(200), primary_key=True)
    step: Mapped[Step] = mapped_column(Chosen(Step), primary_key=True)
    actor: Mapped[Actor] = mapped_column(Chosen(Actor))
    days: Mapped[int] = mapped_column(Integer)
    silence: Mapped[Silence] = mapped_column(Chosen(Silence))
    set_at: Mapped[datetime]
    set_by: Mapped[str] = mapped_column(String(64))


class StepState(StrEnum):
    """Where a step stands."""

    WAITING = "waiting"
    OPEN = "open"
    LATE = "late"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class StepStanding:
    """One step as its readers see it: who must act, since when, by when, and what came of it."""

    id: str
    step: Step
    owner: str | None
    actor: Actor
    state: StepState
    silence: Silence
    opened_at: datetime | None
    due_at: datetime | None
    outcome: Outcome | None
    reasons: str | None
    reference: str | None
    done_at: datetime | None
    applicant_signed_at: datetime | None


def get_request(session: Session, request_id: str) -> AccessRequest:
    """Return the request, or raise ``NotFound``."""
    row = session.get(AccessRequest, request_id)
    if row is None:
        raise NotFound(Text("Il n'y a pas de telle demande.", "There is no such request."))
    return row


def get_step(session: Session, step_id: str) -> RequestStep:
    """Return the step, or raise ``NotFound``."""
    row = session.get(RequestStep, step_id)
    if row is None:
        raise NotFound(Text("Il n'y a pas de telle étape.", "There is no such step."))
    return row


def steps(session: Session, request_id: str, round_: int | None = None) -> Sequence[RequestStep]:
    """Return the steps of a request, of one round or of all, in their order."""
    query = select(RequestStep).where(RequestStep.request == request_id)
    query = query if round_ is None else query.where(RequestStep.round == round_)
    return session.scalars(query.order_by(RequestStep.round, RequestStep.rank, RequestStep.owner)).all()


def open_steps(session: Session, actor: Actor | None = None) -> Sequence[RequestStep]:
    """Return the steps that wait for an answer (from *actor*), the most urgent first."""
    query = (
        select(RequestStep)
        .join(AccessRequest, AccessRequest.id == RequestStep.request)
        .where(AccessRequest.state == RequestState.SUBMITTED, AccessRequest.round == RequestStep.round)
        .where(RequestStep.opened_at.is_not(None), RequestStep.outcome.is_(None))
    )
    query = query if actor is None else query.where(RequestStep.actor == actor)
    return session.scalars(query.order_by(RequestStep.due_at, RequestStep.id)).all()


def standing(session: Session, request_id: str, *, now: datetime) -> list[StepStanding]:
    """Return where each step of the present round stands."""
    row = get_request(session, request_id)
    return [_standing(step, now) for step in steps(session, request_id, row.round)]


def to_remind(session: Session, *, now: datetime) -> list[RequestStep]:
    """Return the open steps whose actors are to be reminded now."""
    waiting = [(step, step.due_at) for step in open_steps(session)]
    return [step for step, due_at in waiting if due_at is not None and reminders_due(due_at, step.reminded_at, now)]


def circuit_of(session: Session, owner: str) -> Circuit:
    """Return the circuit that *owner* stated, or the default one."""
    rows = session.scalars(select(OwnerCircuit).where(OwnerCircuit.owner == owner)).all()
    if not rows:
        return DEFAULT_CIRCUIT
    return require_circuit(tuple(StepRule(row.step, row.actor, row.days, row.silence) for row in rows))


def set_circuit(store: Store, owner: str, circuit: Circuit, *, actor: str, now: datetime) -> None:
    """State the circuit for data of *owner*; requests that run keep the rules that they were submitted under.

    Raises
    ------
    Invalid, Refused
        the owner has no name, or the circuit is none; *actor* is not an administrator.
    """
    if not 1 <= len(owner) <= 200:
        raise Invalid(Text("Un producteur a un nom.", "An owner has a name."))
    ordered = require_circuit(circuit)
    subject = {"owner": owner, "steps": " ".join(rule.step.value for rule in ordered)}
    with store.write(Event(Kind.ACCESS_CIRCUIT, actor, None, now, subject)) as session:
        require_administrator(session, actor, now)
        session.execute(delete(OwnerCircuit).where(OwnerCircuit.owner == owner))
        session.add_all(
            OwnerCircuit(
                owner=owner,
                step=rule.step,
                actor=rule.actor,
                days=rule.days,
                silence=rule.silence,
                set_at=now,
                set_by=actor,
            )
            for rule in ordered
        )


def _standing(step: RequestStep, now: datetime) -> StepStanding:
    if step.outcome is not None:
        state = StepState.DONE
    elif step.due_at is None:
        state = StepState.WAITING
    else:
        state = StepState.LATE if step.due_at <= now else StepState.OPEN
    return StepStanding(
        step.id,
        step.step,
        step.owner,
        step.actor,
        state,
        step.silence,
        step.opened_at,
        step.due_at,
        step.outcome,
        step.reasons,
        step.reference,
        step.done_at,
        step.applicant_signed_at,
    )
