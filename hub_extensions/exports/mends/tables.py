"""The table of one file as rows of text that a mend may change, with the roles of its columns."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from hub_extensions.exports.checks.formats.delimited import serialise
from hub_extensions.exports.checks.tables.grid import Grid
from hub_extensions.exports.checks.tables.roles import Table
from hub_extensions.exports.checks.tables.settling import table_of

Cells = set[tuple[int, int]]


@dataclass(frozen=True)
class Draft:
    """A table being mended: its header, its rows, and the notes above and below it."""

    grid: Grid

    @property
    def table(self) -> Table:
        """The table with its roles, read anew."""
        return table_of(self.grid)

    def with_cells(self, cells: Iterable[tuple[int, int]], text: str) -> "Draft":
        """Return the table with *text* in some cells (row, column)."""
        wanted = set(cells)
        rows = tuple(
            tuple(text if (row, column) in wanted else cell for column, cell in enumerate(line))
            for row, line in enumerate(self.grid.rows)
        )
        return self.with_rows(rows)

    def with_rows(self, rows: Sequence[Sequence[str]]) -> "Draft":
        """Return the table with other rows."""
        return Draft(_fresh(replace(self.grid, rows=tuple(tuple(row) for row in rows))))

    def without(self, columns: Iterable[int]) -> "Draft":
        """Return the table without some columns."""
        dropped = set(columns)

        def kept(line: Sequence[str]) -> tuple[str, ...]:
            return tuple(cell for column, cell in enumerate(line) if column not in dropped)

        rows = tuple(kept(row) for row in self.grid.rows)
        return Draft(_fresh(replace(self.grid, header=kept(self.grid.header), rows=rows)))

    def renamed(self, columns: Iterable[int], suffix: str) -> "Draft":
        """Return the table with *suffix* behind the names of some columns."""
        wanted = set(columns)
        header = tuple(f"{name} {suffix}" if number in wanted else name for number, name in enumerate(self.grid.header))
        return Draft(_fresh(replace(self.grid, header=header)))

    def written(self) -> bytes:
        """Return the table as CSV: notes as comments, then header and rows."""
        lines: list[Sequence[str]] = [[f"# {note}"] for note in self.grid.notes]
        return serialise([*lines, self.grid.header, *self.grid.rows])


def _fresh(grid: Grid) -> Grid:
    """Return a copy whose parsed cells are read anew."""
    return Grid(grid.where, grid.header, grid.rows, grid.notes, has_header=grid.has_header, first_row=grid.first_row)
