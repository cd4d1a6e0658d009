"""What a sentence beside a table gives away of it: the total that solves its mask, the number its shares are of."""

import re
from collections.abc import Iterator
from dataclasses import replace

from hub_extensions.exports.checks.findings import Finding, block
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.prose.noted import persons_said
from hub_extensions.exports.checks.tables.cells import Kind
from hub_extensions.exports.checks.tables.counts import rounding_of
from hub_extensions.exports.checks.tables.roles import Column, Table
from hub_extensions.exports.checks.tables.shares import implied_counts, numbers_in_notes, small_numerator
from hub_extensions.exports.checks.tables.words import Role
from hub_extensions.exports.checks.together.tidy import tidy

#: What a program or a person says above shares that bear no name.
_SHARES = re.compile(
    r"\bproportions?\b|\bnormalize\b|\bvalue_counts\b|\br[ée]partition\b|\bdistribution\b|\bprop\.table\b",
    re.IGNORECASE,
)


def _said(table: Table, context: str) -> list[float]:
    """Return the numbers of persons that stand around a table: in its notes, in lines of one cell, in the text."""
    alone = [row[0] for row in table.grid.rows if row and not any(cell.strip() for cell in row[1:])]
    texts = [*table.grid.notes, *alone, context]
    return [*numbers_in_notes(texts), *persons_said(texts)]


def check_noted_totals(table: Table, policy: Policy, context: str = "") -> Iterator[Finding]:
    """Yield the one masked cell of a table when a sentence gives the total of its cells."""
    if not policy.secondary or rounding_of(table, policy).base > 1:
        return
    inner = [cell for cell in tidy(table) if all(label is not None for _, label in cell.labels)]
    inner = [cell for cell in inner if cell.cell.kind is not Kind.EMPTY]
    masked = [cell for cell in inner if not cell.shown]
    if len(masked) != 1 or len(inner) < 2:
        return
    shown = sum(cell.cell.value for cell in inner if cell.shown)
    if any(0 < total - shown < policy.min_persons for total in _said(table, context)):
        yield block(
            "table.recoverable",
            table.grid.place(masked[0].row, masked[0].column),
            "Cette case masquée se retrouve par différence avec le total qu'une phrase donne : masquez-en une seconde.",
            "This masked cell is recovered from the total that a sentence gives: suppress a second one.",
        )


def _are_shares(table: Table, column: Column) -> bool:
    """Whether numbers without a name add up to one."""
    cells = [cell for cell in table.grid.column(column.index) if cell.kind is Kind.NUMBER]
    inside = all(0 <= cell.value <= 1 for cell in cells) and any(cell.decimals >= 2 for cell in cells)
    return len(cells) >= 2 and inside and abs(sum(cell.value for cell in cells) - 1) < 0.006


def check_unnamed_shares(table: Table, policy: Policy, context: str = "") -> Iterator[Finding]:
    """Yield shares that a program printed without a name, of a number of persons that the text gives."""
    columns = [column for column in table.of(Role.VALUE) if column.guessed and _are_shares(table, column)]
    said = _said(table, context) if columns and _SHARES.search(context) else []
    for column in columns if said else ():
        for row, cell in enumerate(table.grid.column(column.index)):
            if cell.kind is Kind.NUMBER:
                counts = implied_counts(cell, replace(column, whole=1.0), max(said))
                yield from small_numerator(table.grid.place(row, column.index), counts, max(said), policy)
