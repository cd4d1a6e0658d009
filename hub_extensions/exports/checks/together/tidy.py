"""A table as published cells: each count with the labels that define it, margins known as such.

A wide table has one more dimension, its header. Total rows and columns leave a dimension open (``None``).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hub_extensions.exports.checks.tables.cells import Cell, Kind, masked_range, plain
from hub_extensions.exports.checks.tables.roles import Column, Table
from hub_extensions.exports.checks.tables.words import Role, is_total, role_of_header

#: Name of the dimension that the header of a wide table stands for.
HEADER_DIMENSION = "(colonne)"


@dataclass(frozen=True)
class Published:
    """One count: its labels by dimension (``None`` is all of them), its cell, and its place in the table."""

    labels: tuple[tuple[str, str | None], ...]
    cell: Cell
    row: int
    column: int

    @property
    def shown(self) -> bool:
        """Whether the number is given."""
        return self.cell.kind is Kind.NUMBER

    @property
    def bounds(self) -> tuple[float, float | None]:
        """The interval that a masked cell's own label gives away."""
        span = masked_range(self.cell.text)
        if span is not None:
            return float(span[0]), float(span[1])
        return float(self.cell.low or 0), self.cell.high


def label_key(text: str) -> str:
    """Return a label, comparable: ``75``, ``75.0`` and ``075`` stay what they are, case and spaces do not matter."""
    bare = " ".join(text.split()).casefold()
    return bare.removesuffix(".0")


def counted_columns(table: Table) -> list[Column]:
    """Return the columns of counts of one kind: all of a wide table, or the first of a long one."""
    counts = table.of(Role.COUNT)
    loose = [
        column
        for column in counts
        if column.guessed
        or column.is_total
        or role_of_header(column.header) is None
        or column.name in {"hommes", "femmes", "homme", "femme", "h", "f", "temoins", "cas", "controls", "cases"}
    ]
    inner = [column for column in loose if not column.is_total]
    if len(inner) >= 2 or (inner and len(loose) >= 2 and len(loose) == len(counts)):
        return loose
    return counts[:1]


def _label(text: str) -> str | None:
    return None if is_total(text) else label_key(text)


def tidy(table: Table) -> list[Published]:
    """Return the published counts of *table*."""
    columns = counted_columns(table)
    wide = len(columns) > 1
    found = []
    for row, cells in enumerate(table.grid.cells):
        labels: list[tuple[str, str | None]] = [
            (plain(dimension.header) or f"d{dimension.index}", _label(cells[dimension.index].text))
            for dimension in table.dimensions
        ]
        for column in columns:
            cell = cells[column.index]
            if cell.kind not in {Kind.NUMBER, Kind.MASKED, Kind.EMPTY} and masked_range(cell.text) is None:
                continue
            whole = (
                [*labels, (HEADER_DIMENSION, None if column.is_total else label_key(column.header))] if wide else labels
            )
            found.append(Published(tuple(whole), cell, row, column.index))
    return found


def groups_over(cells: Sequence[Published], dimension: int) -> list[tuple[Published, list[Published]]]:
    """Return (total, parts) for each total over one dimension, the other labels being equal."""
    parts: dict[tuple[tuple[str, str | None], ...], list[Published]] = {}
    totals: dict[tuple[tuple[str, str | None], ...], Published] = {}
    for cell in cells:
        rest = cell.labels[:dimension] + cell.labels[dimension + 1 :]
        if cell.labels[dimension][1] is None:
            totals[rest] = cell
        else:
            parts.setdefault(rest, []).append(cell)
    return [(total, parts[rest]) for rest, total in totals.items() if len(parts.get(rest, [])) >= 2]
