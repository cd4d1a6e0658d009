"""What is in one quarantined file: its true type against its name, archives taken apart, tables against dictionaries.

Everything here runs in the confined worker. A file that can't be read is refused, as everywhere (DESIGN section 3).
"""

import json
import tempfile
import zipfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import duckdb

from hub_extensions.exports.checks.filetypes import ALLOWED as LEAVES
from hub_extensions.exports.checks.filetypes import true_type
from hub_extensions.exports.checks.findings import Finding, block, info
from hub_extensions.exports.checks.formats.archives import read_member, sane_members
from hub_extensions.exports.checks.formats.delimited import separator_of
from hub_extensions.exports.checks.inspection import Unreadable
from hub_extensions.exports.checks.names import check_name, shown
from hub_extensions.imports.documents import DOCUMENTS, check_document
from hub_extensions.imports.schemas import Table, check_schema
from hub_extensions.imports.traits import check_prose, check_traits

#: Extension → type of what may come in. Pickles, executables and macros are not here: they run when they are opened.
COMES_IN: Mapping[str, str] = {**LEAVES, "zip": "zip", "whl": "zip", "gif": "gif", "tif": "tiff", "tiff": "tiff"}
ARCHIVES = frozenset({"zip", "whl"})
TABLES = frozenset({"csv", "tsv", "parquet"})
PROSE = frozenset({"txt", "md", "log", "json", "ipynb", "html", "htm", "py", "r", "sql", "yaml", "yml", "tex"})
SCHEMA_SUFFIX = ".schema.json"
#: Read of a text at a time, with what the next piece repeats (bytes): a trait on the seam is seen.
PIECE, SEAM = 4 << 20, 200
LARGEST_SCHEMA = 4 << 20
_WHEEL_ONLY = frozenset({"so", "pyd", "dll", "dylib", "pyi", "typed", "h", "c", "pyx", "pxd", "css", "js", "svg"})


@dataclass(frozen=True)
class Expected:
    """What is known beforehand, by table: dictionaries, and columns that a linkage asks for; empty for a project."""

    schemas: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    asked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Looked:
    """What was seen of one file."""

    type: str
    findings: tuple[Finding, ...]


def look(path: Path, name: str, expected: Expected, schema: Path | None) -> Looked:
    """Look into one file; *schema* is the dictionary that came with it."""
    named = list(check_name(name))
    extension = _extension(name)
    found = true_type(path, extension)
    declared = COMES_IN.get(extension, "")
    if not declared:
        named.append(_not_allowed(name, extension))
        return Looked(found.kind, tuple(named))
    if found.kind != declared and not found.matches:
        named.append(_not_what_it_says(name, extension, found.kind))
        return Looked(found.kind, tuple(named))
    try:
        named += list(_inside(path, name, extension, expected, schema))
    except Unreadable as refusal:
        named.append(block("content.unreadable", name, refusal.fr, refusal.en))
    except (duckdb.Error, UnicodeDecodeError, ValueError, OSError, RecursionError, zipfile.BadZipFile):
        named.append(block("content.unreadable", name, "Le fichier ne se lit pas.", "The file can't be read."))
    return Looked(declared, tuple(dict.fromkeys(named)))


def _inside(path: Path, name: str, extension: str, expected: Expected, schema: Path | None) -> Iterator[Finding]:
    if extension in ARCHIVES:
        yield from _archive(path, name, extension)
    elif extension in TABLES:
        with tempfile.TemporaryDirectory() as scratch:
            yield from _table(opened_table(path, name, Path(scratch)), expected, schema)
    elif extension in PROSE:
        yield from _prose(path, name)
    elif COMES_IN[extension] in DOCUMENTS:
        yield from check_document(path, name, COMES_IN[extension], _looked)


def _looked(path: Path, name: str) -> Iterator[Finding]:
    """Look into a file that came inside another one."""
    yield from (each for each in look(path, name, Expected(), None).findings if each.rule != "schema.none")


