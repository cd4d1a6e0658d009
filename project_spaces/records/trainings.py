"""What is kept of trainings: which a person took, and how long each is valid."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from project_spaces.columns import SLUG_LENGTH, Base, Lasting
from project_spaces.facts import TrainingFacts


class Training(Lasting, Base):
    """A training that a person took: its kind, how long it is valid, and the certificate that proves it."""

    __tablename__ = "training"

    person: Mapped[str] = mapped_column(ForeignKey("person.username"), index=True)
    kind: Mapped[str] = mapped_column(String(SLUG_LENGTH))
    certificate: Mapped[str] = mapped_column(String(200))
    certificate_sha256: Mapped[str | None] = mapped_column(String(64))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(64))


def training_facts(session: Session, username: str) -> tuple[TrainingFacts, ...]:
    """Return the trainings of *username*, past ones too."""
    rows = session.scalars(select(Training).where(Training.person == username))
    return tuple(TrainingFacts(row.kind, row.window) for row in rows)
