"""The data dictionary behind a request: which columns a data set has, as its owner stated them in the manifest.

A column is called ``table.column``, because tables of one data set share names. Columns that point at a person are not
offered: they never leave a linkage. A data set whose version is not delivered, or whose manifest is not the registered
one, has no dictionary: its columns are typed by hand and its owner judges.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import structlog
from sqlalchemy.orm import Session

from project_spaces.datasets import latest_version
from project_spaces.errors import Invalid
from project_spaces.layout import Layout
from project_spaces.manifests import read_verified
from project_spaces.requests.gaps import Dictionary

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Variable:
    """One column that may be asked for."""

    name: str
    column: str
    type: str


@dataclass(frozen=True, slots=True)
class TableEntry:
    """One table and its columns."""

    name: str
    rows: int
    variables: tuple[Variable, ...]


def tables_of(session: Session, layout: Layout, slug: str) -> tuple[TableEntry, ...]:
    """Return the tables of the latest version of *slug*; none where there is no dictionary."""
    version = latest_version(session, slug)
    if version is None:
        return ()
    try:
        manifest = read_verified(layout.dataset_dir(slug, version.version), version.manifest_sha256)
    except Invalid as error:
        log.warning("no_dictionary", dataset=slug, error=error.text.en)
        return ()
    return tuple(
        TableEntry(
            table.name,
            table.rows,
            tuple(
                Variable(f"{table.name}.{each.name}", each.name, each.type)
                for each in table.columns
                if not each.identifying
            ),
        )
        for table in manifest.tables
    )


def columns_of(session: Session, layout: Layout, slugs: Iterable[str]) -> Dictionary:
    """Return the names of the columns of each data set that has a dictionary."""
    found = {slug: tables_of(session, layout, slug) for slug in slugs}
    return {
        slug: frozenset(each.name for table in tables for each in table.variables)
        for slug, tables in found.items()
        if tables
    }