def opened_table(path: Path, name: str, scratch: Path) -> Table:
    """Open a table for DuckDB, every column as text.

    Raises
    ------
    Unreadable
        it is not UTF-8, or has no header.
    """
    connection = duckdb.connect(
        config={
            "threads": 2,
            "memory_limit": "2GB",
            "temp_directory": str(scratch),
            "autoinstall_known_extensions": False,
        }
    )
    where = shown(name)
    if _extension(name) == "parquet":
        columns = _names(connection, f"read_parquet('{_sql(path)}')")
        casts = ", ".join(f'CAST("{_name(each)}" AS VARCHAR) AS "{_name(each)}"' for each in columns)
        return Table(connection, f"(SELECT {casts} FROM read_parquet('{_sql(path)}'))", columns, where, first_line=1)  # noqa: S608 - names are quoted
    with path.open("rb") as stream:
        head = stream.read(1 << 20)
    try:
        text = head.decode("utf-8-sig", errors="strict" if len(head) < 1 << 20 else "ignore")
    except UnicodeDecodeError:
        raise Unreadable("Le texte n'est pas en UTF-8.", "The text is not UTF-8.") from None
    separator = separator_of(text)
    source = f"read_csv('{_sql(path)}', all_varchar=true, header=true, delim='{separator}', quote='\"', escape='\"')"
    return Table(connection, source, _names(connection, source), where)


def _names(connection: duckdb.DuckDBPyConnection, source: str) -> tuple[str, ...]:
    described = connection.execute(f"SELECT * FROM {source} LIMIT 0").description or ()  # noqa: S608 - names are quoted
    return tuple(str(column[0]) for column in described)


def _table(table: Table, expected: Expected, schema: Path | None) -> Iterator[Finding]:
    stem = PurePosixPath(table.where).stem
    known = expected.schemas.get(stem)
    if known is None and expected.schemas:
        names = ", ".join(sorted(expected.schemas))
        yield block(
            "schema.unknown_table",
            table.where,
            f"Le jeu de données n'a pas de table « {stem} » (tables : {names}).",
            f"The data set has no table “{stem}” (tables: {names}).",
        )
    elif known is not None:
        yield from check_schema(table, known)
    elif schema is not None:
        yield from check_schema(table, json.loads(schema.read_bytes()[:LARGEST_SCHEMA]))
    else:
        yield info(
            "schema.none",
            table.where,
            "Aucun dictionnaire n'accompagne cette table : joignez un Table Schema, ses colonnes seront vérifiées.",
            "No dictionary comes with this table: add a Table Schema and its columns are checked.",
        )
    yield from check_traits(table, expected.asked.get(stem, ()))


def _prose(path: Path, name: str) -> Iterator[Finding]:
    before = ""
    with path.open("rb") as stream:
        while piece := stream.read(PIECE):
            text = piece.decode("utf-8", "replace")
            yield from check_prose(before[-SEAM:] + text, shown(name))
            before = text


def _archive(path: Path, name: str, extension: str) -> Iterator[Finding]:
    """Every member is looked at as if it had come alone; an archive in an archive is refused."""
    members = [each for each in sane_members(path) if not each.is_dir()]
    allowed = set(COMES_IN) - ARCHIVES | (set(_WHEEL_ONLY) if extension == "whl" else set())
    with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as scratch:
        for number, member in enumerate(members):
            inner, where = _extension(member.filename), f"{shown(name)} › {shown(member.filename)}"
            yield from check_name(member.filename)
            if inner and inner not in allowed and not _of_a_wheel(member.filename, extension):
                yield _not_allowed(where, inner)
            elif inner in COMES_IN:
                target = Path(scratch) / f"{number}.{inner}"
                target.write_bytes(read_member(archive, member))
                yield from _looked(target, PurePosixPath(member.filename).name)
                target.unlink()
            elif not inner:
                yield from check_prose(read_member(archive, member).decode("utf-8", "replace"), where)


def _of_a_wheel(member: str, extension: str) -> bool:
    return extension == "whl" and ".dist-info/" in member


def asked_columns(columns: Collection[Mapping[str, Any]], person_column: str | None) -> tuple[str, ...]:
    """Return the columns that a data set's linkage asks for: identifying or linkable, and its key."""
    named = [str(each["name"]) for each in columns if each.get("identifying") or each.get("linkable")]
    return (*named, *([person_column] if person_column else []))


def _not_allowed(where: str, extension: str) -> Finding:
    shown_ext = f".{extension}" if extension else "sans extension"
    return block(
        "type.refused",
        where,
        f"Ce type de fichier n'entre pas ({shown_ext}).",
        f"This type of file does not come in ({shown_ext}).",
    )


def _not_what_it_says(name: str, extension: str, kind: str) -> Finding:
    return block(
        "type.mismatch",
        name,
        f"Le contenu ({kind}) n'est pas ce que dit le nom (.{extension}).",
        f"The content ({kind}) is not what the name says (.{extension}).",
    )


def _extension(name: str) -> str:
    return name.rsplit(".", 1)[-1].lower() if "." in name else ""


def _name(column: str) -> str:
    return column.replace('"', '""')


def _sql(path: Path) -> str:
    return str(path).replace("'", "''")
