"""Looks up what the desk's rules need to know: who somebody is to a project, and which data the project works on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from hub_extensions.exports.assignments import is_conflicted
from hub_extensions.exports.checks import DEFAULT, Policy
from hub_extensions.exports.permissions import Standing
from hub_extensions.outside.access import CLOSED
from project_spaces.access import project_facts
from project_spaces.conditions import stops
from project_spaces.datasets import Dataset, get_dataset, latest_version
from project_spaces.decisions import Action
from project_spaces.errors import Refused
from project_spaces.facts import Resource
from project_spaces.habilitations import habilitations
from project_spaces.memberships import memberships
from project_spaces.people import get_person, subject_of
from project_spaces.projects import Project

#: Folder of one version of a data set.
DatasetDir = Callable[[str, str], Path]


@dataclass(frozen=True)
class ProjectData:
    """The data sets of a project as the checks see them: the strictest rules of all, and where the tables are."""

    policy: Policy
    paths: tuple[Path, ...]


def standing_of(session: Session, username: str, project: str, now: datetime) -> Standing:
    """Return what *username* is to *project*; unknown people and projects are allowed nothing."""
    found = session.get(Project, project)
    return Standing(
        subject=subject_of(session, username, Action.REVIEW_EXPORT),
        project=None if found is None else project_facts(session, found),
        memberships=tuple(each.facts for each in memberships(session, person=username, project=project)),
        now=now,
        conflicted=is_conflicted(session, username, project),
    )


def check_running(session: Session, username: str, project: str, now: datetime) -> None:
    """Raise ``Refused`` where the platform or the project is stopped: for acts of people who have no account here.

    *username* is whoever let them in; whether that person is signed in at this moment is not asked.
    """
    who, found = subject_of(session, username, Action.DOWNLOAD_EXPORT), session.get(Project, project)
    resource = Resource(None if found is None else found.facts)
    states = [*stops.platform_not_stopped(who, resource, now), *stops.project_not_stopped(who, resource, now)]
    reasons = [state.reason.text for state in states if not state.holds]
    if not who.active or reasons:
        raise Refused(reasons[0] if reasons else CLOSED, reasons)


def check_people(session: Session, usernames: Iterable[str]) -> None:
    """Raise ``NotFound`` for a name that is nobody's."""
    for username in usernames:
        get_person(session, username)


def data_of(session: Session, project: str, *, base: Policy, dataset_dir: DatasetDir) -> ProjectData:
    """Return the rules and tables of every data set that anybody was ever habilitated for in *project*.

    A habilitation that ended counts: results made while it held are still about those persons.
    """
    slugs = sorted({each.dataset for each in habilitations(session, project=project)})
    datasets = [get_dataset(session, slug) for slug in slugs]
    latest = {slug: latest_version(session, slug) for slug in slugs}
    folders = [dataset_dir(slug, version.version) for slug, version in latest.items() if version is not None]
    return ProjectData(_strictest(base, datasets), tuple(folder for folder in folders if folder.is_dir()))


def policy_of(*, min_persons: int, max_file_bytes: int, max_files: int) -> Policy:
    """Return the rules of the checks with this installation's limits."""
    return replace(DEFAULT, min_persons=min_persons, max_file_mb=max(1, max_file_bytes >> 20), max_files=max_files)


def _strictest(base: Policy, datasets: list[Dataset]) -> Policy:
    columns = {dataset.person_column for dataset in datasets if dataset.person_column}
    return replace(
        base,
        min_persons=max([base.min_persons, *(dataset.min_persons for dataset in datasets)]),
        person_column=columns.pop() if len(columns) == 1 else base.person_column,
    )
