"""Looks up what the desk's rules need to know: who somebody is to a project, and which data the project works on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub_extensions.exports.assignments import is_conflicted
from hub_extensions.exports.checks import DEFAULT, Policy
from hub_extensions.exports.checks.strictest import owners_policy, strictest
from hub_extensions.exports.permissions import Standing
from hub_extensions.imports.records import ImportRequest
from hub_extensions.outside.access import CLOSED
from project_spaces.access import in_files, project_facts
from project_spaces.conditions import stops
from project_spaces.datasets import Dataset, DatasetVersion, get_dataset, latest_version
from project_spaces.decisions import Action
from project_spaces.errors import Invalid, Refused, Unavailable
from project_spaces.facts import Resource
from project_spaces.habilitations import habilitations
from project_spaces.manifests import FILE_NAME, read_verified
from project_spaces.memberships import memberships
from project_spaces.people import get_person, subject_of
from project_spaces.projects import Project

#: Folder of one version of a data set.
DatasetDir = Callable[[str, str], Path]


@dataclass(frozen=True)
class ProjectData:
    """The data sets of a project as the checks see them: the strictest rules of all, and where the tables are.

    *since* is when something was last delivered, opened or imported: what was computed later was on these data.
    """

    policy: Policy
    paths: tuple[Path, ...]
    since: datetime | None


def standing_of(session: Session, username: str, project: str, now: datetime) -> Standing:
    """Return what *username* is to *project*; unknown people and projects are allowed nothing."""
    found = session.get(Project, project)
    mine = tuple(each.facts for each in memberships(session, person=username, project=project))
    return Standing(
        subject=subject_of(session, username, Action.REVIEW_EXPORT),
        project=None if found is None else project_facts(session, found),
        memberships=mine,
        now=now,
        conflicted=is_conflicted(session, username, project),
        in_files=in_files(session, username, project) if mine else (),
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

    Raises
    ------
    Unavailable
        the manifest that holds an owner's rules is not the one that was registered.
    """
    opened: dict[str, datetime] = {}
    for each in habilitations(session, project=project):  # the oldest first
        opened.setdefault(each.dataset, each.starts_at)
    moments = [*opened.values(), *_imported(session, project)]
    policies, folders = [base], []
    for slug in sorted(opened):
        dataset, version = get_dataset(session, slug), latest_version(session, slug)
        moments += [] if version is None else [version.registered_at]
        folder = None if version is None else dataset_dir(slug, version.version)
        if version is None or folder is None or not folder.is_dir():
            policies.append(_of_owner(dataset, {}, base))
            continue
        folders.append(folder)
        policies.append(_of_owner(dataset, _stated(folder, version), base))
    return ProjectData(strictest(policies), tuple(folders), max(moments, default=None))


def _imported(session: Session, project: str) -> Sequence[datetime]:
    """Return when files were brought into the project."""
    query = select(ImportRequest.released_at).where(ImportRequest.project == project)
    return [moment for moment in session.scalars(query) if moment is not None]


def policy_of(*, min_persons: int, max_file_bytes: int, max_files: int) -> Policy:
    """Return the rules of the checks with this installation's limits; its own threshold is not called another's."""
    limits = {"max_file_mb": max(1, max_file_bytes >> 20), "max_files": max_files}
    if min_persons == DEFAULT.min_persons:
        return replace(DEFAULT, **limits)
    source = f"réglage de cette installation : {min_persons} personnes"
    return replace(DEFAULT, name=f"installation-{min_persons}", source=source, min_persons=min_persons, **limits)


def _stated(folder: Path, version: DatasetVersion) -> Mapping[str, Any]:
    """What the owner asks of results, as it was registered with the version."""
    if not (folder / FILE_NAME).exists():  # a version that was registered by its hash alone
        return {}
    try:
        return read_verified(folder, version.manifest_sha256).export_policy
    except Invalid as error:
        raise Unavailable(error.text) from error


def _of_owner(dataset: Dataset, stated: Mapping[str, Any], base: Policy) -> Policy:
    """The owner's rules, within the installation's limits of size; a threshold that decides is named as the owner's."""
    if stated:
        asked = owners_policy(stated, min_persons=dataset.min_persons, person_column=dataset.person_column)
    else:
        asked = replace(base, min_persons=dataset.min_persons, person_column=dataset.person_column)
    if dataset.min_persons > base.min_persons:
        source = f"{dataset.owner} ({dataset.slug}) : {dataset.min_persons} personnes"
        asked = replace(asked, source=f"{asked.source} ; {source}" if stated else source)
    return replace(asked, max_file_mb=base.max_file_mb, max_files=base.max_files)
