"""What a reader with a pencil finds: masked cells recovered from margins, and categories left out of a total.

Every total over shown and masked cells is an equation; the smallest and the largest value that each masked cell can
take
is a linear programme (HiGHS). A cell that can take one value only is published, mask or not. Margins that don't add
up in
the rows without masks (persons counted in several classes) are no equations and are left out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.tables.cells import Kind
from hub_extensions.exports.checks.tables.counts import Rounding, rounding_of
from hub_extensions.exports.checks.tables.roles import Column, Table
from hub_extensions.exports.checks.tables.words import Role
from hub_extensions.exports.checks.together.tidy import HEADER_DIMENSION, Published, counted_columns, groups_over, tidy

#: Masked cells solved at most in one table; a table with more goes to a person.
MOST_UNKNOWNS = 1500


@dataclass(frozen=True)
class Equation:
    """A total and its parts."""

    total: Published
    parts: tuple[Published, ...]

    @property
    def complete(self) -> bool:
        """Whether every number is shown."""
        return self.total.shown and all(part.shown for part in self.parts)

    @property
    def gap(self) -> float:
        """The total less its shown parts."""
        return self.total.cell.value - sum(part.cell.value for part in self.parts if part.shown)


def _slack(equation: Equation, rounding: Rounding) -> float:
    return 0.0 if rounding.base <= 1 else rounding.base * (len(equation.parts) + 1) / 2


def equations_of(table: Table, rounding: Rounding) -> list[Equation]:
    """Return the margins of *table* that add up wherever everything is shown."""
    cells = tidy(table)
    found: list[Equation] = []
    for dimension in range(len(cells[0].labels) if cells else 0):
        here = [Equation(total, tuple(parts)) for total, parts in groups_over(cells, dimension)]
        whole = [equation for equation in here if equation.complete]
        wrong = [equation for equation in whole if equation.gap < -_slack(equation, rounding)]
        if len(wrong) * 5 <= len(whole):
            found += here
    return [*(found or _unnamed_totals(cells)), *_row_sums(table)]


def _row_sums(table: Table) -> list[Equation]:
    """Return the rows in which counts of different things (included, excluded) add up to the table's one total."""
    counts = table.of(Role.COUNT)
    totals = [column for column in counts if column.is_total]
    parts = [column for column in counts if not column.is_total]
    if len(totals) != 1 or len(parts) < 2 or len(counted_columns(table)) > 1:
        return []

    def cell(row: int, column: Column) -> Published:
        return Published(((HEADER_DIMENSION, column.name),), table.grid.cells[row][column.index], row, column.index)

    rows = range(len(table.grid.rows))
    here = [Equation(cell(row, totals[0]), tuple(cell(row, part) for part in parts)) for row in rows]
    filled = [each for each in here if all(c.cell.kind is not Kind.EMPTY for c in (each.total, *each.parts))]
    return filled if _adds_up(filled, fewest=1) else []


def _unnamed_totals(cells: Sequence[Published]) -> list[Equation]:
    """Return the equations of a column or a last row that is the sum of the others without saying so."""
    by_column: dict[int, dict[int, Published]] = {}
    for cell in cells:
        by_column.setdefault(cell.column, {})[cell.row] = cell
    columns = sorted(by_column)
    rows = sorted({cell.row for cell in cells})
    for total in columns if len(columns) >= 3 else ():
        here = [
            Equation(
                by_column[total][row], tuple(by_column[c][row] for c in columns if c != total and row in by_column[c])
            )
            for row in rows
            if row in by_column[total]
        ]
        if _adds_up(here, fewest=1 if _both_sexes(here) else 2):
            return here
    for total_row in rows[-1:] if len(rows) >= 3 else ():
        here = [
            Equation(
                by_column[c][total_row],
                tuple(by_column[c][row] for row in rows if row != total_row and row in by_column[c]),
            )
            for c in columns
            if total_row in by_column[c]
        ]
        if _adds_up(here, fewest=1):
            return here
    return []


_SEXES = frozenset(
    {"h", "f", "m", "hommes", "femmes", "homme", "femme", "male", "female", "men", "women", "males", "females"}
)


def _both_sexes(equations: Sequence[Equation]) -> bool:
    """Whether the parts are women and men: the third number is everyone, whatever its column is called."""
    parts = equations[0].parts if equations else ()
    return len(parts) == 2 and all(label in _SEXES for part in parts for label in [part.labels[-1][1]])


def _adds_up(equations: Sequence[Equation], fewest: int = 2) -> bool:
    whole = [equation for equation in equations if equation.complete]
    return len(whole) >= fewest and all(equation.gap == 0 and equation.total.cell.value > 0 for equation in whole)


def check_margins(table: Table, policy: Policy) -> Iterator[Finding]:
    """Yield masked cells that the margins give back, and totals that leave a small remainder."""
    rounding = rounding_of(table, policy, surely=True)
    equations = equations_of(table, rounding)
    yield from _remainders(table, equations, rounding, policy)
    if policy.secondary:
        yield from _recovered(table, equations, rounding, policy)


