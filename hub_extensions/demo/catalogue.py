"""The data that ``demo_data/`` ships, each with its sheet: what the demonstration registers and the tests rest on."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import yaml

from hub_extensions.datasets.catalogue_sheets import describe
from hub_extensions.datasets.sheets import Sheet, parse_sheet, prepare
from project_spaces.catalogue.publications import publications
from project_spaces.datasets import register_manifest, versions
from project_spaces.errors import NotFound
from project_spaces.layout import Layout
from project_spaces.store import Store
from project_spaces.text import Text

#: Shipped beside the packages, at the root of the repository.
DEMO_DATA = Path(__file__).resolve().parents[2] / "demo_data"


def catalogue(root: Path = DEMO_DATA) -> tuple[Sheet, ...]:
    """Read what the demonstration ships.

    Raises
    ------
    NotFound
        the folder is absent (an installed package without the repository).
    """
    file = root / "catalogue.yaml"
    if not file.is_file():
        raise NotFound(Text(f"Données de démonstration absentes : {file}.", f"Demonstration data not found: {file}."))
    return tuple(map(parse_sheet, yaml.safe_load(file.read_text("utf-8"))["data_sets"]))


def demo_data_set(slug: str, root: Path = DEMO_DATA) -> Sheet:
    """Return the sheet of the shipped data set *slug*, or raise :class:`NotFound`."""
    for sheet in catalogue(root):
        if sheet.slug == slug:
            return sheet
    raise NotFound(Text(f"Jeu de démonstration inconnu : {slug}.", f"Unknown demonstration data set: {slug}."))


def install(store: Store, layout: Layout, slugs: Iterable[str], *, actor: str, now: datetime) -> None:
    """Prepare the shipped data sets *slugs* and register their version; those that are registered already stay.

    Parameters
    ----------
    actor
        a data steward, an administrator, or ``system:…``.
    """
    for sheet in map(demo_data_set, slugs):
        with store.read() as session:
            known = {each.version for each in versions(session, sheet.slug)}
            described = sheet.slug in publications(session)
        if sheet.version not in known:
            manifest = prepare(sheet, DEMO_DATA, layout.dataset_dir(sheet.slug, sheet.version))
            register_manifest(store, manifest, actor=actor, now=now)
        if not described:
            describe(store, layout, sheet, DEMO_DATA, actor=actor, now=now)


def linkage_file(name: str, root: Path = DEMO_DATA) -> Path:
    """Return the file of a shipped linkage."""
    return root / "linkages" / f"{name}.yaml"
