"""Who is asked to review what, who is away, and who declared a conflict of interest: ended, never removed.

An assignment says of whom a vote is awaited; it gives no right. The right is decided for each act, so that whoever was
assigned by mistake, or joined the project since, can do nothing with it.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UnicodeText, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hub_extensions.exports.requests import ExportRequest
from hub_extensions.exports.states import UNDER_REVIEW
from project_spaces.columns import Base, Chosen
from project_spaces.people import Person
from project_spaces.projects import Project

_ID = String(32)
_LIVE = text("ended_at IS NULL")


class EndedBecause(StrEnum):
    """Why somebody is asked no more."""

    ABSENT = "absent"
    NOT_OUTSIDE = "not_outside"
    REPLACED = "replaced"


class ExportAssignment(Base):
    """One person is asked to review one request, until *ended_at*."""

    __tablename__ = "export_assignment"
    __table_args__ = (
        Index(
            "export_assignment_once",
            "request_id",
            "reviewer",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
    )

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey(ExportRequest.id), index=True)
    reviewer: Mapped[str] = mapped_column(ForeignKey(Person.username), index=True)
    assigned_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[EndedBecause | None] = mapped_column(Chosen(EndedBecause))


class ReviewerAbsence(Base):
    """Days on which a reviewer is not asked anything."""

    __tablename__ = "reviewer_absence"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    reviewer: Mapped[str] = mapped_column(ForeignKey(Person.username), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]


class ReviewerConflict(Base):
    """A project whose requests a reviewer can't judge with an open mind, and why; for good."""

    __tablename__ = "reviewer_conflict"

    reviewer: Mapped[str] = mapped_column(ForeignKey(Person.username), primary_key=True)
    project: Mapped[str] = mapped_column(ForeignKey(Project.slug), primary_key=True)
    reason: Mapped[str] = mapped_column(UnicodeText)
    declared_at: Mapped[datetime]


def assignments(session: Session, request_id: str) -> Sequence[ExportAssignment]:
    """The people who are asked now, in the order in which they were."""
    query = select(ExportAssignment).where(ExportAssignment.request_id == request_id)
    live = query.where(ExportAssignment.ended_at.is_(None))
    return session.scalars(live.order_by(ExportAssignment.assigned_at, ExportAssignment.id)).all()


def absences(session: Session, reviewer: str) -> Sequence[ReviewerAbsence]:
    """A reviewer's absences that were not cancelled, the first one first."""
    query = select(ReviewerAbsence).where(ReviewerAbsence.reviewer == reviewer)
    return session.scalars(
        query.where(ReviewerAbsence.cancelled_at.is_(None)).order_by(ReviewerAbsence.starts_at)
    ).all()


def is_absent(session: Session, reviewer: str, now: datetime) -> bool:
    """Tell whether *reviewer* said to be away at *now*."""
    return any(each.starts_at <= now < each.ends_at for each in absences(session, reviewer))


def conflicts(session: Session, reviewer: str) -> Sequence[ReviewerConflict]:
    """The projects that *reviewer* must not judge."""
    query = select(ReviewerConflict).where(ReviewerConflict.reviewer == reviewer)
    return session.scalars(query.order_by(ReviewerConflict.project)).all()


def is_conflicted(session: Session, reviewer: str, project: str) -> bool:
    """Tell whether *reviewer* declared a conflict of interest with *project*."""
    return session.get(ReviewerConflict, (reviewer, project)) is not None


def loads(session: Session) -> dict[str, int]:
    """How many open requests each reviewer is asked about."""
    query = select(ExportAssignment.reviewer, func.count()).join(ExportRequest)
    live = query.where(ExportAssignment.ended_at.is_(None), ExportRequest.state.in_(UNDER_REVIEW))
    return {row[0]: row[1] for row in session.execute(live.group_by(ExportAssignment.reviewer))}


def last_asked(session: Session) -> dict[str, datetime]:
    """When each reviewer was last asked anything."""
    query = select(ExportAssignment.reviewer, func.max(ExportAssignment.assigned_at))
    return {row[0]: row[1] for row in session.execute(query.group_by(ExportAssignment.reviewer))}
