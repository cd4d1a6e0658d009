"""Columns of the export read as columns of the project: for each cell, the project's rows that may stand behind it.

A reading is an interval of ranks for each cell, so that asking a million rows costs two comparisons.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hub_extensions.exports.checks.projectdata import Column, ProjectTable
from hub_extensions.exports.checks.rowvalues import Values

#: Share of the filled cells whose value the project's column must have for the reading to be followed.
FOUND = 0.8


@dataclass
class Pairing:
    """One column of the export read as one column of the project: intervals of ranks, empty ones where nothing fits."""

    values: Values
    column: Column
    low: Any
    high: Any
    free: Any

    @cached_property
    def sizes(self) -> Any:
        """Project rows behind each cell; a cell that says nothing stands for all."""
        held = self.column.before[self.high] - self.column.before[self.low]
        return self._or_all(held)

    def _or_all(self, held: Any) -> Any:
        import numpy as np

        return np.where(self.free, len(self.column.ranks), held)

    @property
    def found(self) -> float:
        """Share of filled cells whose value the project's column has."""
        filled = ~self.free
        return float(((self.high > self.low) & filled).sum() / filled.sum()) if filled.any() else 0.0

    @property
    def rows(self) -> float:
        """Mean number of project rows behind a found value."""
        hit = (self.high > self.low) & ~self.free
        return float(self.sizes[hit].mean()) if hit.any() else math.inf

    def fits(self, row: int) -> Any:
        """Return which rows of the project may stand behind one cell."""
        return (self.column.ranks >= self.low[row]) & (self.column.ranks < self.high[row])

    def agrees(self, rows: Any, at: Any) -> Any:
        """Return which pairs (row of the export, row of the project) agree on this column."""
        ranks = self.column.ranks[at]
        return self.free[rows] | ((ranks >= self.low[rows]) & (ranks < self.high[rows]))


def _texts(columns: Sequence[Values], column: Column) -> list[Pairing]:
    """Return every column of the export read as one column of texts; its values are gone through once."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = sorted({text for values in columns for text in values.texts if text})
    held = pc.index_in(column.values, value_set=pa.array(wanted, pa.string()))
    known = np.flatnonzero(np.asarray(pc.is_valid(held)))
    ranks = {wanted[held[int(rank)].as_py()]: int(rank) for rank in known}
    found = []
    for values in columns:
        low = np.array([ranks.get(text, 0) for text in values.texts], dtype=np.int64)
        hit = np.array([text in ranks for text in values.texts], dtype=np.int64)
        free = np.array(values.empty) & (hit == 0)  # « C » masks a count, and is an arm of a trial
        found.append(Pairing(values, column, low, low + hit, free))
    return found


def _numbers(values: Values, column: Column) -> Pairing | None:
    """Return a column of the export read as numbers or days, or ``None`` when few of its cells are such."""
    import numpy as np

    free = np.array(values.empty)
    bounds = values.days if column.kind == "date" else values.numbers
    if sum(bound is not None for bound in bounds) < FOUND * max(1, int((~free).sum())):
        return None
    none = (math.inf, -math.inf)
    low = np.searchsorted(column.values, [(bound or none)[0] for bound in bounds], "left")
    high = np.searchsorted(column.values, [(bound or none)[1] for bound in bounds], "right")
    return Pairing(values, column, np.minimum(low, high), high, free)


def pairings_of(columns: Sequence[Values], table: ProjectTable) -> list[Pairing]:
    """Return every reading of the export's columns whose kind fits."""
    found: list[Pairing] = []
    for column in table.columns:
        if column.kind == "text":
            found += _texts(columns, column)
        else:
            found += [read for values in columns if (read := _numbers(values, column)) is not None]
    return found
