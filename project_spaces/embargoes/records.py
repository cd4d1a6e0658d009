"""Requests for a temporary closure: what was asked, by whom, and what came of it."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UnicodeText, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from project_spaces.agreements import Embargo
from project_spaces.columns import Base, Chosen
from project_spaces.datasets import Dataset
from project_spaces.errors import Conflict, NotFound
from project_spaces.facts import ProjectStatus
from project_spaces.people import Person
from project_spaces.projects import Project, get_project
from project_spaces.text import Text


class AskState(StrEnum):
    """Where a request for a closure stands."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


STATE_LABELS: dict[AskState, Text] = {
    AskState.WAITING: Text("En attente", "Waiting"),
    AskState.ACCEPTED: Text("Acceptée", "Accepted"),
    AskState.DECLINED: Text("Refusée", "Declined"),
    AskState.WITHDRAWN: Text("Retirée", "Withdrawn"),
}


class EmbargoAsk(Base):
    """One request of a project's lead that a data set be closed until a moment."""

    __tablename__ = "embargo_ask"
    __table_args__ = (Index("ix_embargo_ask_project_dataset", "project", "dataset"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    project: Mapped[str] = mapped_column(ForeignKey(Project.slug))
    dataset: Mapped[str] = mapped_column(ForeignKey(Dataset.slug), index=True)
    ends_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(UnicodeText)
    asked_at: Mapped[datetime]
    asked_by: Mapped[str] = mapped_column(ForeignKey(Person.username))
    state: Mapped[AskState] = mapped_column(Chosen(AskState))
    answer: Mapped[str | None] = mapped_column(UnicodeText)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(64))
    embargo: Mapped[str | None] = mapped_column(ForeignKey(Embargo.id))


def asks_of_project(session: Session, project: str) -> Sequence[EmbargoAsk]:
    """Return what the leads of *project* asked for, the latest first."""
    query = select(EmbargoAsk).where(EmbargoAsk.project == project)
    return session.scalars(query.order_by(EmbargoAsk.asked_at.desc(), EmbargoAsk.id)).all()


def waiting_asks(session: Session, datasets: Sequence[str]) -> Sequence[EmbargoAsk]:
    """Return what waits for an answer about these data sets, the oldest first."""
    query = select(EmbargoAsk).where(EmbargoAsk.dataset.in_(datasets), EmbargoAsk.state == AskState.WAITING)
    return session.scalars(query.order_by(EmbargoAsk.asked_at, EmbargoAsk.id)).all()


def get_ask(session: Session, ask_id: str) -> EmbargoAsk:
    """Return the request, or raise ``NotFound``."""
    row = session.get(EmbargoAsk, ask_id)
    if row is None:
        raise NotFound(Text("Il n'y a pas de telle demande de fermeture.", "There is no such request for a closure."))
    return row


def require_waiting(row: EmbargoAsk) -> None:
    """Raise ``Conflict`` unless it waits for its answer."""
    if row.state is not AskState.WAITING:
        raise Conflict(Text("Cette demande a déjà sa réponse.", "This request was answered already."))


def require_running(session: Session, slug: str, now: datetime) -> None:
    """Raise ``Conflict`` once the project has ended: data are closed for nobody who is gone."""
    project = get_project(session, slug)
    if project.status is ProjectStatus.CLOSED or project.ends_at <= now:
        raise Conflict(Text("Cet espace projet a pris fin.", "This project space has ended."))
