"""Recognises a single column that holds identifiers of the project, or other values of which each singles out a person.

Serial numbers fill their own range, so that a count may be one by chance: short numbers and decimals prove nothing.
"""

import math
from collections.abc import Iterator, Sequence

from hub_extensions.exports.checks.rows.pairing import Pairing, pairings_of
from hub_extensions.exports.checks.rows.projectdata import Numbers, ProjectTable, Words
from hub_extensions.exports.checks.rows.rowvalues import Values, columns_of, sampled
from hub_extensions.exports.checks.tables.cells import Cell

#: Rows of the export that are looked at.
SAMPLE = 30
#: Different values that a column must show.
FEWEST = 3
#: Share of them that the project's column must hold.
SHARE = 0.6
#: Letters of a text under which a word is a code of the field, not of a person.
LONG_TEXT = 5
#: Digits from which a whole number is taken for an identifier rather than a count.
LONG_NUMBER = 6
#: Probability under which agreement is no longer put down to chance.
CHANCE = 1e-3


def lone_values(rows: Sequence[Sequence[str]], table: ProjectTable, threshold: int) -> Iterator[tuple[int, str]]:
    """Yield (column, project column) where an export's values are those of a column in which each singles people
    out."""
    columns = [values for values in columns_of(sampled(rows, SAMPLE)) if len(set(values.texts)) >= FEWEST]
    said: set[int] = set()
    for found in pairings_of(columns, table):
        index, kind = found.values.index, found.column.kind
        if index in said or kind == "date" or found.found < SHARE or found.rows >= threshold:
            continue
        if _long(found.values) if kind == "text" else _beyond_chance(found):
            said.add(index)
            yield index, found.column.name


def _long(values: Values) -> bool:
    return sum(len(text) for text in values.texts) >= LONG_TEXT * len(values.texts)


def _beyond_chance(pairing: Pairing) -> bool:
    """Whether the numbers found are more than numbers nearby would be: whole numbers of a filled range always are."""
    import numpy as np

    shares: list[float] = []
    hits = 0
    for row, cell in enumerate(pairing.values.cells):
        if pairing.values.interval(row) is None:
            continue
        hits += bool(pairing.held[row])
        shares.append(_density(pairing.column, cell))
    count, share = len(shares), float(np.mean(shares)) if shares else 1.0
    tail = sum(math.comb(count, k) * share**k * (1 - share) ** (count - k) for k in range(hits, count + 1))
    return count >= FEWEST and tail < CHANCE


def _density(column: Numbers | Words, cell: Cell) -> float:
    """Return the chance that a whole number with as many digits as *cell* is among the values of *column*."""
    digits = len(str(int(abs(cell.value))))
    if not isinstance(column, Numbers) or not cell.is_whole or digits < LONG_NUMBER:
        return 1.0
    return min(1.0, column.distinct_in(10.0 ** (digits - 1), 10.0**digits) / (9 * 10.0 ** (digits - 1)))
