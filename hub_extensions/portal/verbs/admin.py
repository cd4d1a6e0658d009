"""Administration: people, projects, memberships, habilitations, quotas. None of it opens any data to who does it."""

from typing import Annotated

from pydantic import Field

from hub_extensions.portal.context import Call, Page
from hub_extensions.portal.inputs import End, Input, Nothing, Start
from hub_extensions.portal.verbs import rights
from hub_extensions.portal.verbs.home import quota_of
from hub_extensions.portal.verbs.reach import administered_organisations, reach_of, require_project
from hub_extensions.portal.words import CLASS_LABELS, STATUS_LABELS, both, iso
from project_spaces import people as domain_people
from project_spaces import projects as domain_projects
from project_spaces.access import require
from project_spaces.accounts import Accounts
from project_spaces.catalogue.publications import publications
from project_spaces.datasets import latest_version, list_datasets
from project_spaces.decisions import Action
from project_spaces.facts import PlatformRole, ProjectStatus
from project_spaces.habilitations import habilitations
from project_spaces.memberships import memberships
from project_spaces.organisations import organisations
from project_spaces.quotas import Quota
from project_spaces.records.people import ROLE_LABELS

Slug = Annotated[str, Field(min_length=1, max_length=30)]
Why = Annotated[str, Field(min_length=1, max_length=2000)]


class NewPerson(Input):
    """A person to register; the activation code of the account comes back once."""

    username: Slug
    display_name: Annotated[str, Field(min_length=1, max_length=200)]
    email: Annotated[str, Field(max_length=254)]
    organisation: Slug | None = None


class PersonRef(Input):
    """Somebody."""

    username: Slug


class PersonWhy(PersonRef):
    """Somebody, and why."""

    reason: Why


class RoleOf(PersonRef):
    """A role of somebody."""

    role: PlatformRole


class Limits(Input):
    """Limits of each workspace of a project (cores, MiB, processes), storage in GiB, GPU devices."""

    cpu: float = 1.0
    memory_mb: int = 2048
    pids: int = 256
    storage_gb: int = 10
    gpu_count: int = 0

    def quota(self) -> Quota:
        """For the domain, which checks the ranges."""
        return Quota(self.cpu, self.memory_mb, self.pids, self.storage_gb, self.gpu_count)


class NewProject(Input):
    """A project space to open; without a quota it gets the installation's default."""

    slug: Slug
    title: Annotated[str, Field(min_length=1, max_length=200)]
    purpose: Annotated[str, Field(min_length=1, max_length=10_000)]
    starts_at: Start
    ends_at: End
    quota: Limits | None = None


class ProjectChange(Input):
    """What is changed of a project."""

    title: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    purpose: Annotated[str, Field(min_length=1, max_length=10_000)] | None = None
    ends_at: End | None = None
    status: ProjectStatus | None = None


def people(call: Call, _body: Nothing) -> Page:
    """Everybody whom I administer, with roles and the state of the account."""
    with call.portal.store.read() as session:
        reach = reach_of(session, call)
        return {
            "people": [
                {
                    "username": each.username,
                    "display_name": each.display_name,
                    "email": each.email,
                    "active": each.disabled_at is None,
                    "enrolled": each.enrolled_at is not None,
                    "created_at": iso(each.created_at),
                    "roles": sorted(domain_people.roles_of(session, each.username)),
                }
                for each in domain_people.list_people(session)
                if reach.person(each.username)
            ],
            "organisations": [
                {"slug": each.slug, "name": each.name}
                for each in organisations(session)
                if reach.everything or each.slug in administered_organisations(session, call)
            ],
            "platform": reach.everything,
        }


def create_person(call: Call, body: NewPerson) -> Page:
    """Register a person and open the account; the activation code is in the answer, and nowhere else."""
    domain_people.create_person(
        call.portal.store,
        username=body.username,
        display_name=body.display_name,
        email=body.email,
        organisation=body.organisation,
        actor=call.actor,
        now=call.now,
    )
    return activate(call, PersonRef(username=body.username))


def activate(call: Call, body: PersonRef) -> Page:
    """Open or replace the account of a person; password and second factor in use stop working at once."""
    accounts = Accounts(call.portal.store, call.portal.box)
    code = accounts.create(body.username, actor=call.actor, now=call.now)
    return {"username": body.username, "activation_code": code}


def disable(call: Call, body: PersonWhy) -> Page:
    """End every right of a person at once."""
    domain_people.disable_person(call.portal.store, body.username, actor=call.actor, now=call.now, reason=body.reason)
    return {"username": body.username}


