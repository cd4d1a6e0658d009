"""A CSV of the project's own, read fast and whatever it was written by.

Two open it: DuckDB looks at the beginning and says dialect and types, Arrow reads all of it by them, which takes less
time. What holds in the beginning only (a word in a column of numbers, a line break in quotes) is read again as
text and as numbers, never left out: a table that can't be read stops the checks.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: What programs write where a value is missing.
MISSING = ["", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "."]
#: Lines that are asked whether fractions have commas.
LOOKED_AT = 200
_TYPES = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT"), "int64"),
    **dict.fromkeys(("FLOAT", "DOUBLE", "HUGEINT", "UBIGINT"), "double"),
    **dict.fromkeys(("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"), "timestamp[us]"),
    "BOOLEAN": "bool",
}
_NUMBER = r"^\s*-?\d+([.]\d+)?\s*$"
_FRACTION = re.compile(r"-?\d+(,\d+)?")
_NONE = "(empty)"


@dataclass(frozen=True)
class _Dialect:
    """How a CSV is written; ``types`` by column, as Arrow calls them, ``string`` for what is no number or date."""

    encoding: str
    delimiter: str
    quote: str
    escape: str
    skipped: int
    types: dict[str, str]
    moments: tuple[str, ...]
    decimal: str = "."


def read_csv(path: Path) -> Any:
    """Return a CSV as an Arrow table, its words as dictionaries.

    Raises
    ------
    duckdb.Error, pyarrow.ArrowInvalid
        it is no CSV in UTF-8, UTF-16 or Latin-1.
    """
    import duckdb
    import pyarrow as pa

    with path.open("rb") as file:
        wide = file.read(2) in {b"\xff\xfe", b"\xfe\xff"}
    try:
        return _parsed(path, _sniffed(path, "utf-16" if wide else "utf-8"))
    except (duckdb.Error, pa.ArrowInvalid):
        if wide:
            raise
    return _parsed(path, _sniffed(path, "latin-1"))


def _sniffed(path: Path, encoding: str) -> _Dialect:
    """Return what DuckDB sees in the beginning of a CSV."""
    import duckdb

    with duckdb.connect(":memory:", config={"threads": 2, "memory_limit": "1500MB"}) as connection:
        seen = connection.execute(
            "SELECT Delimiter, Quote, Escape, SkipRows, HasHeader, Columns, DateFormat, TimestampFormat "
            "FROM sniff_csv(?, encoding = ?, nullstr = ?, comment = '')",
            [str(path), encoding, MISSING],
        ).fetchall()[0]
        delimiter, quote, escape, skipped, header, columns, *moments = seen
        beginning = connection.execute(
            "SELECT * FROM read_csv(?, encoding = ?, delim = ?, all_varchar = true) LIMIT ?",
            [str(path), encoding, delimiter, LOOKED_AT],
        ).fetchall()
    types = {column["name"]: _TYPES.get(column["type"], "string") for column in columns}
    commas = [] if delimiter == "," or "double" in types.values() else _fractions(list(types), beginning)
    return _Dialect(
        encoding,
        delimiter,
        '"' if quote == _NONE else quote,
        "" if escape in {_NONE, quote} else escape,
        int(skipped) + bool(header),
        {**types, **dict.fromkeys(commas, "double")},
        tuple(moment for moment in moments if moment),
        "," if commas else ".",
    )


def _fractions(names: Sequence[str], rows: Sequence[Sequence[str | None]]) -> list[str]:
    """Return the columns of numbers of which some are written with a decimal comma."""
    found = []
    for name, values in zip(names, zip(*rows, strict=True), strict=False):
        shown = [value.strip() for value in values if value not in {None, *MISSING}]
        if any("," in value for value in shown) and all(_FRACTION.fullmatch(value) for value in shown):
            found.append(name)
    return found


def _parsed(path: Path, dialect: _Dialect) -> Any:
    """Return the table by its types, or, where these don't hold, each column of numbers as words and as numbers."""
    import pyarrow as pa

    try:
        return _by_types(path, dialect, dialect.types, broken=False)
    except pa.ArrowInvalid:
        words = _by_types(path, dialect, dict.fromkeys(dialect.types, "string"), broken=True)
    columns = dict(zip(words.column_names, words.columns, strict=True))
    for name, kind in dialect.types.items():
        if kind in {"int64", "double"}:
            columns[f"{name} (nombres)"] = _numbers_in(columns[name], dialect.decimal)
    return pa.table(columns)


def _by_types(path: Path, dialect: _Dialect, types: dict[str, str], *, broken: bool) -> Any:
    """Read with *types*; *broken*: lines may break inside quotes."""
    import pyarrow as pa
    import pyarrow.csv as pc

    words = pa.dictionary(pa.int32(), pa.string())
    return pc.read_csv(
        path,
        read_options=pc.ReadOptions(
            column_names=list(types), skip_rows=dialect.skipped, encoding=dialect.encoding, block_size=4 << 20
        ),
        parse_options=pc.ParseOptions(
            delimiter=dialect.delimiter,
            quote_char=dialect.quote,
            double_quote=not dialect.escape,
            escape_char=dialect.escape or False,
            newlines_in_values=broken,
        ),
        convert_options=pc.ConvertOptions(
            column_types={name: words if kind == "string" else pa.type_for_alias(kind) for name, kind in types.items()},
            null_values=MISSING,
            strings_can_be_null=True,
            timestamp_parsers=[*dialect.moments, pc.ISO8601],
            decimal_point=dialect.decimal,
        ),
    )


def _numbers_in(column: Any, decimal: str) -> Any:
    """Return the numbers among the words of a column, the others as missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    words = column.cast(pa.string())
    words = pc.replace_substring(words, decimal, ".") if decimal != "." else words
    return pc.cast(pc.if_else(pc.match_substring_regex(words, _NUMBER), words, None), pa.float64())
