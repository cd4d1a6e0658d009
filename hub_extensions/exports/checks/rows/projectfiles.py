"""The files of the project's own tables: which there are, and their columns as Arrow."""

from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks.rows.delimiteddata import read_csv

#: Suffixes read as tables of the project.
SUFFIXES = (".csv", ".tsv", ".csv.gz", ".parquet")


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


def column_readers(path: Path) -> list[tuple[str, Callable[[], Any]]]:
    """Return each column's name and what reads it: a Parquet file column by column, a CSV at once."""
    if not _is_parquet(path):
        table = read_csv(path)
        return [(name, partial(table.column, number)) for number, name in enumerate(table.column_names)]
    import pyarrow.parquet as pq

    return [(name, partial(_only, path, name)) for name in pq.read_schema(path).names]


def read_arrow(path: Path, columns: Collection[str]) -> Any:
    """Return those of *columns* that a table of the project has, as Arrow, words as dictionaries."""
    if not _is_parquet(path):
        table = read_csv(path)
        return table.select([name for name in table.column_names if name in columns])
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pq.read_schema(path)
    chosen = [field for field in schema if field.name in columns]
    words = [field.name for field in chosen if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]
    return pq.read_table(path, columns=[field.name for field in chosen], read_dictionary=words)


def encoded_words(column: Any) -> Any:
    """Return a column as one Arrow array of places in a dictionary."""
    encoded = column.dictionary_encode().unify_dictionaries().combine_chunks()
    return encoded.chunk(0) if hasattr(encoded, "num_chunks") else encoded


def _only(path: Path, name: str) -> Any:
    return read_arrow(path, [name]).column(0)


def _is_parquet(path: Path) -> bool:
    return path.name.lower().endswith(".parquet")
