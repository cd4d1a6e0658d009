"""Organisations, which projects they answer for, and who administers what: the platform's administrators alone."""

from typing import Annotated

from pydantic import Field

from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import End, Input, Nothing, Start
from hub_extensions.portal.verbs.habilitations import STATE_LABELS, state_of
from hub_extensions.portal.verbs.reach import require_platform
from hub_extensions.portal.words import both, iso
from project_spaces.facts import PlaceKind
from project_spaces.organisations import (
    create_organisation,
    organisations,
    project_organisations,
    review_identity,
    set_organisation,
    set_project_organisation,
    unanswered_projects,
)
from project_spaces.people import list_people
from project_spaces.perimeters import PLACE_LABELS, Perimeter, grant_perimeter, perimeters, revoke_perimeter
from project_spaces.projects import list_projects
from project_spaces.register import answers_unless_written

Slug = Annotated[str, Field(min_length=1, max_length=30)]
Words = Annotated[str, Field(min_length=1, max_length=200)]


class NewOrganisation(Input):
    """An organisation to register."""

    slug: Slug
    name: Words


class ProjectOf(Input):
    """Which organisation answers for a project."""

    project: Slug
    organisation: Slug


class PersonOf(Input):
    """For whom a person works."""

    organisation: Slug


class Document(Input):
    """What was shown to prove an identity (its kind, never a copy)."""

    document: Words


class NewPerimeter(Input):
    """A place for somebody to administer; without a start it begins now."""

    username: Slug
    scope: PlaceKind
    name: Slug
    starts_at: Start | None = None
    ends_at: End


class EndPerimeter(Input):
    """Which perimeter is taken away, and why."""

    perimeter_id: Annotated[str, Field(min_length=1, max_length=32)]
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


def overview(call: Call, _body: Nothing) -> Page:
    """Organisations, the projects that they answer for, those that none answers for, and every perimeter."""
    with call.portal.store.read() as session:
        require_platform(session, call)
        answers = project_organisations(session)
        return {
            "organisations": [
                {
                    "slug": each.slug,
                    "name": each.name,
                    "projects": sorted(p for p, o in answers.items() if o == each.slug),
                }
                for each in organisations(session)
            ],
            "projects": [
                {"slug": each.slug, "title": each.title, "organisation": answers.get(each.slug)}
                for each in list_projects(session)
            ],
            "unanswered": [
                {"slug": each.slug, "title": each.title, "says": answers_unless_written(session, each.slug)}
                for each in unanswered_projects(session, call.now)
            ],
            "people": [
                {"username": each.username, "display_name": each.display_name}
                for each in list_people(session)
                if each.disabled_at is None and each.username != call.actor
            ],
            "perimeters": [perimeter_row(each, call) for each in perimeters(session)],
            "scopes": [{"value": kind.value, "label": both(label)} for kind, label in PLACE_LABELS.items()],
        }


def create(call: Call, body: NewOrganisation) -> Page:
    """Register an organisation."""
    create_organisation(call.portal.store, body.slug, name=body.name, actor=call.actor, now=call.now)
    return {"slug": body.slug}


def attach(call: Call, body: ProjectOf) -> Page:
    """Say which organisation answers for a project."""
    set_project_organisation(call.portal.store, body.project, body.organisation, actor=call.actor, now=call.now)
    return {"project": body.project}


def affiliate(call: Call, body: PersonOf) -> Page:
    """Say for whom a person works; the identity is reviewed again."""
    set_organisation(call.portal.store, call["person"], body.organisation, actor=call.actor, now=call.now)
    return {"username": call["person"]}


def identify(call: Call, body: Document) -> Page:
    """State that I saw who a person is, and by what document."""
    review_identity(call.portal.store, call["person"], document=body.document, actor=call.actor, now=call.now)
    return {"username": call["person"]}


def grant(call: Call, body: NewPerimeter) -> Page:
    """Give somebody a project or an organisation to administer."""
    number = grant_perimeter(
        call.portal.store,
        person=body.username,
        scope=body.scope,
        name=body.name,
        starts_at=body.starts_at or call.now,
        ends_at=body.ends_at,
        actor=call.actor,
        now=call.now,
    )
    return {"id": number}


def revoke(call: Call, body: EndPerimeter) -> Page:
    """Take a place of administration away at once."""
    revoke_perimeter(call.portal.store, body.perimeter_id, actor=call.actor, now=call.now, reason=body.reason)
    return {"id": body.perimeter_id}


def perimeter_row(each: Perimeter, call: Call) -> Page:
    """One perimeter for a list."""
    state = state_of(each.window, call.now)
    return {
        "id": each.id,
        "username": each.person,
        "scope": each.scope.value,
        "scope_label": both(PLACE_LABELS[each.scope]),
        "name": each.name,
        "starts_at": iso(each.starts_at),
        "ends_at": iso(each.window.last),
        "granted_by": each.granted_by,
        "state": state,
        "state_label": both(STATE_LABELS[state]),
    }
