"""What is kept of organisations, of where people and projects belong, and of who administers which places."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from project_spaces.columns import SLUG_LENGTH, Base, Chosen, Lasting
from project_spaces.facts import PerimeterFacts, Place, PlaceKind


class Organisation(Base):
    """A body that people work for and that answers for projects: a hospital, a laboratory, an agency."""

    __tablename__ = "organisation"

    slug: Mapped[str] = mapped_column(String(SLUG_LENGTH), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(64))


class Affiliation(Base):
    """For whom a person works, and who reviewed that and the person's identity, when and by what document."""

    __tablename__ = "affiliation"

    person: Mapped[str] = mapped_column(ForeignKey("person.username"), primary_key=True)
    organisation: Mapped[str] = mapped_column(ForeignKey(Organisation.slug), index=True)
    set_at: Mapped[datetime]
    set_by: Mapped[str] = mapped_column(String(64))
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[str | None] = mapped_column(String(64))
    document: Mapped[str | None] = mapped_column(String(200))


class ProjectOrganisation(Base):
    """The organisation that answers for a project."""

    __tablename__ = "project_organisation"

    project: Mapped[str] = mapped_column(ForeignKey("project.slug"), primary_key=True)
    organisation: Mapped[str] = mapped_column(ForeignKey(Organisation.slug), index=True)
    set_at: Mapped[datetime]
    set_by: Mapped[str] = mapped_column(String(64))


class Perimeter(Lasting, Base):
    """A place that a person administers."""

    __tablename__ = "perimeter"

    person: Mapped[str] = mapped_column(ForeignKey("person.username"), index=True)
    scope: Mapped[PlaceKind] = mapped_column(Chosen(PlaceKind))
    name: Mapped[str] = mapped_column(String(SLUG_LENGTH))
    granted_at: Mapped[datetime]
    granted_by: Mapped[str] = mapped_column(String(64))

    @property
    def facts(self) -> PerimeterFacts:
        """The place as a decision sees it."""
        return PerimeterFacts(Place(self.scope, self.name), self.window)


def perimeter_of(session: Session, username: str) -> Sequence[Perimeter]:
    """Return every place that *username* was ever given to administer, oldest first."""
    query = select(Perimeter).where(Perimeter.person == username)
    return session.scalars(query.order_by(Perimeter.starts_at, Perimeter.id)).all()


def identity_reviewed(session: Session, username: str) -> bool:
    """Tell whether somebody reviewed who *username* is."""
    found = session.get(Affiliation, username)
    return found is not None and found.reviewed_at is not None


def project_places(session: Session, project: str) -> tuple[Place, ...]:
    """Return the places in which *project* lies: itself, and the organisation that answers for it."""
    found = session.get(ProjectOrganisation, project)
    of_organisation = () if found is None else (Place(PlaceKind.ORGANISATION, found.organisation),)
    return (Place(PlaceKind.PROJECT, project), *of_organisation)


def organisation_places(session: Session, username: str) -> tuple[Place, ...]:
    """Return the places in which *username* works: the home organisation."""
    found = session.get(Affiliation, username)
    return () if found is None else (Place(PlaceKind.ORGANISATION, found.organisation),)
