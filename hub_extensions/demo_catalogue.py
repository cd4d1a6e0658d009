"""Turns the files of ``demo_data/`` into versions of data sets that can be registered and mounted.

The files are shipped as their authors published them; what people open in a workspace is Parquet with typed columns and
a manifest. The source's hash is checked first, so that a figure of the documentation always rests on the same bytes.
"""

import shutil
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import yaml

from project_spaces.datasets import register_manifest, versions
from project_spaces.errors import Invalid, NotFound
from project_spaces.layout import Layout
from project_spaces.manifests import Column, Manifest, TableFile, make_readable, sha256_of
from project_spaces.store import Store
from project_spaces.text import Text

#: Shipped beside the packages, at the root of the repository.
DEMO_DATA = Path(__file__).resolve().parents[1] / "demo_data"

ARROW_TYPES: Mapping[str, pa.DataType] = {"date": pa.date32(), "number": pa.float64(), "integer": pa.int64()}


@dataclass(frozen=True)
class SourceTable:
    """One table as shipped: where it is, how to read it, and what its columns mean."""

    name: str
    kind: Literal["csv", "parquet"]
    file: str
    sha256: str
    member: str | None = None
    missing: str = ""
    trim: bool = False
    linkable: Sequence[str] = ()
    identifying: Sequence[str] = ()
    types: Mapping[str, Sequence[str]] | None = None


@dataclass(frozen=True)
class DemoDataSet:
    """One entry of ``demo_data/catalogue.yaml``."""

    slug: str
    title: Text
    version: str
    owner: str
    classification: str
    min_persons: int
    person_column: str
    folder: str
    licence: str
    source: str
    citation: str
    tables: tuple[SourceTable, ...]


def catalogue(root: Path = DEMO_DATA) -> tuple[DemoDataSet, ...]:
    """Read what the demonstration ships.

    Raises
    ------
    NotFound
        the folder is absent (an installed package without the repository).
    """
    file = root / "catalogue.yaml"
    if not file.is_file():
        raise NotFound(Text(f"Données de démonstration absentes : {file}.", f"Demonstration data not found: {file}."))
    entries: list[dict[str, Any]] = yaml.safe_load(file.read_text("utf-8"))["data_sets"]
    return tuple(
        DemoDataSet(
            **entry
            | {"title": Text(**entry["title"]), "tables": tuple(SourceTable(**table) for table in entry["tables"])}
        )
        for entry in entries
    )


def demo_data_set(slug: str, root: Path = DEMO_DATA) -> DemoDataSet:
    """Return the shipped data set *slug*, or raise :class:`NotFound`."""
    for dataset in catalogue(root):
        if dataset.slug == slug:
            return dataset
    raise NotFound(Text(f"Jeu de démonstration inconnu : {slug}.", f"Unknown demonstration data set: {slug}."))


def prepare(dataset: DemoDataSet, target: Path, root: Path = DEMO_DATA) -> Manifest:
    """Write *dataset* into the folder *target*, ready to be mounted read-only, with its manifest.

    Parameters
    ----------
    target
        created when absent; files of an earlier call are replaced by the same bytes.

    Raises
    ------
    Invalid
        a shipped file is not the one that the catalogue describes.
    """
    target.mkdir(parents=True, exist_ok=True)
    for earlier in target.iterdir():
        earlier.unlink()
    source = root / dataset.folder
    tables = tuple(_write_table(table, source, target) for table in dataset.tables)
    for notice in ("LICENCE.md", "LICENSE.txt", "README.md"):
        if (source / notice).is_file():
            shutil.copyfile(source / notice, target / notice)
    manifest = Manifest(
        dataset=dataset.slug,
        version=dataset.version,
        title=dataset.title,
        owner=dataset.owner,
        classification=dataset.classification,
        min_persons=dataset.min_persons,
        person_column=dataset.person_column,
        licence=dataset.licence,
        source=dataset.source,
        citation=dataset.citation,
        tables=tables,
    )
    manifest.write(target)
    make_readable(target)
    return manifest


def install(store: Store, layout: Layout, slugs: Iterable[str], *, actor: str, now: datetime) -> None:
    """Prepare the shipped data sets *slugs* and register their version; those that are registered already stay.

    Parameters
    ----------
    actor
        a data steward, an administrator, or ``system:…``.
    """
    for dataset in map(demo_data_set, slugs):
        with store.read() as session:
            known = {each.version for each in versions(session, dataset.slug)}
        if dataset.version not in known:
            manifest = prepare(dataset, layout.dataset_dir(dataset.slug, dataset.version))
            register_manifest(store, manifest, actor=actor, now=now)


def linkage_file(name: str, root: Path = DEMO_DATA) -> Path:
    """Return the file of a shipped linkage."""
    return root / "linkages" / f"{name}.yaml"


def _write_table(table: SourceTable, source: Path, target: Path) -> TableFile:
    shipped = source / table.file
    if not shipped.is_file() or sha256_of(shipped) != table.sha256:
        raise Invalid(Text(f"{table.file} manque ou a été modifié.", f"{table.file} is missing or was changed."))
    written = target / f"{table.name}.parquet"
    if table.kind == "parquet":
        shutil.copyfile(shipped, written)
    else:
        pq.write_table(_read_csv(table, shipped), written, compression="zstd")
    return _describe(table, written)


@contextmanager
def _opened(shipped: Path, member: str | None) -> Iterator[BinaryIO]:
    if member is None:
        with pa.input_stream(str(shipped), compression="detect") as stream:
            yield stream
    else:
        with zipfile.ZipFile(shipped) as archive, archive.open(member) as stream:
            yield stream


def _read_csv(table: SourceTable, shipped: Path) -> pa.Table:
    """Read a CSV as text, except the columns that ``types`` names: codes keep their leading zeros."""
    with _opened(shipped, table.member) as stream:
        data = stream.read()
    header = [name.strip() for name in data[: data.index(b"\n")].decode().split(",")]
    wanted = {name: ARROW_TYPES[kind] for kind, names in (table.types or {}).items() for name in names}
    read = pacsv.read_csv(
        pa.BufferReader(data),
        read_options=pacsv.ReadOptions(column_names=header, skip_rows=1),
        convert_options=pacsv.ConvertOptions(
            column_types={name: wanted.get(name, pa.string()) for name in header},
            null_values=["", table.missing],
            strings_can_be_null=True,
        ),
    )
    return _trimmed(read) if table.trim else read


def _trimmed(read: pa.Table) -> pa.Table:
    """Drop the blanks that surround each value, and make empty text missing."""
    columns = []
    for column in read.columns:
        text = pc.utf8_trim_whitespace(column)
        columns.append(pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text))
    return pa.table(columns, names=read.column_names)


def _describe(table: SourceTable, written: Path) -> TableFile:
    schema = pq.read_schema(written)
    columns = tuple(
        Column(field.name, str(field.type), field.name in table.identifying, field.name in table.linkable)
        for field in schema
    )
    unknown = {*table.identifying, *table.linkable} - set(schema.names)
    if unknown:
        names = ", ".join(sorted(unknown))
        raise Invalid(Text(f"{table.name} n'a pas de colonne {names}.", f"{table.name} has no column {names}."))
    return TableFile(
        name=table.name,
        path=written.name,
        sha256=sha256_of(written),
        bytes=written.stat().st_size,
        rows=pq.read_metadata(written).num_rows,
        columns=columns,
    )
