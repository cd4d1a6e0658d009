"""Data sets that a linkage made for one project alone: they carry its pseudonyms and go with it."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from project_spaces.beneath import delete_beneath
from project_spaces.datasets import DatasetVersion
from project_spaces.endings.remains import sync_folder
from project_spaces.errors import Invalid
from project_spaces.habilitations import habilitations
from project_spaces.layout import Layout
from project_spaces.linkage.origins import made_for
from project_spaces.manifests import read_verified


def derived_from(session: Session, layout: Layout, project: str) -> list[tuple[str, str]]:
    """Return (data set, version) of everything that was linked for *project* and that no other project uses."""
    found = []
    for row in session.scalars(select(DatasetVersion).order_by(DatasetVersion.dataset, DatasetVersion.version)):
        others = {each.project for each in habilitations(session, dataset=row.dataset)} - {project}
        if not others and _made_here(layout, row, project):
            found.append((row.dataset, row.version))
    return found


def delete_derived(layout: Layout, versions: Iterable[tuple[str, str]]) -> None:
    """Delete their files; their rows stay and say that they were withdrawn."""
    for dataset, version in versions:
        folder = layout.dataset_dir(dataset, version)
        delete_beneath(folder)
        sync_folder(folder.parent)


def _made_here(layout: Layout, row: DatasetVersion, project: str) -> bool:
    try:
        manifest = read_verified(layout.dataset_dir(row.dataset, row.version), row.manifest_sha256)
    except Invalid:  # not there any more, or not what was registered: nobody deletes what can't be named
        return False
    return made_for(manifest.source, project)
