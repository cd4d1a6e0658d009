"""Every rule on one table, in the order in which a reader would ask: what is in it, then what it gives away."""

from collections.abc import Iterator, Sequence

from hub_extensions.exports.checks.findings import Finding, flag
from hub_extensions.exports.checks.identifiers import check_columns, check_headers, check_text
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.prose.comments import check_notes, counted_tables
from hub_extensions.exports.checks.prose.notedtotals import check_noted_totals, check_unnamed_shares
from hub_extensions.exports.checks.rows.embedded import check_packed, check_turned
from hub_extensions.exports.checks.rows.rowshape import check_row_level
from hub_extensions.exports.checks.tables.binarymeans import check_binary_means
from hub_extensions.exports.checks.tables.complements import check_complements, check_unanimous_cells
from hub_extensions.exports.checks.tables.counts import check_maybe_counts, check_rounded_totals, check_small_counts
from hub_extensions.exports.checks.tables.curves import check_curves
from hub_extensions.exports.checks.tables.denominators import check_small_bases
from hub_extensions.exports.checks.tables.dominance import check_dominance, check_sums_have_control
from hub_extensions.exports.checks.tables.downwards import check_downwards
from hub_extensions.exports.checks.tables.grid import Grid
from hub_extensions.exports.checks.tables.implied import (
    check_cumulated,
    check_dated_ends,
    check_group_sizes,
    check_outliers,
    check_quotients,
)
from hub_extensions.exports.checks.tables.magnitudes import check_extremes, check_freedom, check_means, check_quantiles
from hub_extensions.exports.checks.tables.regressions import check_regression, is_regression
from hub_extensions.exports.checks.tables.roles import Table
from hub_extensions.exports.checks.tables.settling import table_of
from hub_extensions.exports.checks.tables.shares import check_shares, check_unanimous_counts
from hub_extensions.exports.checks.tables.words import Role
from hub_extensions.exports.checks.together.attacker import check_margins


def check_identifiers(grid: Grid) -> Iterator[Finding]:
    """Yield identifiers in the headers, in each column taken together, and in each cell that is long enough to hold
    one."""
    yield from check_headers(grid.header if grid.has_header else (), grid.where)
    yield from check_columns(grid)
    for index, header in enumerate(grid.header):
        texts = "\n".join(text for row in grid.rows if index < len(row) and len(text := row[index]) >= 6)
        yield from check_text(texts, f"{grid.where} · {header}" if grid.where else header)
    yield from check_text("\n".join((*grid.notes, *grid.header)), grid.where or "notes")


def check_statistics(
    table: Table, policy: Policy, context: str = "", *, controls: Sequence[Table] = ()
) -> Iterator[Finding]:
    """Yield what the numbers of *table* give away.

    Args:
        table: the table with its roles.
        policy: thresholds and severities.
        context: other text of the same file, where a number of observations may stand.
        controls: tables of the control files, which show the largest contributors.
    """
    if is_regression(table):
        yield from check_regression(table, policy, context)
        yield from check_freedom(table, policy)
        if not table.of(Role.COUNT):
            return
    yield from check_small_counts(table, policy)
    yield from check_maybe_counts(table, policy)
    yield from check_rounded_totals(table)
    yield from check_cumulated(table, policy)
    yield from check_quotients(table, policy)
    yield from check_outliers(table)
    yield from check_group_sizes(table, policy)
    yield from check_dated_ends(table)
    yield from check_margins(table, policy)
    yield from check_noted_totals(table, policy, context)
    yield from check_small_bases(table, policy, context)
    yield from check_shares(table, policy, context)
    yield from check_unnamed_shares(table, policy, context)
    yield from check_unanimous_counts(table, policy)
    yield from check_complements(table, policy)
    yield from check_unanimous_cells(table, policy)
    yield from check_downwards(table, policy)
    yield from check_extremes(table, policy)
    yield from check_quantiles(table, policy)
    yield from check_means(table, policy)
    yield from check_binary_means(table, policy)
    yield from check_dominance(table, policy)
    yield from check_sums_have_control(table, controls, policy)
    yield from check_curves(table, policy)
    yield from _stays_only(table, policy)


def _stays_only(table: Table, policy: Policy) -> Iterator[Finding]:
    """Yield low counts of stays without a count of persons: forty stays may be two persons'."""
    stays = [column for column in table.of(Role.COUNT) if column.unit == "stays"]
    if not stays or any(column.unit == "persons" or not column.unit for column in table.of(Role.COUNT)):
        return
    low = [
        (row, column)
        for column in stays
        for row in range(len(table.grid.rows))
        if 0 < table.grid.cells[row][column.index].value < 4 * policy.min_persons
    ]
    if low:
        row, column = low[0]
        yield flag(
            "table.unit",
            table.grid.place(row, column.index),
            "Peu de séjours ou d'actes, et le nombre de personnes n'est pas donné : ajoutez-le.",
            "Few stays or acts, and the number of persons is not given: add it.",
        )


def check_grid(grid: Grid, policy: Policy, context: str = "", *, controls: Sequence[Table] = ()) -> Iterator[Finding]:
    """Yield everything that one table shows, without the project's data."""
    yield from check_identifiers(grid)
    if grid.notes:
        where = f"{grid.where} · notes" if grid.where else "notes"
        yield from check_notes(grid.notes, policy, where)
        for noted in counted_tables("\n".join(grid.notes), where):
            yield from check_small_counts(table_of(noted), policy)
    if not grid.rows:
        return
    yield from check_packed(grid)
    table = table_of(grid)
    if not is_regression(table):
        yield from check_turned(grid)
    yield from check_row_level(table)
    yield from check_statistics(table, policy, context, controls=controls)
