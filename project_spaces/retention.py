"""How long the traces of a project are kept: 6, 12 or 36 months, and a hold that stops every deletion.

MR-007 SEC-JOU-3 (CNIL): six months to one year, up to three years where the risk of diversion justifies it, hence the
written reason. What is deleted in the end are names, private facts and sealed messages (``audit.retention``); the
entries themselves stay, without anything about a person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ForeignKey, Integer, String, UnicodeText, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from audit.events import Event, Kind
from project_spaces.access import require
from project_spaces.columns import Base
from project_spaces.decisions import Action
from project_spaces.errors import Conflict, Invalid
from project_spaces.people import require_administrator
from project_spaces.projects import Project, get_project
from project_spaces.reasons import written_reason
from project_spaces.store import Store
from project_spaces.text import Text

#: Months that may be chosen.
CHOICES: Final = (6, 12, 36)
#: Months from which on a written reason is asked for.
JUSTIFIED_FROM: Final = 36


class RetentionRow(Base):
    """The months chosen for one project; none chosen means the setting's."""

    __tablename__ = "retention"

    project: Mapped[str] = mapped_column(ForeignKey(Project.slug), primary_key=True)
    months: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(UnicodeText)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(64))


class HoldRow(Base):
    """A hold on one project's traces; lifted, never deleted."""

    __tablename__ = "legal_hold"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    project: Mapped[str] = mapped_column(ForeignKey(Project.slug), index=True)
    reason: Mapped[str] = mapped_column(UnicodeText)
    placed_at: Mapped[datetime]
    placed_by: Mapped[str] = mapped_column(String(64))
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None] = mapped_column(String(64))
    lifted_reason: Mapped[str | None] = mapped_column(UnicodeText)


@dataclass(frozen=True, slots=True)
class Hold:
    """Why nothing of a project is deleted."""

    reason: str
    since: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Retention:
    """What holds for one project now."""

    project: str
    months: int
    #: Why it is this long; empty for the default.
    reason: str = ""
    hold: Hold | None = None


def retention_of(session: Session, project: str, default_months: int) -> Retention:
    """Return how long the traces of *project* are kept; raises ``NotFound`` for an unknown one."""
    get_project(session, project)
    row, hold = session.get(RetentionRow, project), _hold(session, project)
    kept = None if hold is None else Hold(hold.reason, hold.placed_at, hold.placed_by)
    if row is None:
        return Retention(project, default_months, hold=kept)
    return Retention(project, row.months, row.reason, kept)


def retentions(session: Session, default_months: int) -> Mapping[str, Retention]:
    """Return how long the traces of each project are kept."""
    slugs: Sequence[str] = session.scalars(select(Project.slug)).all()
    return {slug: retention_of(session, slug, default_months) for slug in slugs}


def set_retention(store: Store, project: str, months: int, *, reason: str = "", actor: str, now: datetime) -> None:
    """Choose how long the traces of *project* are kept.

    Parameters
    ----------
    months
        6, 12 or 36.
    reason
        compulsory for 36.

    Raises
    ------
    Invalid
        other months, or no reason where one is due.
    NotFound, Refused
        no such project; *actor* is not an administrator.
    """
    if months not in CHOICES:
        raise Invalid(Text(f"Durée {months} refusée : 6, 12 ou 36 mois.", f"{months} refused: 6, 12 or 36 months."))
    written = written_reason(reason) if months >= JUSTIFIED_FROM or reason.strip() else ""
    event = Event(Kind.RETENTION_CHANGED, actor, project, now, {"months": months}, private={"reason": written})
    with store.write(event) as session:
        require_administrator(session, actor, now)
        get_project(session, project)
        session.merge(RetentionRow(project=project, months=months, reason=written, changed_at=now, changed_by=actor))


def place_hold(store: Store, project: str, *, reason: str, actor: str, now: datetime) -> str:
    """Stop every deletion of the traces of *project* until the hold is lifted; returns the hold's id.

    Raises
    ------
    Conflict
        there is one already.
    Invalid, NotFound, Refused
        no reason; no such project; *actor* is not an auditor from outside the project.
    """
    written = written_reason(reason)
    event = Event(Kind.HOLD_PLACED, actor, project, now, private={"reason": written})
    with store.write(event) as session:
        require(session, actor, Action.CONTROL_TRACES, now=now, project_slug=project)
        get_project(session, project)
        if _hold(session, project) is not None:
            raise Conflict(Text("Les traces de ce projet sont déjà gelées.", "This project's traces are held already."))
        session.add(HoldRow(id=event.id, project=project, reason=written, placed_at=now, placed_by=actor))
    return event.id


def lift_hold(store: Store, project: str, *, reason: str, actor: str, now: datetime) -> None:
    """Let deletions go on; raises as ``place_hold``, and ``Conflict`` when there is no hold."""
    written = written_reason(reason)
    event = Event(Kind.HOLD_LIFTED, actor, project, now, private={"reason": written})
    with store.write(event) as session:
        require(session, actor, Action.CONTROL_TRACES, now=now, project_slug=project)
        row = _hold(session, project)
        if row is None:
            raise Conflict(Text("Les traces de ce projet ne sont pas gelées.", "This project's traces are not held."))
        row.lifted_at, row.lifted_by, row.lifted_reason = now, actor, written


def hold_on(session: Session, project: str) -> bool:
    """Tell whether deletions of *project* are stopped now."""
    return _hold(session, project) is not None


def _hold(session: Session, project: str) -> HoldRow | None:
    query = select(HoldRow).where(HoldRow.project == project, HoldRow.lifted_at.is_(None))
    return session.scalars(query).one_or_none()
