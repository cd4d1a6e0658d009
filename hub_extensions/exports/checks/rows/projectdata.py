"""The project's own tables, indexed so that a row that left them can be recognised.

A column of numbers or dates is kept as it is and sorted once more beside it: a rounded number or a shifted date is an
interval, how many rows it holds costs two binary searches, and which they are two comparisons. Words are numbered. To
sort is ten times quicker than to number a million different values, and it is what a check waits for.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks.identifiers import IDENTIFIER_HEADERS
from hub_extensions.exports.checks.rows.projectfiles import column_readers, data_files, encoded_words, stem_of
from hub_extensions.exports.checks.tables.cells import plain

_WORDING = re.compile(
    r"(?:^|_)(?:lib\w*|lic|lil|label|designation|description|intitule|wording|nom_court|nom_long)(?:_|$)"
)
_PERSONAL = frozenset({"age", "sexe", "sex", "nir", "patient", "ipp", "naissance", "birth", "deces", "nom", "prenom"})


@dataclass(frozen=True)
class Column:
    """One column of a table: ``codes`` is comparable, row by row, with an interval that stands for a cell."""

    name: str
    kind: str
    codes: Any

    @property
    def rows(self) -> int:
        """How many rows the table has."""
        return len(self.codes)


@dataclass(frozen=True)
class Numbers(Column):
    """Numbers, or dates in days: ``codes`` are they (NaN where missing), ``ordered`` those that are there, sorted."""

    ordered: Any

    def held(self, low: Any, high: Any) -> Any:
        """Return how many rows each interval holds, both its ends included."""
        import numpy as np

        return np.maximum(self.ordered.searchsorted(high, "right") - self.ordered.searchsorted(low, "left"), 0)

    def distinct_in(self, low: float, high: float) -> int:
        """Return how many values differ from *low* to below *high*."""
        import numpy as np

        inside = self.ordered[self.ordered.searchsorted(low, "left") : self.ordered.searchsorted(high, "left")]
        return int(np.count_nonzero(np.diff(inside))) + 1 if len(inside) else 0

    @cached_property
    def distinct(self) -> int:
        """How many values differ."""
        import numpy as np

        return int(np.count_nonzero(np.diff(self.ordered))) + 1 if len(self.ordered) else 0


@dataclass(frozen=True)
class Words(Column):
    """Texts: ``codes`` are places in ``words`` (−1 where missing)."""

    words: Any

    @cached_property
    def _counts(self) -> Any:
        import numpy as np

        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.words) + 1)

    def held(self, low: Any, high: Any) -> Any:
        """Return how many rows have each word; an interval of words holds one or none."""
        import numpy as np

        return np.where(high >= low, self._counts[low], 0)

    @property
    def distinct(self) -> int:
        """How many words differ."""
        return len(self.words)


@dataclass(frozen=True)
class ProjectTable:
    """One table of the project. ``name`` is the stem of its file."""

    name: str
    path: Path
    columns: tuple[Numbers | Words, ...]

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return self.columns[0].rows if self.columns else 0

    @property
    def describes_codes(self) -> bool:
        """Whether this is a list of codes with their wording: its rows are words of the field, not persons.

        Such a table has a wording, no date, no identifier of persons, and a column in which each code stands once.
        """
        names = [plain(column.name) for column in self.columns]
        worded = any(_WORDING.search(name) for name in names)
        personal = any(name in IDENTIFIER_HEADERS or set(name.split("_")) & _PERSONAL for name in names)
        dated = any(column.kind == "date" for column in self.columns)
        return worded and not personal and not dated and any(each.distinct > 0.9 * self.rows for each in self.columns)


def _as_numbers(array: Any) -> tuple[str, Any] | None:
    """Return the kind and the Arrow array of numbers of what may be read as such."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = array.type
    if pa.types.is_boolean(kind):
        return "number", pc.cast(array, pa.int8())
    if pa.types.is_temporal(kind) and not pa.types.is_time(kind) and not pa.types.is_duration(kind):
        return "date", pc.cast(pc.cast(array, pa.date32(), safe=False), pa.int32())
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "number", array
    return None


def _indexed(name: str, read: Callable[[], Any]) -> Numbers | Words | None:
    """Return the index of one Arrow column, or ``None`` for types that no table of results shows."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    array = read()
    if pa.types.is_dictionary(array.type) and not pa.types.is_string(array.type.value_type):
        array = array.cast(array.type.value_type)
    numbers = _as_numbers(array)
    if numbers is not None:
        kind, array = numbers
        codes = np.asarray(pc.fill_null(pc.cast(array, pa.float64(), safe=False), np.nan))
        ordered = np.sort(codes)
        return Numbers(name, kind, codes, ordered[: len(ordered) - int(np.isnan(codes).sum())])
    if not pa.types.is_dictionary(array.type):
        if not any(
            is_words(array.type) for is_words in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
        ):
            return None
        array = pc.cast(array, pa.string())
    encoded = encoded_words(array)
    return Words(name, "text", np.asarray(pc.fill_null(encoded.indices, -1)), encoded.dictionary)


def load_table(path: Path) -> ProjectTable:
    """Read and index one table of the project, two columns at a time."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        columns = list(pool.map(_indexed, *zip(*column_readers(path), strict=True)))
    return ProjectTable(stem_of(path), path, tuple(column for column in columns if column is not None))


def load_tables(paths: Sequence[Path]) -> Iterator[ProjectTable]:
    """Yield every table of the project."""
    for path in data_files(paths):
        yield load_table(path)
