"""The tables that arrays may be read as: as they lie, laid down, flattened, cut into columns or into rows.

A row keeps its numbers together however an array is cut, so each cut that its reader could undo is tried.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from hub_extensions.exports.checks.inspection import NamedArray

#: Widths that a flattened array is cut into: no more columns than a person's line has in most tables.
WIDTHS = range(2, 21)
LARGEST_CUT = 50_000
#: Rows that a table must have, and columns that are looked at.
FEWEST, WIDEST = 5, 500
#: Parts of a long array that are looked at apart, since rows may stand behind weights, and rows of such a part.
PARTS, LONG = 4, 24
#: Arrays put side by side.
MOST_JOINED = 60


def views(arrays: Sequence[NamedArray]) -> Iterator[tuple[str, Any]]:
    """Yield (where, table of numbers) for each way to read *arrays*, the plainest first."""
    held = [(array.where, array.numbers) for array in arrays if array.numbers is not None]
    for where, array in held:
        if array.ndim > 1:
            flat = array.reshape(array.shape[0], -1)
            for table in (flat, flat.T):
                yield from _sized(where, table)
                size = len(table) // PARTS
                if size >= LONG:
                    for at in range(0, size * PARTS, size):
                        yield from _sized(where, table[at : at + size])
    yield from _joined(held)
    for where, array in held:
        for width in WIDTHS if array.size <= LARGEST_CUT else ():
            if array.size % width == 0 and (array.ndim == 1 or array.shape[-1] != width):
                yield from _sized(where, array.reshape(-1, width))
                if array.ndim == 1:
                    yield from _sized(where, array.reshape(width, -1).T)


def _sized(where: str, table: Any) -> Iterator[tuple[str, Any]]:
    if table.shape[0] >= FEWEST and 2 <= table.shape[1] <= WIDEST:
        yield where, table


def _joined(held: Sequence[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Yield arrays of one length as the columns, and as the rows, of one table."""
    import numpy as np

    columns: dict[int, list[tuple[str, Any]]] = defaultdict(list)
    for where, array in held:
        if array.ndim == 1 or (array.ndim == 2 and array.shape[1] == 1):
            columns[array.shape[0]].append((where, array.reshape(-1)))
    for length, parts in columns.items():
        if len(parts) > 1 and length >= FEWEST:
            kept = parts[:MOST_JOINED]
            yield f"{kept[0][0]} + {len(kept) - 1}", np.stack([array for _, array in kept], axis=1)
        if len(parts) >= FEWEST and length >= 2:
            yield f"{parts[0][0]} + {len(parts) - 1}", np.stack([array for _, array in parts])
