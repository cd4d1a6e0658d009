"""A new version of a data set from accepted files, described as the one before it; written by the confined worker."""

from pathlib import Path
from typing import Any

from hub_extensions.datasets.sheets import Sheet, parse_sheet, prepare
from hub_extensions.exports.checks.formats.delimited import separator_of
from project_spaces.errors import BureauError
from project_spaces.manifests import Manifest, TableFile

_KINDS = (("date", "date"), ("int", "integer"), ("double", "number"), ("float", "number"))


def prepare_version(order: dict[str, Any]) -> dict[str, Any]:
    """Write the version into ``order["target"]``; answers its manifest's hash and rows, or why not."""
    before = Manifest.from_bytes(order["before"].encode())
    files = {str(table): Path(path) for table, path in order["tables"].items()}
    try:
        sheet = next_sheet(before, str(order["version"]), files)
        manifest = prepare(sheet, Path(order["root"]), Path(order["target"]))
    except BureauError as error:
        return {"refused": list(error.text)}
    return {"sha256": manifest.sha256, "rows": manifest.rows}


def next_sheet(before: Manifest, version: str, files: dict[str, Path]) -> Sheet:
    """Return the sheet of the next version: everything as before, but the files."""
    return parse_sheet(
        {
            "slug": before.dataset,
            "title": before.title._asdict(),
            "version": version,
            "owner": before.owner,
            "classification": before.classification,
            "min_persons": before.min_persons,
            "person_column": before.person_column,
            "export_policy": dict(before.export_policy),
            "licence": before.licence,
            "source": before.source,
            "citation": before.citation,
            "tables": [_table(table, files[table.name]) for table in before.tables],
        }
    )


def _table(before: TableFile, file: Path) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": before.name,
        "kind": "parquet" if file.suffix == ".parquet" else "csv",
        "file": file.name,
        "linkable": sorted(before.linkable),
        "identifying": sorted(before.identifying),
    }
    if described["kind"] == "csv":
        with file.open("rb") as stream:
            described["separator"] = separator_of(stream.read(1 << 20).decode("utf-8-sig", "ignore"))
        types: dict[str, list[str]] = {}
        for column in before.columns:
            kind = next((name for begins, name in _KINDS if column.type.startswith(begins)), None)
            if kind is not None:
                types.setdefault(kind, []).append(column.name)
        described["types"] = types
    return described
