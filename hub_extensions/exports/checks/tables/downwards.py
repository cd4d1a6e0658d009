"""Statistics that run downwards: a row of counts, a row of percentages, a column for each group.

The rules on shares compare columns, so such a table is turned and judged again; findings keep the places that its
author knows.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from hub_extensions.exports.checks.findings import Finding
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.tables.denominators import check_small_bases
from hub_extensions.exports.checks.tables.grid import Grid
from hub_extensions.exports.checks.tables.roles import COUNTS, Table
from hub_extensions.exports.checks.tables.settling import table_of
from hub_extensions.exports.checks.tables.shares import check_shares
from hub_extensions.exports.checks.tables.words import Role


@dataclass(frozen=True)
class _Turned(Grid):
    """A table with its rows as columns; a place in it is one of *origin*."""

    origin: Grid | None = None

    def place(self, row: int, column: int) -> str:
        """Return where a cell is in the table as its author wrote it."""
        return super().place(row, column) if self.origin is None else self.origin.place(column - 1, row + 1)


def _turned(grid: Grid) -> _Turned:
    width = len(grid.header)
    rows = [(*row, *[""] * (width - len(row))) for row in grid.rows]
    lines = tuple((grid.header[at], *(row[at] for row in rows)) for at in range(1, width))
    return _Turned(grid.where, ("groupe", *(row[0] for row in rows)), lines, grid.notes, origin=grid)


def check_downwards(table: Table, policy: Policy) -> Iterator[Finding]:
    """Yield what shares in rows give away with the counts above or below them."""
    roles = set(table.row_roles.values())
    if not table.grid.has_header or len(table.dimensions) != 1 or Role.PERCENT not in roles or not roles & COUNTS:
        return
    turned = table_of(_turned(table.grid))
    yield from check_small_bases(turned, policy)
    yield from check_shares(turned, policy)
