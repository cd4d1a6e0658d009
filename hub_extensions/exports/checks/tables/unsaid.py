"""Columns that count persons, or name a set, without saying so: flags of sets, flows, pyramids, ``groupby().count()``.

What they are is seen in how their numbers stand beside one another; a name alone decides nothing here.
"""

from dataclasses import replace

from hub_extensions.exports.checks.tables.cells import Kind
from hub_extensions.exports.checks.tables.grid import Grid
from hub_extensions.exports.checks.tables.roles import Column
from hub_extensions.exports.checks.tables.words import Role


def settle_flags(columns: list[Column], grid: Grid) -> list[Column]:
    """Take columns of 0 and 1 for labels where it takes them to tell the rows of counts apart: who is in which set."""
    counted = [column for column in columns if column.role is Role.COUNT and not column.guessed]
    flags = [
        column
        for column in columns
        if column.role in {Role.COUNT, Role.VALUE, Role.DIMENSION}
        and {cell.value for cell in grid.column(column.index)} == {0.0, 1.0}
        and all(cell.kind is Kind.NUMBER for cell in grid.column(column.index))
    ]
    others = [column for column in columns if column.role is Role.DIMENSION and column not in flags]
    rows = [tuple(row[column.index].text for column in others) for row in grid.cells]
    if not [column for column in counted if column not in flags] or len(set(rows)) == len(rows):
        return columns
    return [replace(column, role=Role.DIMENSION, guessed=False) if column in flags else column for column in columns]


#: Rows in which whole columns agree before they are counts of the same lines.
FEWEST_AGREEING = 2


def settle_repeated(columns: list[Column], grid: Grid) -> list[Column]:
    """Take whole numbers for counts where ``groupby().count()`` wrote the same under the name of every variable."""
    held = [
        column
        for column in columns[1:]
        if column.role in {Role.VALUE, Role.DIMENSION}
        and grid.rows
        and all(cell.is_whole and cell.value >= 0 and not cell.percent for cell in grid.column(column.index))
    ]
    rows = [[row[column.index].value for column in held] for row in grid.cells]
    if len(held) < FEWEST_AGREEING or len(held) < len(columns) - 1 or len(rows) < FEWEST_AGREEING:
        return columns
    full = [at for at in range(len(held)) if all(row[at] == max(row) for row in rows)]
    if len(full) < FEWEST_AGREEING or len({row[full[0]] for row in rows}) < FEWEST_AGREEING:
        return columns
    return [replace(column, role=Role.COUNT, guessed=False) if column in held else column for column in columns]


#: The two ends of a flow, and what flows.
_ENDS = (
    ("source", "target"),
    ("from", "to"),
    ("de", "vers"),
    ("origine", "destination"),
    ("origin", "destination"),
    ("depart", "arrivee"),
)
_FLOWING = frozenset("value weight flux flow flows valeur poids count n effectif size".split())


def settle_flows(columns: list[Column], grid: Grid) -> list[Column]:
    """Take whole numbers between two ends for persons who went from one to the other."""
    names = [column.name for column in columns]
    pair = next((pair for pair in _ENDS if set(pair) <= set(names)), None)
    flows = [column for column in columns if column.name in _FLOWING]
    whole = all(
        cell.is_whole and cell.value >= 0
        for column in flows
        for cell in grid.column(column.index)
        if cell.kind is Kind.NUMBER
    )
    if pair is None or len(flows) != 1 or not whole:
        return columns
    settled = []
    for column in columns:
        if column is flows[0]:
            settled.append(replace(column, role=Role.COUNT, guessed=False))
        else:
            settled.append(replace(column, role=Role.DIMENSION) if column.name in pair else column)
    return settled


#: Who stands on the two sides of a pyramid.
_LEFT = frozenset("homme hommes h m male males men garcon garcons boys masculin".split())
_RIGHT = frozenset("femme femmes f female females women fille filles girls feminin".split())


def settle_mirrored(columns: list[Column], grid: Grid) -> list[Column]:
    """Take whole numbers below nothing for counts where one sex is drawn to the left of the other."""
    names = {column.name for column in columns}
    if not (names & _LEFT and names & _RIGHT):
        return columns
    return [
        replace(column, role=Role.COUNT)
        if column.name in _LEFT | _RIGHT
        and column.role is Role.VALUE
        and all(cell.is_whole and cell.value <= 0 for cell in grid.column(column.index) if cell.kind is Kind.NUMBER)
        else column
        for column in columns
    ]