def enable(call: Call, body: PersonWhy) -> Page:
    """Let a person in again."""
    domain_people.enable_person(call.portal.store, body.username, actor=call.actor, now=call.now, reason=body.reason)
    return {"username": body.username}


def grant_role(call: Call, body: RoleOf) -> Page:
    """Give a role on the platform."""
    domain_people.grant_role(call.portal.store, body.username, body.role, actor=call.actor, now=call.now)
    return {"username": body.username}


def revoke_role(call: Call, body: RoleOf) -> Page:
    """Take a role away."""
    domain_people.revoke_role(call.portal.store, body.username, body.role, actor=call.actor, now=call.now)
    return {"username": body.username}


def projects(call: Call, _body: Nothing) -> Page:
    """Every project space that I administer."""
    with call.portal.store.read() as session:
        reach = reach_of(session, call)
        return {
            "projects": [
                {
                    "slug": each.slug,
                    "title": each.title,
                    "status": each.status.value,
                    "status_label": both(STATUS_LABELS[each.status]),
                    "starts_at": iso(each.starts_at),
                    "ends_at": iso(each.ends_at),
                    "over": call.now >= each.ends_at,
                    "quota": quota_of(each),
                    "members": sum(m.window.holds(call.now) for m in memberships(session, project=each.slug)),
                }
                for each in domain_projects.list_projects(session)
                if reach.project(each.slug)
            ],
            "platform": reach.everything,
        }


def project(call: Call, _body: Nothing) -> Page:
    """One project space: members, habilitations, limits, and what may be granted."""
    with call.portal.store.read() as session:
        require_project(session, call, call["project"])
        found = domain_projects.get_project(session, call["project"])
        return {
            "slug": found.slug,
            "title": found.title,
            "purpose": found.purpose,
            "status": found.status.value,
            "status_label": both(STATUS_LABELS[found.status]),
            "starts_at": iso(found.starts_at),
            "ends_at": iso(found.ends_at),
            "quota": quota_of(found),
            "memberships": [rights.membership_row(each, call.now) for each in memberships(session, project=found.slug)],
            "habilitations": [
                rights.habilitation_row(each, call.now) for each in habilitations(session, project=found.slug)
            ],
        }


def create_project(call: Call, body: NewProject) -> Page:
    """Open a project space."""
    domain_projects.create_project(
        call.portal.store,
        slug=body.slug,
        title=body.title,
        purpose=body.purpose,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        quota=call.portal.default_quota if body.quota is None else body.quota.quota(),
        actor=call.actor,
        now=call.now,
    )
    return {"slug": body.slug}


def change_project(call: Call, body: ProjectChange) -> Page:
    """Change a project's title, purpose, end or status."""
    domain_projects.change_project(
        call.portal.store,
        call["project"],
        actor=call.actor,
        now=call.now,
        title=body.title,
        purpose=body.purpose,
        ends_at=body.ends_at,
        status=body.status,
    )
    return {"slug": call["project"]}


def set_quota(call: Call, body: Limits) -> Page:
    """Set a project's limits."""
    domain_projects.set_quota(call.portal.store, call["project"], body.quota(), actor=call.actor, now=call.now)
    return {"slug": call["project"], "quota": body.model_dump()}


def datasets(call: Call, _body: Nothing) -> Page:
    """Every registered data set: what it is, never what is in it."""
    with call.portal.store.read() as session:
        require(session, call.actor, Action.REGISTER_DATASET, now=call.now)
        found = [(each, latest_version(session, each.slug)) for each in list_datasets(session)]
        public = publications(session)
        return {
            "datasets": [
                {
                    "slug": each.slug,
                    "title": both(each.title),
                    "owner": each.owner,
                    "classification": each.classification.value,
                    "class_label": both(CLASS_LABELS[each.classification]),
                    "min_persons": each.min_persons,
                    "withdrawn": each.withdrawn_at is not None,
                    "described": each.slug in public,
                    "public": public.get(each.slug, False),
                    "version": None if latest is None else latest.version,
                    "rows": None if latest is None else latest.rows,
                }
                for each, latest in found
            ]
        }


def role_choices() -> list[Page]:
    """Roles, for a list of choices."""
    return [{"value": role.value, "label": both(label)} for role, label in ROLE_LABELS.items()]


def status_choices() -> list[Page]:
    """States of a project, for a list of choices."""
    return [{"value": status.value, "label": both(label)} for status, label in STATUS_LABELS.items()]
