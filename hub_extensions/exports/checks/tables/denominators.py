"""A mean, a share, a quantile is as small as the group that it is computed on, wherever the size of that group stands.

A note says ``n = 8``; a row masks its count and shows its mean all the same. The count itself is judged elsewhere: here
what stands beside it.
"""

from collections.abc import Iterator, Sequence

from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.prose.noted import persons_said
from hub_extensions.exports.checks.tables.cells import Cell, Kind, masked_range
from hub_extensions.exports.checks.tables.roles import COUNTS, Column, Table
from hub_extensions.exports.checks.tables.shares import numbers_in_notes, whole_of
from hub_extensions.exports.checks.tables.words import Role

#: What is computed on a group.
STATISTICS = frozenset({Role.MEAN, Role.SUM, Role.STD, Role.QUANTILE, Role.PERCENT})
#: Words that say what a column computes and not of whom.
_COMPUTED = frozenset(
    """
    n nb nbre nombre eff effectif effectifs count counts total patients personnes persons mean moyenne moyen moy median
    mediane std sd ecart type q1 q3 pct part taux % somme sum cout age duree
    """.split()
)


def _statistics(table: Table) -> Iterator[tuple[int, Column]]:
    for row, cells in enumerate(table.grid.cells):
        for column in table.columns:
            if cells[column.index].kind is Kind.NUMBER and table.role_at(row, column) in STATISTICS:
                yield row, column


def _counts_beside(table: Table, row: int, column: Column) -> list[tuple[Column, Cell]]:
    """Return the counts that a statistic may be computed on: those of its row, else those of its column."""
    cells = table.grid.cells
    if column.role is Role.COUNT or table.role_at(row, column) is not column.role:
        return [(column, cells[other][column.index]) for other, role in table.row_roles.items() if role in COUNTS]
    return [(other, cells[row][other.index]) for other in table.of(Role.COUNT)]


def _bounds(cell: Cell) -> tuple[float, float | None] | None:
    """Return what a masked count may be; ``None`` for a cell that is none."""
    if (span := masked_range(cell.text)) is not None:
        return span
    return (cell.low or 0, cell.high) if cell.kind is Kind.MASKED else None


def _about(column: Column) -> frozenset[str]:
    return frozenset(column.name.split("_")) - _COMPUTED - {""}


def _hidden_base(counts: Sequence[tuple[Column, Cell]], column: Column) -> Cell | None:
    """Return the masked count that the statistic of *column* is computed on, if that is one."""
    masked = [(other, cell) for other, cell in counts if _bounds(cell) is not None]
    if masked and not any(cell.kind is Kind.NUMBER for _, cell in counts if _bounds(cell) is None):
        return masked[0][1]
    same = [cell for other, cell in masked if _about(other) and _about(other) <= _about(column)]
    if same:
        return same[0]
    twins = len({other.name for other, _ in counts}) < len(counts) and counts[0][0] is not column
    left = [(other, cell) for other, cell in counts if other.index < column.index] if twins else []
    return left[-1][1] if left and _bounds(left[-1][1]) is not None else None


def _masked(table: Table, policy: Policy) -> Iterator[Finding]:
    doubted = False
    for row, column in _statistics(table):
        base = _hidden_base(_counts_beside(table, row, column), column)
        bounds = _bounds(base) if base is not None else None
        if bounds is None or bounds[0] >= policy.least_base:
            continue
        where = table.grid.place(row, column.index)
        if bounds[1] is not None and bounds[1] >= policy.least_base:
            if not doubted:
                yield flag(
                    "table.small_base",
                    where,
                    f"L'effectif masqué de cette statistique peut être inférieur à {policy.least_base} : vérifiez.",
                    f"The masked count behind this statistic may be under {policy.least_base}: check it.",
                )
            doubted = True
            continue
        yield block(
            "table.small_base",
            where,
            "L'effectif de cette statistique est masqué : masquez-la avec lui.",
            "The count behind this statistic is masked: mask the statistic with it.",
        )
        return


def _noted(table: Table, policy: Policy, context: str) -> Iterator[Finding]:
    if any(cell.kind is Kind.NUMBER for column in table.of(Role.COUNT) for cell in table.grid.column(column.index)):
        return
    notes = table.grid.notes
    said = [*numbers_in_notes((*notes, *table.grid.header)), *persons_said(notes)] or persons_said([context])
    found = next(_statistics(table), None)
    counted = set(table.row_roles.values()) & COUNTS
    if found is None or counted or not said or max(said) >= policy.least_base:
        return
    yield block(
        "table.small_base",
        table.grid.place(found[0], found[1].index),
        f"Ces statistiques portent sur moins de {policy.least_base} personnes, dit une note : regroupez.",
        f"These statistics are computed on fewer than {policy.least_base} persons, a note says: merge groups.",
    )


def _group(table: Table, row: int, column: Column) -> float | None:
    """Return how many persons a mean or a quantile is computed on: the count that is called like it, or like none."""
    if table.role_at(row, column) is Role.SUM:
        return None
    counts = [(other, cell.value) for other, cell in _counts_beside(table, row, column) if cell.kind is Kind.NUMBER]
    same = [value for other, value in counts if _about(other) and _about(other) <= _about(column)]
    bare = [value for other, value in counts if not _about(other)]
    return max(same or bare or [value for _, value in counts], default=None)


def _shown(table: Table, policy: Policy) -> Iterator[Finding]:
    """Yield statistics on enough persons for a cell, and too few for what the rules ask of a denominator."""
    for row, column in _statistics(table) if policy.least_base > policy.min_persons else ():
        base = whole_of(table, row, column) if column.role is Role.PERCENT else _group(table, row, column)
        if base is not None and policy.min_persons <= base < policy.least_base:
            yield block(
                "table.small_base",
                table.grid.place(row, column.index),
                f"Cette statistique porte sur moins de {policy.least_base} personnes : masquez-la ou regroupez.",
                f"This statistic is computed on fewer than {policy.least_base} persons: suppress it or merge groups.",
            )


def check_small_bases(table: Table, policy: Policy, context: str = "") -> Iterator[Finding]:
    """Yield statistics on few persons: their count is masked beside them, small beside them, or small in a note."""
    yield from _masked(table, policy)
    yield from _shown(table, policy)
    yield from _noted(table, policy, context)
