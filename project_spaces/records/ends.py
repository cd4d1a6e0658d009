"""What is kept of a project's end: where it stands, what was decided, what was found and deleted, the certificate.

The row of an end is there from the moment the end is noticed; a project that is opened again before anything was
carried out loses it. Decisions are rows of their own, and stay.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, LargeBinary, String, UnicodeText, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from project_spaces.columns import Base, Chosen

_PENDING = text("confirmed_at IS NULL AND withdrawn_at IS NULL")


class EndCause(StrEnum):
    """Why a project ended."""

    DATE = "date"
    LEAD = "lead"
    ADMINISTRATOR = "administrator"


class EndStage(StrEnum):
    """Where the end of a project stands; each is left by one transaction, whatever was killed in between."""

    FROZEN = "frozen"
    ARCHIVING = "archiving"
    ARCHIVED = "archived"
    REOPENING = "reopening"
    DELETING = "deleting"
    CERTIFYING = "certifying"
    DELETED = "deleted"


class Fate(StrEnum):
    """What may be decided of an ended project."""

    ARCHIVE = "archive"
    DELETE = "delete"
    REOPEN = "reopen"


class ProjectEnd(Base):
    """The end of one project.

    ``files``, ``total_bytes``, ``manifest_sha256`` and ``places`` (how many files were where) are of what the project
    held when its fate was carried out, at the desks too; ``told`` names the notices that were given, so that none is
    given twice.
    """

    __tablename__ = "project_end"

    project: Mapped[str] = mapped_column(ForeignKey("project.slug"), primary_key=True)
    stage: Mapped[EndStage] = mapped_column(Chosen(EndStage))
    cause: Mapped[EndCause] = mapped_column(Chosen(EndCause))
    ended_at: Mapped[datetime]
    ended_by: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(UnicodeText)
    settlement: Mapped[str | None] = mapped_column(String(32))
    files: Mapped[int | None] = mapped_column(Integer)
    total_bytes: Mapped[int | None] = mapped_column(BigInteger)
    manifest_sha256: Mapped[str | None] = mapped_column(String(64))
    places: Mapped[dict[str, int] | None] = mapped_column(JSON(none_as_null=True))
    archive_sha256: Mapped[str | None] = mapped_column(String(64))
    archive_bytes: Mapped[int | None] = mapped_column(BigInteger)
    kept_until: Mapped[datetime | None]
    withdrawn: Mapped[list[str]] = mapped_column(JSON)
    ended_rights: Mapped[int | None] = mapped_column(Integer)
    begun_event: Mapped[str | None] = mapped_column(String(32))
    done_event: Mapped[str | None] = mapped_column(String(32))
    done_at: Mapped[datetime | None]
    certificate: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    told: Mapped[list[str]] = mapped_column(JSON)


class Settlement(Base):
    """A decision on an ended project: who proposed it and why, who confirmed it, when it is carried out."""

    __tablename__ = "project_settlement"
    __table_args__ = (
        Index("uq_project_settlement_open", "project", unique=True, sqlite_where=_PENDING, postgresql_where=_PENDING),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    project: Mapped[str] = mapped_column(ForeignKey("project.slug"), index=True)
    fate: Mapped[Fate] = mapped_column(Chosen(Fate))
    until: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(UnicodeText)
    proposed_at: Mapped[datetime]
    proposed_by: Mapped[str] = mapped_column(String(64))
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str | None] = mapped_column(String(64))
    due_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None] = mapped_column(String(64))


def pending(session: Session, project: str) -> Settlement | None:
    """Return the decision on *project* that waits for its second person."""
    query = select(Settlement).where(Settlement.project == project, _PENDING)
    return session.scalars(query).one_or_none()


def withdraw_pending(session: Session, project: str, by: str, now: datetime) -> None:
    """Withdraw the decision that waits, where there is one."""
    waiting = pending(session, project)
    if waiting is not None:
        waiting.withdrawn_at, waiting.withdrawn_by = now, by
