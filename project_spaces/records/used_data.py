"""Which data sets were ever mounted in a project: its files may hold extracts of them from that moment on.

Kept apart from the habilitations, which say who may: a right that nobody used left nothing behind, and a mount whose
right has ended did. A line is never taken away, because nobody can know that no extract is left.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from project_spaces.columns import Base


class UsedData(Base):
    """One data set that was mounted in one project, and when first."""

    __tablename__ = "used_data"

    project: Mapped[str] = mapped_column(ForeignKey("project.slug"), primary_key=True)
    dataset: Mapped[str] = mapped_column(ForeignKey("dataset.slug"), primary_key=True, index=True)
    first_at: Mapped[datetime]


def used_in(session: Session, project: str) -> list[str]:
    """Return the data sets that were ever mounted in *project*, by name."""
    query = select(UsedData.dataset).where(UsedData.project == project)
    return list(session.scalars(query.order_by(UsedData.dataset)))


def users_of(session: Session, dataset: str) -> frozenset[str]:
    """Return the projects in which *dataset* was ever mounted."""
    return frozenset(session.scalars(select(UsedData.project).where(UsedData.dataset == dataset)))


def keep_used(session: Session, project: str, datasets: Iterable[str], now: datetime) -> None:
    """Write down what is about to be mounted in *project*, within the act that begins it."""
    known = set(used_in(session, project))
    session.add_all(UsedData(project=project, dataset=each, first_at=now) for each in set(datasets) - known)
