"""Parquet: a table that carries more than its cells: free key-value metadata, and the extremes of each column.

Turned into CSV, which has neither.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.formats.delimited import ROWS_REFUSED, check_formulas, check_length, serialise
from hub_extensions.exports.checks.inspection import Inspected, Normal, Unreadable
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.tables.grid import grids_from_matrix

_PANDAS_KEYS = frozenset({"index_columns", "column_indexes", "columns", "creator", "pandas_version", "attributes"})


def text_of(value: Any) -> str:
    """Return a value as text, floats with their shortest exact form."""
    if value is None:
        return ""
    if isinstance(value, float):
        return (
            "" if math.isnan(value) else repr(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
        )
    return str(value)


def _metadata(metadata: Mapping[bytes, bytes] | None, where: str) -> Iterator[Finding]:
    for raw_key, raw in (metadata or {}).items():
        key = raw_key.decode("utf-8", "replace")
        if key in {"ARROW:schema", "PARQUET:field_id"}:
            continue
        text = raw.decode("utf-8", "replace")
        if key == "pandas":
            yield from _pandas(text)
            continue
        rows = len(re.findall(r"\n", text)) >= 2 or len(re.findall(r"\d+", text)) > 10 or len(text) > 1000
        said = block if rows else flag
        yield said(
            "parquet.metadata",
            f"{where} {key}",
            "Le fichier porte une note qui peut contenir des données : retirez-la.",
            "The file carries a note that may hold data: remove it.",
        )


def _pandas(text: str) -> Iterator[Finding]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        content = None
    if (
        not isinstance(content, dict)
        or set(content) - _PANDAS_KEYS - {"partition_columns"}
        or content.get("attributes")
    ):
        yield block(
            "parquet.metadata",
            "pandas",
            "La note de pandas contient autre chose que la description des colonnes.",
            "The pandas note holds more than the columns' description.",
        )


def inspect_parquet(path: Path, policy: Policy) -> Inspected:
    """Read a Parquet file. Raises ``Unreadable`` when it is damaged or holds cells that are no plain values."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        facts = file.metadata
        if facts.num_rows > policy.max_rows * ROWS_REFUSED:
            return Inspected(findings=list(check_length(facts.num_rows, policy)))
        table = file.read()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Unreadable("Le fichier Parquet est endommagé.", "The Parquet file is damaged.") from error
    found = [
        *_metadata(facts.metadata, "fichier"),
        *_metadata(table.schema.metadata, "schéma"),
        *check_length(table.num_rows, policy),
    ]
    for column in table.schema:
        found += _metadata(column.metadata, column.name)
        if pa.types.is_nested(column.type) or pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
            found.append(
                block(
                    "parquet.type",
                    column.name,
                    "Cette colonne contient des listes ou des octets : exportez des valeurs simples.",
                    "This column holds lists or bytes: export plain values.",
                )
            )
    if any(finding.rule == "parquet.type" for finding in found):
        return Inspected(findings=found)
    names = list(table.column_names)
    columns = [
        table.column(index).cast(pa.string())
        if pa.types.is_dictionary(table.schema[index].type)
        else table.column(index)
        for index in range(len(names))
    ]
    cells = [[text_of(value) for value in column.to_pylist()] for column in columns]
    matrix = [
        ["" if re.fullmatch(r"__index_level_\d+__", name) else name for name in names],
        *([list(row) for row in zip(*cells, strict=True)]),
    ]
    return Inspected(
        grids_from_matrix("", matrix), "", [*found, *check_formulas(matrix)], Normal(".csv", serialise(matrix))
    )
