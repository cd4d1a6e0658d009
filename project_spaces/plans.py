"""What a workspace may be, computed from the decisions of this moment: mounts, limits, and until when.

Only data sets whose mount is allowed now are in a plan. The version mounted is the latest registered, and its manifest
must be the registered one: what can't be proved authorised is not started at all (DESIGN section 6, TRAPS A3).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from project_spaces.access import allowed, may
from project_spaces.conditions import Reason, earliest
from project_spaces.datasets import get_dataset, latest_version
from project_spaces.decisions import Action
from project_spaces.errors import Invalid, Unavailable
from project_spaces.facts import Classification
from project_spaces.habilitations import habilitations
from project_spaces.layout import Layout
from project_spaces.manifests import read_verified
from project_spaces.projects import get_project
from project_spaces.text import Text

LABEL_PERSON = "bureau.person"
LABEL_PROJECT = "bureau.project"


@dataclass(frozen=True, slots=True)
class Mount:
    """One folder of the host inside the workspace."""

    source: Path
    target: str
    read_only: bool


@dataclass(frozen=True, slots=True)
class MountedVersion:
    """A version of a data set, as it is mounted."""

    dataset: str
    version: str
    manifest_sha256: str


@dataclass(frozen=True, slots=True)
class Withheld:
    """A data set that the person had something to do with in this project and that is not mounted, and why."""

    dataset: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class WorkspacePlan:
    """Everything a spawner needs, and nothing it could change its mind about.

    ``until`` is the first moment at which one of the decisions behind the plan lapses by itself.
    """

    person: str
    project: str
    image: str
    mounts: tuple[Mount, ...]
    datasets: tuple[MountedVersion, ...]
    withheld: tuple[Withheld, ...]
    cpu: float
    memory_mb: int
    pids: int
    gpu_count: int
    labels: dict[str, str]
    until: datetime | None


def plan(
    session: Session,
    person: str,
    project: str,
    *,
    now: datetime,
    layout: Layout,
    image: str,
    classifications: Collection[Classification] = frozenset(Classification),
) -> WorkspacePlan:
    """Compute the workspace of *person* in *project* at *now*.

    Parameters
    ----------
    image
        the workspace image, by name or digest; the installation's choice.
    classifications
        what the kind of workspace may mount: a trial without a container engine mounts open and synthetic data only.

    Raises
    ------
    NotFound
        no such project.
    Refused
        the person may not open it now; every reason is in it.
    Unavailable
        a data set on disk is not the one that was registered.
    """
    quota = get_project(session, project).quota
    opening = allowed(may(session, person, Action.OPEN_WORKSPACE, now=now, project_slug=project))
    chosen, withheld, ends = _choose(session, person, project, now, classifications)
    for each in chosen:
        _prove(layout, each)
    data = [Mount(layout.dataset_dir(each.dataset, each.version), f"/data/{each.dataset}", True) for each in chosen]
    return WorkspacePlan(
        person=person,
        project=project,
        image=image,
        mounts=(
            *data,
            Mount(layout.imports_dir(project), "/imports", read_only=True),
            Mount(layout.project_dir(project), "/project", read_only=False),
            Mount(layout.home_dir(project, person), "/home/analyst", read_only=False),
        ),
        datasets=tuple(chosen),
        withheld=tuple(withheld),
        cpu=quota.cpu,
        memory_mb=quota.memory_mb,
        pids=quota.pids,
        gpu_count=quota.gpu_count,
        labels={LABEL_PERSON: person, LABEL_PROJECT: project},
        until=earliest([opening.until, *ends]),
    )


def _choose(
    session: Session, person: str, project: str, now: datetime, classifications: Collection[Classification]
) -> tuple[list[MountedVersion], list[Withheld], list[datetime | None]]:
    chosen: list[MountedVersion] = []
    withheld: list[Withheld] = []
    ends: list[datetime | None] = []
    for slug in sorted({each.dataset for each in habilitations(session, person=person, project=project)}):
        decision = may(session, person, Action.MOUNT_DATASET, now=now, project_slug=project, dataset_slug=slug)
        version = latest_version(session, slug)
        if not decision.allowed:
            withheld.append(Withheld(slug, decision.reasons))
        elif get_dataset(session, slug).classification not in classifications:
            withheld.append(Withheld(slug, (_not_here(slug),)))
        elif version is None:
            withheld.append(Withheld(slug, (_no_version(slug),)))
        else:
            chosen.append(MountedVersion(slug, version.version, version.manifest_sha256))
            ends.append(decision.until)
    return chosen, withheld, ends


def _prove(layout: Layout, chosen: MountedVersion) -> None:
    folder = layout.dataset_dir(chosen.dataset, chosen.version)
    try:
        read_verified(folder, chosen.manifest_sha256)
    except Invalid as error:
        raise Unavailable(
            Text(
                f"Le bureau n'est pas démarré : {chosen.dataset} {chosen.version} ne peut pas être prouvé.",
                f"The workspace is not started: {chosen.dataset} {chosen.version} can't be proved.",
            ),
            [error.text],
        ) from error


def _not_here(slug: str) -> Reason:
    return Reason(
        "workspace_not_sealed",
        Text(
            f"Ce bureau n'est pas étanche : {slug} n'est ni ouvert ni synthétique, il n'y est pas monté.",
            f"This workspace is not sealed: {slug} is neither open nor synthetic and is not mounted.",
        ),
    )


def _no_version(slug: str) -> Reason:
    return Reason(
        "no_version",
        Text(f"Le jeu {slug} n'a pas encore été livré.", f"Data set {slug} has not been delivered yet."),
    )
