"""From the files of a producer to a version of a data set that can be mounted, as one sheet (YAML) describes it.

What people open in a workspace is Parquet with typed columns and a manifest, whatever the producer delivered. Text
stays text unless the sheet names a column's type, so codes keep their leading zeros. Files that the sheet gives a hash
for are checked first; everything is written beside the final place and renamed into it: a version is whole or absent.
"""

import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hub_extensions.exports.checks.strictest import owners_policy
from project_spaces.catalogue.cards import Bilingual, Card, ColumnWords, first_problem
from project_spaces.errors import Invalid
from project_spaces.facts import Classification
from project_spaces.manifests import Column, Manifest, TableFile, make_readable, sha256_of
from project_spaces.text import Text

ARROW_TYPES: Mapping[str, pa.DataType] = {"date": pa.date32(), "number": pa.float64(), "integer": pa.int64()}
#: Copied beside the tables, so that whoever opens them finds the terms.
NOTICES = ("LICENCE.md", "LICENSE.txt", "README.md")
SHEET_MAX_BYTES = 1 << 20

Line = Annotated[str, Field(min_length=1, max_length=500)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Title(_Part):
    """What the data set is called, in both languages."""

    fr: Annotated[str, Field(min_length=1, max_length=300)]
    en: Annotated[str, Field(min_length=1, max_length=300)]


class SheetTable(_Part):
    """One table as delivered: where it is, how to read it, and what its columns mean."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
    kind: Literal["csv", "parquet"]
    file: Line
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    #: Name inside a zip archive.
    member: str | None = None
    separator: Annotated[str, Field(min_length=1, max_length=1)] = ","
    decimal: Literal[".", ","] = "."
    encoding: Literal["utf-8", "latin-1", "cp1252"] = "utf-8"
    missing: str = ""
    trim: bool = False
    linkable: tuple[str, ...] = ()
    identifying: tuple[str, ...] = ()
    types: Mapping[Literal["date", "number", "integer"], tuple[str, ...]] = Field(default_factory=dict)
    #: For the catalogue: what the table holds, and the dictionary of its columns.
    title: Bilingual | None = None
    columns: Mapping[str, ColumnWords] = Field(default_factory=dict)


class Sheet(_Part):
    """One version of one data set, described by its steward."""

    slug: Line
    title: Title
    version: Annotated[str, Field(min_length=1, max_length=64)]
    owner: Annotated[str, Field(min_length=1, max_length=200)]
    classification: Classification
    min_persons: Annotated[int, Field(ge=3, le=1000)]
    person_column: str | None = None
    #: What results must hold to beyond the threshold: a preset, rules of ``exports.checks.policy``, or both.
    export_policy: Mapping[str, Any] = Field(default_factory=dict)
    folder: str = "."
    licence: Line
    source: Line
    citation: Line
    tables: Annotated[tuple[SheetTable, ...], Field(min_length=1, max_length=1000)]
    #: What the catalogue says; without it the data set has no card.
    catalogue: Card | None = None
    #: Shows the card to everybody once it is registered.
    public: bool = False


def parse_sheet(document: object) -> Sheet:
    """Return the sheet in *document* (what YAML gave).

    Raises
    ------
    Invalid
        a field is missing, unknown or out of range; the sentence names the first one.
    """
    try:
        sheet = Sheet.model_validate(document)
    except ValidationError as error:
        raise Invalid(first_problem(error)) from None
    owners_policy(sheet.export_policy, min_persons=sheet.min_persons, person_column=sheet.person_column)
    return sheet


def read_sheet(file: Path) -> Sheet:
    """Read a sheet from a YAML file; raises ``Invalid`` as :func:`parse_sheet`, and when the file can't be read."""
    try:
        with file.open("rb") as stream:
            document = yaml.safe_load(stream.read(SHEET_MAX_BYTES))
    except OSError as error:
        why = error.strerror
        raise Invalid(Text(f"{file} ne peut pas être lu : {why}.", f"{file} can't be read: {why}.")) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        line = " ".join(str(error).split())[:200]
        raise Invalid(Text(f"{file} n'est pas du YAML : {line}.", f"{file} is not YAML: {line}.")) from None
    return parse_sheet(document)


def prepare(sheet: Sheet, root: Path, target: Path) -> Manifest:
    """Write the version that *sheet* describes into the folder *target*, ready to be mounted read-only.

    Parameters
    ----------
    root
        folder that ``sheet.folder`` is relative to.
    target
        must not exist, or hold an earlier attempt, which is replaced.

    Raises
    ------
    Invalid
        a file is missing, is not the one whose hash is given, or does not read as described.
    """
    draft = target.with_name(f".{target.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    source = root / sheet.folder
    try:
        manifest = _manifest(sheet, tuple(_write_table(table, source, draft) for table in sheet.tables))
        for notice in NOTICES:
            if (source / notice).is_file():
                shutil.copyfile(source / notice, draft / notice)
        manifest.write(draft)
        make_readable(draft)
        shutil.rmtree(target, ignore_errors=True)
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return manifest


def _manifest(sheet: Sheet, tables: tuple[TableFile, ...]) -> Manifest:
    person = sheet.person_column
    if person is not None and not any(person in table.column_names for table in tables):
        raise Invalid(Text(f"Aucune table n'a de colonne {person}.", f"No table has a column {person}."))
    return Manifest(
        dataset=sheet.slug,
        version=sheet.version,
        title=Text(sheet.title.fr, sheet.title.en),
        owner=sheet.owner,
        classification=sheet.classification.value,
        min_persons=sheet.min_persons,
        person_column=person,
        licence=sheet.licence,
        source=sheet.source,
        citation=sheet.citation,
        tables=tables,
        export_policy=dict(sheet.export_policy),
    )


def _write_table(table: SheetTable, source: Path, target: Path) -> TableFile:
    delivered = source / table.file
    if not delivered.is_file() or (table.sha256 is not None and sha256_of(delivered) != table.sha256):
        raise Invalid(Text(f"{table.file} manque ou a été modifié.", f"{table.file} is missing or was changed."))
    written = target / f"{table.name}.parquet"
    try:
        if table.kind == "parquet":
            shutil.copyfile(delivered, written)
        else:
            pq.write_table(_read_csv(table, delivered), written, compression="zstd")
        return _describe(table, written)
    except (pa.ArrowException, KeyError, zipfile.BadZipFile, UnicodeError) as error:
        line = " ".join(str(error).split())[:300]
        raise Invalid(Text(f"{table.file} ne se lit pas : {line}.", f"{table.file} does not read: {line}.")) from None


@contextmanager
def _opened(delivered: Path, member: str | None) -> Iterator[BinaryIO]:
    if member is None:
        with pa.input_stream(str(delivered), compression="detect") as stream:
            yield stream
    else:
        with zipfile.ZipFile(delivered) as archive, archive.open(member) as stream:
            yield stream


def _read_csv(table: SheetTable, delivered: Path) -> pa.Table:
    """Read a CSV as text, except the columns that ``types`` names: codes keep their leading zeros."""
    with _opened(delivered, table.member) as stream:
        data = stream.read()
    first_line = data.partition(b"\n")[0].decode(table.encoding).lstrip("\ufeff")
    header = [name.strip().strip('"') for name in first_line.split(table.separator)]
    wanted = {name: ARROW_TYPES[kind] for kind, names in table.types.items() for name in names}
    _require_columns(table, wanted, header)
    read = pacsv.read_csv(
        pa.BufferReader(data),
        read_options=pacsv.ReadOptions(column_names=header, skip_rows=1, encoding=table.encoding),
        parse_options=pacsv.ParseOptions(delimiter=table.separator),
        convert_options=pacsv.ConvertOptions(
            column_types={name: wanted.get(name, pa.string()) for name in header},
            null_values=["", table.missing],
            strings_can_be_null=True,
            decimal_point=table.decimal,
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


def _describe(table: SheetTable, written: Path) -> TableFile:
    schema = pq.read_schema(written)
    _require_columns(table, {*table.identifying, *table.linkable, *table.columns}, schema.names)
    return TableFile(
        name=table.name,
        path=written.name,
        sha256=sha256_of(written),
        bytes=written.stat().st_size,
        rows=pq.read_metadata(written).num_rows,
        columns=tuple(
            Column(field.name, str(field.type), field.name in table.identifying, field.name in table.linkable)
            for field in schema
        ),
    )


def _require_columns(table: SheetTable, wanted: Mapping[str, object] | set[str], names: list[str]) -> None:
    if unknown := sorted(set(wanted) - set(names)):
        listed = ", ".join(unknown)
        raise Invalid(Text(f"{table.name} n'a pas de colonne {listed}.", f"{table.name} has no column {listed}."))
