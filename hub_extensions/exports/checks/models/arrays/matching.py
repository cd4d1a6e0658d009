"""Recognises the project's rows in arrays of numbers, as they are or behind a scaler (standard, min–max, logarithm).

What scale a column may have is found on most of its rows (:mod:`.scales`); the rows that were left out of that are
then looked for in the project, all columns together, and weighed like the rows of any table (``rows/chance.py``). A
scale that fits by luck fits one column; persons fit together.

Not found: scaled rows fewer than :data:`FEWEST` (of large tables some hundreds), numbers that were rounded after they
were scaled (quantised), mixed (components, embeddings), or strewn among others.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.inspection import NamedArray
from hub_extensions.exports.checks.models.arrays.keeping import text_rows
from hub_extensions.exports.checks.models.arrays.scales import Scale, Support, scales
from hub_extensions.exports.checks.models.arrays.views import views
from hub_extensions.exports.checks.rows.chance import weigh
from hub_extensions.exports.checks.rows.joining import mappings
from hub_extensions.exports.checks.rows.matching import match_rows
from hub_extensions.exports.checks.rows.pairing import FOUND, Pairing
from hub_extensions.exports.checks.rows.projectdata import Numbers, ProjectTable
from hub_extensions.exports.checks.rows.rowvalues import Values

#: Rows of an array that are judged; the others say by which scale.
JUDGED = 12
FEWEST = 2 * JUDGED
#: Share of the judged rows that must single people out.
SHARE = 0.6
#: Ways to put columns together that are weighed.
WEIGHED = 6
#: Columns of one array, and readings of one of them, that are followed.
MOST_COLUMNS, MOST_READINGS = 40, 16
#: How much less likely (nats) than the best a reading may be: a sample is not always drawn evenly.
LESS_LIKELY = 60.0
#: Rows from which a scale is learnt.
MOST_LEARNT = 4000
#: Columns after which an array is left of which none could be anybody's: weights.
PROBED = 8
#: Seconds of computing for the arrays of one model, however busy the machine is.
SECONDS = 8.0

Transform = Callable[[Any], Any]


def check_arrays(
    arrays: Sequence[NamedArray], tables: Sequence[ProjectTable], threshold: int, *, seconds: float = SECONDS
) -> Iterator[Finding]:
    """Yield a block for the first table whose rows stand in *arrays*, in whatever layout and scale.

    Args:
        arrays: the arrays of one model.
        tables: the project's tables.
        threshold: persons from which a combination no longer singles out.
        seconds: the time for all; that something was not looked at is said.
    """
    deadline = time.process_time() + seconds
    reader = _Reader()
    for where, view in views(arrays):
        for table in tables:
            columns = _few(view, table, threshold) or reader.match(view, table, threshold, deadline)
            if columns:
                yield _found(where, table.name, columns)
                return
            if time.process_time() > deadline:
                yield _unfinished(where)
                return


def _few(view: Any, table: ProjectTable, threshold: int) -> int:
    """Return how many columns are recognised of rows too few to learn a scale from: as they are."""
    match = match_rows(text_rows(view), table, threshold) if len(view) < FEWEST else None
    return 0 if match is None else match.columns


def _found(where: str, table: str, columns: int) -> Finding:
    return block(
        "rows.matched",
        where,
        f"Ce tableau contient des lignes de « {table} » ({columns} colonnes reconnues), telles quelles ou mises à "
        f"l'échelle : ce sont des personnes.",
        f"This array holds rows of {table} ({columns} columns recognised), as they are or scaled: these are persons.",
    )


def _unfinished(where: str) -> Finding:
    return flag(
        "model.unfinished",
        where,
        "Le temps a manqué : tous les tableaux du modèle n'ont pas été comparés aux données du projet.",
        "Time ran out: not every array of the model was compared with the project's data.",
    )


class _Reader:
    """Reads arrays as tables of the project; the values of each project column are sorted once for each transform."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[tuple[Support, Transform | None], ...]] = {}

    def _supports(self, column: Numbers) -> tuple[tuple[Support, Transform | None], ...]:
        if id(column) not in self._held:
            self._held[id(column)] = _supports(column)
        return self._held[id(column)]

    def match(self, view: Any, table: ProjectTable, threshold: int, deadline: float) -> int:
        """Return how many columns of *view* are columns of *table* by rows that chance doesn't explain, or 0."""
        import numpy as np

        if len(view) < FEWEST:
            return 0
        judged = np.linspace(1, len(view) - 2, JUDGED).astype(int)
        others = np.delete(np.arange(len(view)), judged)
        learnt = view[others[:: max(1, len(others) // MOST_LEARNT)]]
        readings: list[Pairing] = []
        for tried, index in enumerate(_columns(view)):
            if time.process_time() > deadline or (tried == PROBED and not readings):
                return 0
            readings += self._readings(index, learnt[:, index], view[judged, index], table)
        return _weighed(readings, threshold) if len({reading.values.index for reading in readings}) > 1 else 0

    def _readings(self, index: int, learnt: Any, judged: Any, table: ProjectTable) -> list[Pairing]:
        """Return one column read as each column of the project that it may be, scaled."""
        import numpy as np

        sample = learnt[np.isfinite(learnt)].astype(np.float64)
        numbers = np.unique(sample)
        error = _error(learnt)
        ways = [
            (scale, column, transform)
            for column in table.columns
            if isinstance(column, Numbers) and len(numbers) > 1
            for support, transform in self._supports(column)
            for scale in scales(sample, numbers, support, error)
        ]
        best = max((scale.likely for scale, _, _ in ways), default=0.0)
        found = []
        for scale, column, transform in sorted(ways, key=lambda way: -way[0].likely)[:MOST_READINGS]:
            if scale.likely > best - LESS_LIKELY:
                found.append(_reading(_Column(index, judged, error), column, scale, transform))
        return [reading for reading in found if reading.found >= FOUND]


@dataclass(frozen=True)
class _Column:
    """The judged rows of one column of an array, and how far each may lie from what it stands for."""

    index: int
    judged: Any
    error: float


def _columns(view: Any) -> list[int]:
    """Return the columns that may be a person's: those that vary, the ones with repeated numbers first."""
    import numpy as np

    sample = view[:: max(1, len(view) // 500)]
    distinct = np.array([len(np.unique(sample[:, column])) for column in range(view.shape[1])])
    order = np.argsort(distinct, kind="stable")
    return [int(column) for column in order if distinct[column] > 1][:MOST_COLUMNS]


def _error(numbers: Any) -> float:
    """Return how far a number of this type may lie from what it stands for."""
    import numpy as np

    if numbers.dtype.kind in "iub":
        return 1e-6
    largest = float(np.nanmax(np.abs(np.where(np.isfinite(numbers), numbers, 0.0)), initial=0.0))
    return 4 * largest * float(np.finfo(numbers.dtype).eps)


def _supports(column: Numbers) -> tuple[tuple[Support, Transform | None], ...]:
    """Return a column's numbers as they are, and the logarithms that people scale, each with the way back."""
    import numpy as np

    ordered = np.asarray(column.ordered, dtype=np.float64)
    if not len(ordered):
        return ()
    values = ordered[np.concatenate(([True], np.diff(ordered) > 0))]
    made: list[tuple[Support, Transform | None]] = [(Support(values, ordered), None)]
    if column.kind == "number" and len(values) >= 10:
        if values[0] > 0:
            made.append((Support(np.log(values), np.log(ordered)), np.exp))
        if values[0] >= 0:
            made.append((Support(np.log1p(values), np.log1p(ordered)), np.expm1))
    return tuple(made)


def _reading(read: _Column, column: Numbers, scale: Scale, back: Transform | None) -> Pairing:
    """Return the judged rows of one column as intervals of the project's numbers."""
    import numpy as np

    middle = (read.judged.astype(np.float64) - scale.shift) / scale.scale
    half = abs(read.error / scale.scale) + 1e-9 * np.abs(middle)
    free = ~np.isfinite(middle)
    low, high = np.where(free, np.inf, middle - half), np.where(free, -np.inf, middle + half)
    if back is not None:
        with np.errstate(over="ignore"):
            low, high = back(low), back(high)
    return Pairing(Values(read.index, (), (), 0), column, low, high, free)


def _weighed(readings: Sequence[Pairing], threshold: int) -> int:
    """Return how many columns the first convincing way to put readings together has, or 0."""
    seen: set[frozenset[tuple[int, int]]] = set()
    for mapping in mappings(readings, JUDGED):
        key = frozenset((reading.values.index, id(reading)) for reading in mapping)
        if len(mapping) < 2 or key in seen:
            continue
        seen.add(key)
        weighed = weigh(mapping, JUDGED, readings, threshold)
        if weighed.alone >= SHARE and weighed.beyond_chance:
            return len(mapping)
        if len(seen) >= WEIGHED:
            break
    return 0
