"""Columns of the export read as columns of the project: for each cell, the project's rows that may stand behind it.

A reading is an interval for each cell, so that asking a million rows costs two comparisons.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hub_extensions.exports.checks.rows.projectdata import Numbers, ProjectTable, Words
from hub_extensions.exports.checks.rows.rowvalues import Values

#: Share of the filled cells whose value the project's column must have for the reading to be followed.
FOUND = 0.8


@dataclass
class Pairing:
    """One column of the export read as one column of the project: ``low`` and ``high`` belong to each cell's interval;
    it is ``free`` where the cell says nothing."""

    values: Values
    column: Numbers | Words
    low: Any
    high: Any
    free: Any

    @cached_property
    def held(self) -> Any:
        """Project rows that have the value of each cell."""
        return self.column.held(self.low, self.high)

    @cached_property
    def sizes(self) -> Any:
        """Project rows behind each cell; a cell that says nothing stands for all."""
        import numpy as np

        return np.where(self.free, self.column.rows, self.held)

    @cached_property
    def found(self) -> float:
        """Share of filled cells whose value the project's column has."""
        filled = ~self.free
        return float(((self.held > 0) & filled).sum() / filled.sum()) if filled.any() else 0.0

    @property
    def rows(self) -> float:
        """Mean number of project rows behind a found value."""
        hit = (self.held > 0) & ~self.free
        return float(self.sizes[hit].mean()) if hit.any() else math.inf

    def fits(self, row: int) -> Any:
        """Return which rows of the project may stand behind one cell."""
        return (self.column.codes >= self.low[row]) & (self.column.codes <= self.high[row])

    def agrees(self, rows: Any, at: Any) -> Any:
        """Return which pairs (row of the export, row of the project) agree on this column."""
        codes = self.column.codes[at]
        return self.free[rows] | ((codes >= self.low[rows]) & (codes <= self.high[rows]))


def _texts(columns: Sequence[Values], column: Words) -> list[Pairing]:
    """Return every column of the export read as one column of texts; its words are gone through once."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = sorted({text for values in columns for text in values.texts if text})
    held = pc.index_in(column.words, value_set=pa.array(wanted, pa.string()))
    known = np.flatnonzero(np.asarray(pc.is_valid(held)))
    places = {wanted[held[int(place)].as_py()]: int(place) for place in known}
    found = []
    for values in columns:
        low = np.array([places.get(text, 0) for text in values.texts], dtype=np.int64)
        hit = np.array([text in places for text in values.texts])
        free = np.array(values.empty) & ~hit  # « C » masks a count, and is an arm of a trial
        found.append(Pairing(values, column, low, np.where(hit, low, -1), free))
    return found


def _numbers(values: Values, column: Numbers) -> Pairing | None:
    """Return a column of the export read as numbers or days, or ``None`` when few of its cells are such."""
    import numpy as np

    free = np.array(values.empty)
    bounds = values.days if column.kind == "date" else values.numbers
    if sum(bound is not None for bound in bounds) < FOUND * max(1, int((~free).sum())):
        return None
    none = (math.inf, -math.inf)
    ends = np.array([bound or none for bound in bounds], dtype=np.float64)
    return Pairing(values, column, ends[:, 0], ends[:, 1], free)


def pairings_of(columns: Sequence[Values], table: ProjectTable) -> list[Pairing]:
    """Return every reading of the export's columns whose kind fits."""
    found: list[Pairing] = []
    for column in table.columns:
        if isinstance(column, Words):
            found += _texts(columns, column)
        else:
            found += [read for values in columns if (read := _numbers(values, column)) is not None]
    return found
