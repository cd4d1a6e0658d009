"""Whether the largest contributors of every sum are shown: a control is believed for the rows that it speaks of, and
only where its number can be true of them."""

from collections.abc import Iterator, Sequence
from enum import Enum, auto

from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.tables.cells import Cell, Kind
from hub_extensions.exports.checks.tables.roles import COUNTS, TOP_TWO, Table
from hub_extensions.exports.checks.tables.words import Role
from hub_extensions.exports.checks.together.tidy import label_key

Labels = frozenset[str]


class Wanting(Enum):
    """What isn't shown of a sum: its largest contributor, or the two largest where the largest alone leaves it open."""

    LARGEST = auto()
    SECOND = auto()


def labels_of(table: Table, row: int) -> Labels:
    """Return the labels of a row, in whatever order its columns stand."""
    return frozenset(label_key(text) for text in table.labels(row))


def share_of(cell: Cell) -> float:
    """Return a share of 1, from a percentage too."""
    return cell.value / 100 if cell.percent or cell.value > 1 else cell.value


def uncovered(table: Table, controls: Sequence[Table], policy: Policy) -> Iterator[tuple[int, Wanting]]:
    """Yield the rows of *table* with a sum of which neither it nor its *controls* show what the rules ask.

    A margin needs no line of its own: what contributes most to it is the most of its parts.
    """
    sums = table.of(Role.SUM)
    shown = [_shown(each) for each in (table, *controls)]
    for row, cells in enumerate(table.grid.cells):
        totals = [cells[column.index].value for column in sums if cells[column.index].kind is Kind.NUMBER]
        if not totals or table.is_total_row(row):
            continue
        key, persons = labels_of(table, row), _persons(table, row)
        said = [each for table_said in shown for each in table_said.get(key, ())]
        believed = [(role, _share(role, cell, totals)) for role, cell in said if _can_be(role, cell, totals, persons)]
        one = max((share for role, share in believed if role not in TOP_TWO), default=None)
        two = max((share for role, share in believed if role in TOP_TWO and share >= (one or 0.0)), default=None)
        if one is None and (two is None or two > policy.dominance):
            yield row, Wanting.LARGEST
        elif two is None and one is not None and _leaves_open(one, policy):
            yield row, Wanting.SECOND


def _leaves_open(one: float, policy: Policy) -> bool:
    """Whether the two largest may make too much of a sum of which the largest makes *one*, and nothing says so yet."""
    return one <= policy.dominance and one <= policy.dominance_two < min(1.0, 2 * one)


def _shown(control: Table) -> dict[Labels, list[tuple[Role, Cell]]]:
    """Return, by labels, the shares and values of largest contributors that a table shows."""
    found: dict[Labels, list[tuple[Role, Cell]]] = {}
    for row, cells in enumerate(control.grid.cells):
        said = [(column.role, cells[column.index]) for column in control.of(Role.MAX_SHARE, Role.MAX, *TOP_TWO)]
        found.setdefault(labels_of(control, row), []).extend(each for each in said if each[1].kind is Kind.NUMBER)
    return found


def _persons(table: Table, row: int) -> float:
    cells = (table.grid.cells[row][column.index] for column in table.of(*COUNTS))
    return max((cell.value for cell in cells if cell.kind is Kind.NUMBER), default=0.0)


def _share(role: Role, cell: Cell, totals: Sequence[float]) -> float:
    """Return which share of the row's sum, its largest one, a number is."""
    return share_of(cell) if role in {Role.MAX_SHARE, Role.TOP_TWO_SHARE} else cell.value / max(*totals, cell.value)


def _can_be(role: Role, cell: Cell, totals: Sequence[float], persons: float) -> bool:
    """Whether a number can be the largest contribution: of *n* persons one gives at least an *n*-th of the sum, and two
    give two."""
    if cell.value <= 0:
        return False
    slack = 0.5 * 10.0**-cell.decimals
    givers = 2 if role in TOP_TWO and persons > 1 else 1
    if role in {Role.MAX_SHARE, Role.TOP_TWO_SHARE}:
        share, scale = share_of(cell), cell.value / share_of(cell)
        return share <= 1 and (not persons or (share + slack / scale) * persons >= givers)
    return not persons or any((cell.value + slack) * persons >= givers * total for total in totals)
