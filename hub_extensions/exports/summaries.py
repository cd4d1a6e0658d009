"""A table in one line, for whoever judges it: how large, by what, the smallest count, what is masked, its totals.

Read by the same rules as the checks read it, from the normalised file, so that a reviewer sees at once what the program
took for counts and what for labels.
"""

from collections.abc import Iterator, Sequence

from hub_extensions.exports.checks.tables.cells import Kind
from hub_extensions.exports.checks.tables.grid import grids_from_matrix
from hub_extensions.exports.checks.tables.roles import COUNTS, Table
from hub_extensions.exports.checks.tables.settling import table_of
from project_spaces.text import Text

#: Tables of one file that are summed up.
MOST_TABLES = 3


def summaries(rows: Sequence[Sequence[str]]) -> list[list[Text]]:
    """Return what is said of each table in *rows*, the first ones."""
    return [list(_said(table_of(grid))) for grid in grids_from_matrix("", rows)[:MOST_TABLES] if grid.rows]


def _said(table: Table) -> Iterator[Text]:
    lines, columns = len(table.grid.rows), len(table.columns)
    yield Text(f"{lines} × {columns} (lignes × colonnes)", f"{lines} × {columns} (lines × columns)")
    if table.dimensions:
        names = ", ".join(each.header for each in table.dimensions)
        yield Text(f"réparti par {names}", f"by {names}")
    counted = [each for each in table.columns if each.role in COUNTS]
    if counted:
        names = ", ".join(each.header for each in counted)
        yield Text(f"effectifs : {names}", f"counts: {names}")
    else:
        yield Text("aucune colonne d'effectifs reconnue", "no column of counts recognised")
    yield from _counts(table)


def _counts(table: Table) -> Iterator[Text]:
    cells = [
        table.grid.cells[row][column.index]
        for row in range(len(table.grid.rows))
        for column in table.columns
        if table.role_at(row, column) in COUNTS
    ]
    values = [cell.value for cell in cells if cell.kind is Kind.NUMBER]
    masked, zeros = sum(cell.kind is Kind.MASKED for cell in cells), values.count(0)
    positive = [value for value in values if value > 0]
    if positive:
        yield Text(f"plus petit effectif : {min(positive):g}", f"smallest count: {min(positive):g}")
    if zeros:
        yield Text(f"cases nulles : {zeros}", f"cells of zero: {zeros}")
    if masked:
        yield Text(f"cases masquées : {masked}", f"masked cells: {masked}")
    if any(table.is_total_row(row) for row in range(len(table.grid.rows))) or any(c.is_total for c in table.columns):
        yield Text("totaux affichés", "totals shown")
