"""Rights that nobody can use any more, or that nothing stands behind: found, so that a review can take them away.

None of them opens anything (``decide`` asks for all conditions at once). They are clutter in which the next mistake
hides: a membership granted again would bring an old habilitation back to life, an account that is reopened its
administrator's role.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from project_spaces.facts import PlaceKind, PlatformRole, ProjectStatus
from project_spaces.habilitations import Habilitation
from project_spaces.memberships import Membership
from project_spaces.owner_stewards import OwnerSteward
from project_spaces.people import Person, PlatformRoleRow
from project_spaces.projects import Project
from project_spaces.records.places import Perimeter
from project_spaces.reviews.rights import RightKind, place_words
from project_spaces.text import Text


class Orphan(StrEnum):
    """What is wrong."""

    HABILITATION_WITHOUT_MEMBERSHIP = "habilitation_without_membership"
    MEMBERSHIP_OF_ENDED_PROJECT = "membership_of_ended_project"
    HABILITATION_OF_ENDED_PROJECT = "habilitation_of_ended_project"
    RIGHT_OF_DISABLED_PERSON = "right_of_disabled_person"
    ROLE_OF_DISABLED_PERSON = "role_of_disabled_person"
    PERIMETER_OF_ENDED_PROJECT = "perimeter_of_ended_project"
    STEWARDSHIP_WITHOUT_ROLE = "stewardship_without_role"
    ACCOUNT_WITHOUT_PROJECT = "account_without_project"
    PROJECT_WITHOUT_MEMBER = "project_without_member"


ORPHAN_LABELS: dict[Orphan, Text] = {
    Orphan.HABILITATION_WITHOUT_MEMBERSHIP: Text("Habilitation sans appartenance", "Habilitation without membership"),
    Orphan.MEMBERSHIP_OF_ENDED_PROJECT: Text("Membre d'un projet terminé", "Member of an ended project"),
    Orphan.HABILITATION_OF_ENDED_PROJECT: Text("Habilitation d'un projet terminé", "Habilitation of an ended project"),
    Orphan.RIGHT_OF_DISABLED_PERSON: Text(
        "Droit d'une personne dont le compte est fermé", "Right of a person whose account is closed"
    ),
    Orphan.ROLE_OF_DISABLED_PERSON: Text(
        "Rôle d'une personne dont le compte est fermé", "Role of a person whose account is closed"
    ),
    Orphan.PERIMETER_OF_ENDED_PROJECT: Text("Périmètre d'un projet terminé", "Perimeter of an ended project"),
    Orphan.STEWARDSHIP_WITHOUT_ROLE: Text(
        "Producteur confié à qui n'est plus gestionnaire de données", "Owner entrusted to somebody no longer a steward"
    ),
    Orphan.ACCOUNT_WITHOUT_PROJECT: Text("Compte sans projet ni rôle", "Account without project or role"),
    Orphan.PROJECT_WITHOUT_MEMBER: Text("Projet sans membre", "Project without a member"),
}


@dataclass(frozen=True, slots=True)
class OrphanRight:
    """One finding; *right* and *kind* name what can be withdrawn, as in a review, *about* says what it is."""

    what: Orphan
    person: str | None
    project: str | None
    right: str | None = None
    kind: RightKind | None = None
    about: str | None = None


def orphan_rights(session: Session, *, now: datetime) -> list[OrphanRight]:
    """Return every orphan at *now*, by kind, project and person. Six queries, whatever the size."""
    people = {each.username: each for each in session.scalars(select(Person))}
    projects = {each.slug: each for each in session.scalars(select(Project))}
    ended = {slug for slug, each in projects.items() if _ended(each, now)}
    memberships = [each for each in session.scalars(select(Membership)) if not _over(each, now)]
    habilitations = [each for each in session.scalars(select(Habilitation)) if not _over(each, now)]
    roles = session.scalars(select(PlatformRoleRow)).all()
    perimeters = [each for each in session.scalars(select(Perimeter)) if not _over(each, now)]
    entrusted = session.scalars(select(OwnerSteward)).all()
    disabled = {name for name, each in people.items() if each.disabled_at is not None}
    found = [
        *_of_habilitations(habilitations, {(each.person, each.project) for each in memberships}, ended, disabled),
        *_of_memberships(memberships, ended, disabled),
        *_of_roles(roles, disabled),
        *_of_perimeters(perimeters, ended, disabled),
        *_of_stewardships(entrusted, {each.person for each in roles if each.role is PlatformRole.STEWARD}, disabled),
        *_of_accounts(
            set(people) - disabled,
            {each.person for each in roles} | {each.person for each in perimeters},
            {each.person for each in memberships},
        ),
        *_of_projects(set(projects) - ended, {each.project for each in memberships}),
    ]
    return sorted(found, key=lambda each: (each.what, each.project or "", each.person or "", each.right or ""))


def _ended(project: Project, now: datetime) -> bool:
    return project.status is ProjectStatus.CLOSED or project.ends_at <= now


def _over(right: Membership | Habilitation | Perimeter, now: datetime) -> bool:
    return right.window.over(now)


def _of_habilitations(
    rights: list[Habilitation], member_of: set[tuple[str, str]], ended: set[str], disabled: set[str]
) -> Iterator[OrphanRight]:
    for each in rights:
        what = _lost(each, ended, disabled, Orphan.HABILITATION_OF_ENDED_PROJECT)
        if what is None and (each.person, each.project) not in member_of:
            what = Orphan.HABILITATION_WITHOUT_MEMBERSHIP
        if what is not None:
            yield OrphanRight(what, each.person, each.project, each.id, RightKind.HABILITATION)


def _of_memberships(rights: list[Membership], ended: set[str], disabled: set[str]) -> Iterator[OrphanRight]:
    for each in rights:
        what = _lost(each, ended, disabled, Orphan.MEMBERSHIP_OF_ENDED_PROJECT)
        if what is not None:
            yield OrphanRight(what, each.person, each.project, each.id, RightKind.MEMBERSHIP)


def _lost(right: Membership | Habilitation, ended: set[str], disabled: set[str], of_ended: Orphan) -> Orphan | None:
    if right.person in disabled:
        return Orphan.RIGHT_OF_DISABLED_PERSON
    return of_ended if right.project in ended else None


def _of_roles(roles: Sequence[PlatformRoleRow], disabled: set[str]) -> Iterator[OrphanRight]:
    for each in roles:
        if each.person in disabled:
            name = each.role.value
            yield OrphanRight(Orphan.ROLE_OF_DISABLED_PERSON, each.person, None, name, RightKind.ROLE, name)


def _of_perimeters(rights: list[Perimeter], ended: set[str], disabled: set[str]) -> Iterator[OrphanRight]:
    for each in rights:
        of_ended = each.scope is PlaceKind.PROJECT and each.name in ended
        if each.person in disabled:
            what = Orphan.RIGHT_OF_DISABLED_PERSON
        elif of_ended:
            what = Orphan.PERIMETER_OF_ENDED_PROJECT
        else:
            continue
        yield OrphanRight(what, each.person, None, each.id, RightKind.PERIMETER, place_words(each))


def _of_stewardships(
    entrusted: Sequence[OwnerSteward], stewards: set[str], disabled: set[str]
) -> Iterator[OrphanRight]:
    for each in entrusted:
        if each.person in disabled:
            what = Orphan.RIGHT_OF_DISABLED_PERSON
        elif each.person not in stewards:
            what = Orphan.STEWARDSHIP_WITHOUT_ROLE
        else:
            continue
        yield OrphanRight(what, each.person, None, each.owner, RightKind.STEWARDSHIP, each.owner)


def _of_accounts(active: set[str], roles: set[str], members: set[str]) -> Iterator[OrphanRight]:
    for person in active - roles - members:
        yield OrphanRight(Orphan.ACCOUNT_WITHOUT_PROJECT, person, None)


def _of_projects(running: set[str], with_members: set[str]) -> Iterator[OrphanRight]:
    for slug in running - with_members:
        yield OrphanRight(Orphan.PROJECT_WITHOUT_MEMBER, None, slug)
