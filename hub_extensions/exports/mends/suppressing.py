"""Suppression with its secondary cells: masked until the attacker's linear programme recovers none of them.

Whatever a margin gives back gets a second masked cell in the same sum, the smallest that is shown, or the cells that
τ-ARGUS's solver proposes, whichever masks less; shares, means and
sums of a masked row go with its count, and all shares where those of the other rows tell the masked one. The audit is
the check's own programme, so that the result passes what it must pass.
"""

from collections.abc import Sequence

from hub_extensions.exports.checks.findings import Severity
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.tables.cells import Kind
from hub_extensions.exports.checks.tables.counts import Rounding, count_cells
from hub_extensions.exports.checks.tables.roles import Table
from hub_extensions.exports.checks.tables.shares import check_shares
from hub_extensions.exports.checks.tables.words import Role
from hub_extensions.exports.checks.together.attacker import Equation, equations_of, solve
from hub_extensions.exports.checks.together.tidy import Published
from hub_extensions.exports.mends.tables import Cells, Draft
from hub_extensions.exports.mends.tauargus import optimal
from project_spaces.text import Text

#: What stands in a cell that is suppressed for the sake of another.
SECONDARY = "s."
#: Rounds of audit and suppression at most; each suppresses a cell or ends.
ROUNDS = 200
#: The smallest width of the interval that an attacker may be left with, as a share of the threshold.
WIDTH = 0.25


def suppressed(draft: Draft, policy: Policy) -> tuple[Draft, Text] | None:
    """Return the table with small cells and enough others masked; ``None`` when nothing had to be.

    Masked one by one, and from the solver's proposal on: the table that keeps more cells is taken.
    """
    small = small_cells(draft.table, policy)
    made, second = _audited(draft, small, set(), policy)
    proposed = optimal(draft.table, policy) if second else set()
    if proposed:
        other, others = _audited(draft, small, proposed, policy)
        made, second = (other, others) if len(others) < len(second) else (made, second)
    if not small and not second:
        return None
    if any(finding.severity is Severity.BLOCK for finding in check_shares(made.table, policy)):
        made = made.without(column.index for column in made.table.of(Role.PERCENT))
    t, one, two = policy.min_persons, len(small), len(second)
    return made, Text(
        f"{one} case(s) de moins de {t} masquée(s), {two} autre(s) masquée(s) pour qu'elles ne se retrouvent pas.",
        f"{one} cell(s) under {t} suppressed, {two} more so that they can't be recovered.",
    )


def _audited(draft: Draft, small: Cells, proposed: Cells, policy: Policy) -> tuple[Draft, Cells]:
    """Mask *small* and what is *proposed*, then whatever the attacker's programme still asks for."""
    made = with_row_figures(draft.with_cells(small, f"< {policy.min_persons}"), small)
    made, small = _protected_margins(made, small, policy)
    second = proposed - small
    made = with_row_figures(made.with_cells(second, SECONDARY), second)
    for _ in range(ROUNDS):
        more = _needed(made.table, policy)
        if not more:
            break
        second |= more
        made = with_row_figures(made.with_cells(more, SECONDARY), more)
    return made, second


def small_cells(table: Table, policy: Policy) -> Cells:
    """Return the shown counts under the threshold."""
    return {
        (row, column.index)
        for row, column, cell in count_cells(table)
        if cell.kind is Kind.NUMBER and 0 < cell.value < policy.min_persons
    }


def with_row_figures(draft: Draft, cells: Cells) -> Draft:
    """Mask the shares, means and sums that stand beside masked counts: a share times its whole is a count."""
    table = draft.table
    derived = table.of(Role.PERCENT, Role.MEAN, Role.STD, Role.SUM, Role.QUANTILE)
    rows = {row for row, _ in cells}
    beside = {(row, column.index) for row in rows for column in derived if draft.grid.rows[row][column.index].strip()}
    return draft.with_cells(beside, SECONDARY)


def _protected_margins(draft: Draft, small: Cells, policy: Policy) -> tuple[Draft, Cells]:
    """Mask totals that exceed their shown cells by few: a class that is left out would follow."""
    found = {
        (equation.total.row, equation.total.column)
        for equation in equations_of(draft.table, Rounding())
        if equation.complete and 0 < equation.gap < policy.min_persons
    }
    return draft.with_cells(found, SECONDARY), small


def _needed(table: Table, policy: Policy) -> Cells:
    """Return one more cell to mask: beside one masked alone in a sum, or one that bounds give back or nearly."""
    equations = equations_of(table, Rounding())
    for equation in equations:
        inside = (equation.total, *equation.parts)
        if sum(not cell.shown for cell in inside) == 1:
            return _least(inside, equations)
    hidden = {id(cell): cell for each in equations for cell in (each.total, *each.parts) if not cell.shown}
    if not hidden:
        return set()
    zeros = any(cell.kind is Kind.NUMBER and cell.value == 0 for _, _, cell in count_cells(table))
    intervals = solve(list(hidden.values()), equations, Rounding(), zeros_shown=zeros) or []
    narrow = max(1.0, policy.min_persons * WIDTH)
    for cell, (low, high) in intervals:
        if high - low < narrow and 0 < high < policy.min_persons:
            around = [each for each in equations if any(part is cell for part in (each.total, *each.parts))]
            return _least([part for each in around for part in (each.total, *each.parts)], equations)
    return set()


def _least(cells: Sequence[Published], equations: Sequence[Equation]) -> Cells:
    """Return the shown cell that costs least: no margin, in a line that has masked cells already, then the smallest."""
    margins = {id(equation.total) for equation in equations}
    alone = [each for each in equations if sum(not cell.shown for cell in (each.total, *each.parts)) == 1]
    helped = {id(cell): sum(any(part is cell for part in (e.total, *e.parts)) for e in alone) for cell in cells}
    shown = [cell for cell in cells if cell.shown and cell.cell.value > 0]
    if not shown:
        return set()
    best = min(shown, key=lambda cell: (id(cell) in margins, -helped[id(cell)], cell.cell.value))
    return {(best.row, best.column)}