def _remainders(table: Table, equations: Sequence[Equation], rounding: Rounding, policy: Policy) -> Iterator[Finding]:
    whole = [equation for equation in equations if equation.complete]
    shown = [part.cell.value for equation in whole for part in equation.parts]
    if rounding.base > 1 or (len(shown) > 3 and all(value % 5 == 0 for value in shown)):
        return
    for equation in whole:
        if 0 < equation.gap < policy.min_persons:
            where = table.grid.place(equation.total.row, equation.total.column)
            yield block(
                "table.remainder",
                where,
                f"Le total dépasse la somme des cases de moins de {policy.min_persons} : une catégorie absente se "
                f"déduit.",
                f"The total exceeds the sum of its cells by fewer than {policy.min_persons}: a missing class can be "
                f"worked out.",
            )
            return


def _recovered(table: Table, equations: Sequence[Equation], rounding: Rounding, policy: Policy) -> Iterator[Finding]:
    hidden = {id(cell): cell for equation in equations for cell in (equation.total, *equation.parts) if not cell.shown}
    if not hidden:
        return
    if len(hidden) > MOST_UNKNOWNS:
        yield flag(
            "table.too_many_masks",
            table.grid.where,
            "Trop de cases masquées pour vérifier qu'elles ne se retrouvent pas.",
            "Too many masked cells to verify that they can't be recovered.",
        )
        return
    intervals = solve(list(hidden.values()), equations, rounding, zeros_shown=_zeros_shown(table))
    if intervals is None:
        yield flag(
            "table.inconsistent",
            table.grid.where or "marges",
            "Les totaux ne s'accordent pas avec les cases : vérifiez le tableau.",
            "The totals don't agree with the cells: check the table.",
        )
        return
    exact = [cell for cell, (low, high) in intervals if high - low < 1 and 0 < round(high) < policy.min_persons]
    for cell in exact[:20]:
        yield block(
            "table.recoverable",
            table.grid.place(cell.row, cell.column),
            "Cette case masquée se retrouve exactement par différence avec les totaux : masquez-en une seconde dans "
            "la ligne et dans la colonne.",
            "This masked cell is recovered exactly from the totals: suppress a second one in its row and in its "
            "column.",
        )
    narrow = [
        cell
        for cell, (low, high) in intervals
        if high - low >= 1 and high < policy.min_persons and high - low < policy.min_persons / 4
    ]
    if narrow and not exact:
        yield flag(
            "table.narrow",
            table.grid.place(narrow[0].row, narrow[0].column),
            "Cette case masquée se devine à peu de chose près.",
            "This masked cell can be guessed closely.",
        )


def _zeros_shown(table: Table) -> bool:
    return any(cell.shown and cell.cell.value == 0 for cell in tidy(table))


def solve(
    unknowns: Sequence[Published], equations: Sequence[Equation], rounding: Rounding, *, zeros_shown: bool
) -> list[tuple[Published, tuple[float, float]]] | None:
    """Return the interval of each unknown, or ``None`` when the equations contradict each other.

    The bounds that masks announce (``< 11``) are used first, and dropped when they contradict the totals: authors also
    write them over cells that they suppress as a second.
    """
    for trust in (True, False):
        found = _intervals(unknowns, equations, rounding, trust=trust, zeros_shown=zeros_shown)
        if found is not None:
            return found
    return None


def _intervals(
    unknowns: Sequence[Published], equations: Sequence[Equation], rounding: Rounding, *, trust: bool, zeros_shown: bool
) -> list[tuple[Published, tuple[float, float]]] | None:
    import numpy as np
    from scipy.optimize import linprog
    from scipy.sparse import lil_matrix

    index = {id(cell): number for number, cell in enumerate(unknowns)}
    used = [equation for equation in equations if any(id(cell) in index for cell in (equation.total, *equation.parts))]
    matrix = lil_matrix((2 * len(used), len(unknowns)))
    limits = np.zeros(2 * len(used))
    for number, equation in enumerate(used):
        known = 0.0
        for sign, cell in [(-1.0, equation.total), *((1.0, part) for part in equation.parts)]:
            if id(cell) in index:
                matrix[2 * number, index[id(cell)]] += sign
                matrix[2 * number + 1, index[id(cell)]] -= sign
            else:
                known += sign * cell.cell.value
        slack = _slack(equation, rounding)
        limits[2 * number], limits[2 * number + 1] = -known + slack, known + slack
    bounds = [
        (float(max(low, 1.0 if zeros_shown else 0.0)), high) if trust else (0.0, None)
        for low, high in (cell.bounds for cell in unknowns)
    ]
    matrix = matrix.tocsr()
    found = []
    for cell in unknowns:
        aim = np.zeros(len(unknowns))
        aim[index[id(cell)]] = 1.0
        lowest = linprog(aim, A_ub=matrix, b_ub=limits, bounds=bounds, method="highs")
        highest = linprog(-aim, A_ub=matrix, b_ub=limits, bounds=bounds, method="highs")
        if lowest.status == 2 or highest.status == 2:
            return None
        top = float("inf") if highest.status == 3 else -highest.fun
        found.append((cell, (float(np.ceil(lowest.fun - 1e-6)), float(np.floor(top + 1e-6)))))
    return found
