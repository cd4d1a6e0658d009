"""Who speaks for an owner of data: the row, which every decision about a steward reads; the acts are in
``owner_perimeters``.

A data set names its owner; a steward answers only for the owners that an administrator entrusted to him.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from project_spaces.columns import Base

OWNER_LENGTH = 200


class OwnerSteward(Base):
    """One person who speaks for one owner."""

    __tablename__ = "owner_steward"

    owner: Mapped[str] = mapped_column(String(OWNER_LENGTH), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.username"), primary_key=True, index=True)
    granted_at: Mapped[datetime]
    granted_by: Mapped[str] = mapped_column(String(64))


def owners_of(session: Session, username: str) -> frozenset[str]:
    """Return the owners for whom *username* speaks."""
    return frozenset(session.scalars(select(OwnerSteward.owner).where(OwnerSteward.person == username)))
