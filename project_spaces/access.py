"""Reads the facts that a decision needs and asks ``decide``: what every room calls before it acts."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ParamSpec

from sqlalchemy.orm import Session

from project_spaces.datasets import Dataset
from project_spaces.decisions import Action, Decision, decide
from project_spaces.errors import NotFound, Refused
from project_spaces.facts import Classification, DatasetFacts, Resource
from project_spaces.habilitations import habilitations
from project_spaces.memberships import memberships
from project_spaces.people import subject_of
from project_spaces.projects import Project
from project_spaces.slugs import is_slug

Facts = ParamSpec("Facts")


def may(
    session: Session,
    username: str,
    action: Action,
    *,
    now: datetime,
    project_slug: str | None = None,
    dataset_slug: str | None = None,
    mounted: Sequence[str] = (),
    author: str | None = None,
    recipient: str | None = None,
    beneficiary: str | None = None,
) -> Decision:
    """Decide whether *username* may do *action*, with what the database says now.

    Parameters
    ----------
    dataset_slug
        the data set to mount.
    mounted
        every data set mounted in the workspace that a message or a file goes to.
    author, recipient, beneficiary
        who made the export request, who is named on the link, who would receive a right.
    """
    slugs = [dataset_slug] if dataset_slug is not None else list(mounted)
    resource = _resource(session, username, project_slug, slugs)
    named = Resource(resource.project, resource.memberships, resource.datasets, author, recipient, beneficiary)
    return decide(subject_of(session, username), action, named, now)


def allowed(decision: Decision) -> Decision:
    """Return *decision* when it allows; raise ``Refused`` with every reason, ``NotFound`` for an unknown project."""
    if not decision.allowed:
        unknown = any(reason.code == "project_unknown" for reason in decision.reasons)
        error = NotFound if unknown else Refused
        raise error(decision.reasons[0].text, [reason.text for reason in decision.reasons])
    return decision


def _raising(question: Callable[Facts, Decision]) -> Callable[Facts, Decision]:
    """Return *question* with a refusal raised as ``Refused``."""

    def asked(*arguments: Facts.args, **named: Facts.kwargs) -> Decision:
        return allowed(question(*arguments, **named))

    return asked


#: As ``may``, but a refusal is raised, with every reason.
require = _raising(may)


def _resource(session: Session, username: str, project_slug: str | None, slugs: Sequence[str]) -> Resource:
    known = project_slug is not None and is_slug(project_slug)
    project = session.get(Project, project_slug) if known else None
    if project is None:
        return Resource(datasets=tuple(_dataset(session, username, None, slug) for slug in slugs))
    return Resource(
        project=project.facts,
        memberships=tuple(each.facts for each in memberships(session, person=username, project=project.slug)),
        datasets=tuple(_dataset(session, username, project.slug, slug) for slug in slugs),
    )


def _dataset(session: Session, username: str, project: str | None, slug: str) -> DatasetFacts:
    """An unknown data set counts as withdrawn and without habilitation: it never allows anything."""
    dataset = session.get(Dataset, slug) if is_slug(slug) else None
    if dataset is None:
        return DatasetFacts(slug, Classification.PSEUDONYMISED, withdrawn=True)
    held = [] if project is None else habilitations(session, person=username, project=project, dataset=slug)
    return DatasetFacts(
        slug,
        dataset.classification,
        withdrawn=dataset.withdrawn_at is not None,
        habilitations=tuple(each.window for each in held),
    )
