"""The project's own tables, indexed so that a row that left them can be recognised.

Each column becomes its sorted distinct values and, for each row, the rank of its value: a rounded number or a
shifted date
is then an interval of ranks, and asking which rows it may be costs two binary searches. A table of a million rows and
twenty columns takes a few seconds and a few hundred megabytes.
"""

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks.cells import plain
from hub_extensions.exports.checks.identifiers import IDENTIFIER_HEADERS

_WORDING = re.compile(
    r"(?:^|_)(?:lib\w*|lic|lil|label|designation|description|intitule|wording|nom_court|nom_long)(?:_|$)"
)
_PERSONAL = frozenset({"age", "sexe", "sex", "nir", "patient", "ipp", "naissance", "birth", "deces", "nom", "prenom"})
#: Suffixes read as tables of the project.
SUFFIXES = (".csv", ".tsv", ".csv.gz", ".parquet")


@dataclass(frozen=True)
class Column:
    """One column: ``kind`` number, date (in days) or text; ``values`` distinct and sorted; ``ranks`` −1 where
    missing."""

    name: str
    kind: str
    values: Any
    ranks: Any
    before: Any

    @property
    def distinct(self) -> int:
        """How many values differ."""
        return len(self.before) - 1

    def rows_in(self, low: int, high: int) -> int:
        """Return how many rows have a value of rank low to high − 1."""
        return int(self.before[high] - self.before[low])


@dataclass(frozen=True)
class ProjectTable:
    """One table of the project. ``name`` is the stem of its file."""

    name: str
    path: Path
    rows: int
    columns: tuple[Column, ...]

    @property
    def describes_codes(self) -> bool:
        """Whether this is a list of codes with their wording: its rows are words of the field, not persons.

        Such a table has a wording, no date, no identifier of persons, and a column in which each code stands once.
        """
        names = [plain(column.name) for column in self.columns]
        worded = any(_WORDING.search(name) for name in names)
        personal = any(name in IDENTIFIER_HEADERS or set(name.split("_")) & _PERSONAL for name in names)
        dated = any(column.kind == "date" for column in self.columns)
        keyed = any(column.distinct > 0.9 * self.rows for column in self.columns)
        return worded and keyed and not personal and not dated


def data_files(paths: Sequence[Path]) -> list[Path]:
    """Return the table files named by *paths*: files as given, folders searched."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += [
                file for file in sorted(path.rglob("*")) if file.is_file() and file.name.lower().endswith(SUFFIXES)
            ]
        else:
            found.append(path)
    return found


def stem_of(path: Path) -> str:
    """Return the name a data set has in a sidecar: the file name without its suffixes."""
    name = path.name
    for suffix in SUFFIXES:
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return path.stem


def read_arrow(path: Path) -> Any:
    """Return a table of the project as Arrow; DuckDB finds the separator and the types of a CSV."""
    if path.name.lower().endswith(".parquet"):
        import pyarrow.parquet as pq

        return pq.read_table(path)
    import duckdb

    with duckdb.connect(":memory:", config={"threads": 2, "memory_limit": "1500MB"}) as connection:
        return connection.read_csv(str(path)).to_arrow_table()


def _indexed(name: str, array: Any) -> Column | None:
    """Return the index of one Arrow column, or ``None`` for types that no table of results shows."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = "text"
    if pa.types.is_boolean(array.type):
        array = pc.cast(array, pa.int8())
    if pa.types.is_temporal(array.type) and not pa.types.is_time(array.type) and not pa.types.is_duration(array.type):
        array, kind = pc.cast(pc.cast(array, pa.date32(), safe=False), pa.int32()), "date"
    elif pa.types.is_integer(array.type) or pa.types.is_floating(array.type) or pa.types.is_decimal(array.type):
        array, kind = pc.cast(array, pa.float64(), safe=False), "number"
    elif pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    if kind == "text":
        if not (
            pa.types.is_string(array.type)
            or pa.types.is_large_string(array.type)
            or pa.types.is_string_view(array.type)
        ):
            return None
        array = pc.cast(array, pa.string())
    encoded = (
        array.combine_chunks().dictionary_encode() if isinstance(array, pa.ChunkedArray) else array.dictionary_encode()
    )
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.unify_dictionaries().combine_chunks()
    codes = np.asarray(pc.fill_null(encoded.indices, -1))
    values: Any = encoded.dictionary
    if kind != "text":
        values = np.asarray(values, dtype=np.float64)
        order = np.argsort(values, kind="stable")
        rank = np.empty(len(order) + 1, dtype=np.int32)
        rank[order] = np.arange(len(order), dtype=np.int32)
        rank[-1] = -1
        values, codes = values[order], rank[codes]
    ranks = codes.astype(np.int32, copy=False)
    counts = np.bincount(ranks[ranks >= 0], minlength=len(values))
    return Column(name, kind, values, ranks, np.concatenate(([0], np.cumsum(counts))))


def load_table(path: Path) -> ProjectTable:
    """Read and index one table of the project, a column at a time."""
    table = read_arrow(path)
    with ThreadPoolExecutor(max_workers=2) as pool:
        columns = list(pool.map(_indexed, table.column_names, table.columns))
    return ProjectTable(stem_of(path), path, table.num_rows, tuple(column for column in columns if column is not None))


def load_tables(paths: Sequence[Path]) -> Iterator[ProjectTable]:
    """Yield every table of the project."""
    for path in data_files(paths):
        yield load_table(path)
