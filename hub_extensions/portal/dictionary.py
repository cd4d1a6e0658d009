"""The data dictionary behind a request: which columns a data set has, as its owner stated them in the manifest.

A column is called ``table.column``, because tables of one data set share names. Columns that point at a person are not
offered: they never leave a linkage. A data set whose version is not delivered, or whose manifest is not the registered
one, has no dictionary: its columns are typed by hand and its owner judges. So it is while an embargo holds: what the
catalogue hides then, whoever begins a draft does not read either, nor find out by trying names.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from project_spaces.agreements import closing
from project_spaces.catalogue.cards import ColumnCard, TableCard
from project_spaces.catalogue.publications import find_card
from project_spaces.datasets import latest_version
from project_spaces.errors import Invalid
from project_spaces.layout import Layout
from project_spaces.manifests import Column, TableFile, read_verified
from project_spaces.requests.gaps import Dictionary
from project_spaces.text import Text

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Variable:
    """One column that may be asked for, with what its card says it means."""

    name: str
    column: str
    type: str
    label: Text | None
    unit: str | None


@dataclass(frozen=True, slots=True)
class TableEntry:
    """One table and its columns."""

    name: str
    title: Text | None
    rows: int
    variables: tuple[Variable, ...]


def tables_of(session: Session, layout: Layout, slug: str, now: datetime) -> tuple[TableEntry, ...]:
    """Return the tables of the latest version of *slug*; none where there is no dictionary, or an embargo holds."""
    version = latest_version(session, slug)
    if version is None or closing(session, slug, now):
        return ()
    try:
        manifest = read_verified(layout.dataset_dir(slug, version.version), version.manifest_sha256)
    except Invalid as error:
        log.warning("no_dictionary", dataset=slug, error=error.text.en)
        return ()
    card = find_card(session, slug, version.version)
    described = {} if card is None else {table.name: table for table in card.tables}
    return tuple(_entry(table, described.get(table.name)) for table in manifest.tables)


def columns_of(session: Session, layout: Layout, slugs: Iterable[str], now: datetime) -> Dictionary:
    """Return the names of the columns of each data set that has a dictionary."""
    found = {slug: tables_of(session, layout, slug, now) for slug in slugs}
    return {
        slug: frozenset(each.name for table in tables for each in table.variables)
        for slug, tables in found.items()
        if tables
    }


def _entry(table: TableFile, described: TableCard | None) -> TableEntry:
    """The columns are the manifest's; the card only says what they mean."""
    words = {} if described is None else {column.name: column for column in described.columns}
    title = None if described is None or described.title is None else described.title.text
    variables = (_variable(table.name, each, words.get(each.name)) for each in table.columns if not each.identifying)
    return TableEntry(table.name, title, table.rows, tuple(variables))


def _variable(table: str, column: Column, words: ColumnCard | None) -> Variable:
    label = None if words is None or words.label is None else words.label.text
    return Variable(f"{table}.{column.name}", column.name, column.type, label, None if words is None else words.unit)
