"""Organisations, for whom people work, which projects they answer for, and the review of who a person is.

An identity is reviewed together with the organisation: whoever changes employer is reviewed again (SEC-HAB-3). What the
reviewer saw is named, never kept.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.events import Event, Kind
from project_spaces.errors import Conflict, Invalid
from project_spaces.facts import ProjectStatus
from project_spaces.people import get_organisation, get_person, person_places, require_administrator
from project_spaces.projects import Project, get_project
from project_spaces.records.places import Affiliation, Organisation, ProjectOrganisation
from project_spaces.slugs import require_slug
from project_spaces.store import Store
from project_spaces.text import Text

__all__ = [
    "Affiliation",
    "Organisation",
    "affiliation",
    "create_organisation",
    "organisations",
    "project_organisations",
    "review_identity",
    "set_organisation",
    "set_project_organisation",
    "unanswered_projects",
]

NAME_LENGTH = 200


def organisations(session: Session) -> Sequence[Organisation]:
    """Return every organisation, by name."""
    return session.scalars(select(Organisation).order_by(Organisation.name, Organisation.slug)).all()


def project_organisations(session: Session) -> dict[str, str]:
    """Return which organisation answers for each project that one answers for."""
    return {each.project: each.organisation for each in session.scalars(select(ProjectOrganisation))}


def unanswered_projects(session: Session, now: datetime) -> Sequence[Project]:
    """Return the projects that go on and that no organisation answers for, by slug: no hub administers them."""
    query = select(Project).where(Project.status != ProjectStatus.CLOSED, Project.ends_at > now)
    return session.scalars(
        query.where(Project.slug.not_in(select(ProjectOrganisation.project))).order_by(Project.slug)
    ).all()


def affiliation(session: Session, username: str) -> Affiliation | None:
    """Return for whom *username* works, None when nobody said."""
    return session.get(Affiliation, username)


def create_organisation(store: Store, slug: str, *, name: str, actor: str, now: datetime) -> None:
    """Register an organisation.

    Raises
    ------
    Invalid, Conflict, Refused
        the slug or name can't be right; the slug is taken; *actor* is not an administrator of the platform.
    """
    require_slug(slug, Text("Identifiant de l'organisme", "Organisation identifier"))
    _require_words(name, Text("le nom de l'organisme", "the organisation's name"))
    with store.write(
        Event(Kind.ORGANISATION, actor, None, now, {"organisation": slug, "change": "created"})
    ) as session:
        require_administrator(session, actor, now)
        if session.get(Organisation, slug) is not None:
            raise Conflict(Text(f"L'identifiant « {slug} » est pris.", f"The identifier “{slug}” is taken."))
        session.add(Organisation(slug=slug, name=name.strip(), created_at=now, created_by=actor))


def set_project_organisation(store: Store, project: str, organisation: str, *, actor: str, now: datetime) -> None:
    """Say which organisation answers for *project*: its hub's administrators administer it from now on.

    Raises
    ------
    NotFound, Refused
        no such project or organisation; *actor* is not an administrator of the platform.
    """
    subject = {"organisation": organisation, "change": "answers for the project"}
    with store.write(Event(Kind.ORGANISATION, actor, project, now, subject)) as session:
        require_administrator(session, actor, now)
        get_project(session, project)
        get_organisation(session, organisation)
        row = session.get(ProjectOrganisation, project) or ProjectOrganisation(project=project)
        row.organisation, row.set_at, row.set_by = organisation, now, actor
        session.add(row)


def set_organisation(store: Store, username: str, organisation: str, *, actor: str, now: datetime) -> None:
    """Say for whom *username* works; an identity that was reviewed for another organisation is reviewed again.

    Only the platform's administrators do: people who could be moved into a perimeter would widen it.

    Raises
    ------
    NotFound, Refused
        nobody of that name, or no such organisation; *actor* is not an administrator of the platform.
    """
    subject = {"change": "organisation", "organisation": organisation}
    with store.write(Event(Kind.PERSON_CHANGED, actor, None, now, subject, persons={"person": username})) as session:
        require_administrator(session, actor, now)
        get_person(session, username)
        get_organisation(session, organisation)
        row = session.get(Affiliation, username) or Affiliation(person=username)
        if row.organisation != organisation:
            row.reviewed_at = row.reviewed_by = row.document = None
        row.organisation, row.set_at, row.set_by = organisation, now, actor
        session.add(row)


def review_identity(store: Store, username: str, *, document: str, actor: str, now: datetime) -> None:
    """State that *actor* saw who *username* is and that the organisation is right, by *document*; never one's own.

    Raises
    ------
    Invalid
        no document is named.
    NotFound, Conflict, Refused
        nobody of that name; no organisation is known; *actor* does not administer it, or is that person.
    """
    _require_words(document, Text("le document présenté", "the document that was shown"))
    subject, private = {"change": "identity reviewed"}, {"document": document.strip()}
    event = Event(Kind.PERSON_CHANGED, actor, None, now, subject, private=private, persons={"person": username})
    with store.write(event) as session:
        places = person_places(session, username)
        require_administrator(session, actor, now, beneficiary=username, within=places)
        get_person(session, username)
        row = session.get(Affiliation, username)
        if row is None:
            raise Conflict(
                Text("Indiquez d'abord l'organisme de cette personne.", "First say for whom this person works.")
            )
        row.reviewed_at, row.reviewed_by, row.document = now, actor, document.strip()


def _require_words(words: str, what: Text) -> None:
    if not 1 <= len(words.strip()) <= NAME_LENGTH or not words.isprintable():
        raise Invalid(
            Text(
                f"Indiquez {what.fr} (1 à {NAME_LENGTH} caractères).",
                f"Give {what.en} (1 to {NAME_LENGTH} characters).",
            )
        )
