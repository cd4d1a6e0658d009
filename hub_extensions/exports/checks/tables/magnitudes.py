"""Means, sums, extremes and quantiles: what they say of one person, and what must stand beside them."""

import re
from collections.abc import Iterator

from hub_extensions.exports.checks.findings import Finding, block, flag, graded
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.prose.noted import persons_said
from hub_extensions.exports.checks.tables.cells import Cell, Kind, parse_cell
from hub_extensions.exports.checks.tables.roles import COUNTS, EXTREMES, Column, Table
from hub_extensions.exports.checks.tables.shares import numbers_in_notes, unanimous
from hub_extensions.exports.checks.tables.words import Role

#: What a quantile's name says of its rank.
_RANKS = {
    "mediane": 0.5,
    "median": 0.5,
    "med": 0.5,
    "medianes": 0.5,
    "q2": 0.5,
    "q1": 0.25,
    "q3": 0.75,
    "iqr": 0.25,
    "1st": 0.25,
    "3rd": 0.75,
}


def cells_of(table: Table, *roles: Role) -> Iterator[tuple[int, Column, Cell]]:
    """Yield the numbers and dates that play one of *roles*."""
    for row in range(len(table.grid.rows)):
        for column in table.columns:
            cell = table.grid.cells[row][column.index]
            if cell.kind in {Kind.NUMBER, Kind.DATE} and table.role_at(row, column) in roles:
                yield row, column, cell


def persons_of(table: Table, row: int, column: Column) -> float | None:
    """Return the count behind a statistic: in its column where statistics run downwards, in its row, or in a note."""
    above = [
        table.grid.cells[other][column.index].value
        for other, role in table.row_roles.items()
        if role in COUNTS and table.grid.cells[other][column.index].kind is Kind.NUMBER
    ]
    beside = [
        table.grid.cells[row][other.index].value
        for other in table.of(Role.COUNT)
        if table.grid.cells[row][other.index].kind is Kind.NUMBER
    ]
    downwards = above and column.role is not table.role_at(row, column)
    if beside and not downwards:
        return min(beside)
    if above:
        return min(above)
    noted = [*numbers_in_notes((*table.grid.notes, *table.grid.header)), *persons_said(table.grid.notes)]
    return max(noted) if noted else None


def _are_bounds(table: Table) -> bool:
    """Whether a minimum and a maximum column are the limits of classes: each class begins where the last one ended."""
    lows, highs = table.of(Role.MIN), table.of(Role.MAX)
    if len(lows) != 1 or len(highs) != 1 or len(table.grid.rows) < 2:
        return False
    low = [cell.value for cell in table.grid.column(lows[0].index)]
    high = [cell.value for cell in table.grid.column(highs[0].index)]
    return all(0 <= after - before <= 1 for before, after in zip(high, low[1:], strict=False)) and low[0] < high[0]


#: A header or a label that announces the two ends: ``moyenne [min–max]``, ``étendue``.
_SPAN = re.compile(
    r"\bmin(?:imum)?\s*(?:[-–—;,/…]|à|et|to|and)\s*max(?:imum)?\b|\b[ée]tendue\b(?! inter)|^range$|[\[(,]\s*range\s*[\])]",  # noqa: E501
    re.IGNORECASE,
)


def _spans(table: Table) -> Iterator[tuple[int, Column]]:
    """Yield cells that show the two ends of a distribution, as their column or their row announces."""
    for row in range(len(table.grid.rows)):
        labelled = any(_SPAN.search(text) for text in table.labels(row))
        for column in table.columns:
            announced = labelled or bool(_SPAN.search(column.header))
            if announced and _two_numbers(table, row, column):
                yield row, column


def _two_numbers(table: Table, row: int, column: Column) -> bool:
    """Whether a cell writes two numbers in brackets, or two with a sign between them."""
    cells = table.grid.rows[row]
    text = cells[column.index] if column.index < len(cells) else ""
    return len(re.findall(r"\d+(?:[.,]\d+)?", text.partition("(n")[0])) >= 2


def check_extremes(table: Table, policy: Policy) -> Iterator[Finding]:
    """Yield minima, maxima and sums of two contributors, which are values of one person or two."""
    if _are_bounds(table):
        return
    found = [(row, column) for row, column, _ in cells_of(table, *EXTREMES)] + list(_spans(table))
    if found:
        row, column = found[0]
        more = "" if len(found) == 1 else f" (+{len(found) - 1})"
        yield graded(
            policy.min_max,
            "table.min_max",
            table.grid.place(row, column.index) + more,
            "Un minimum, un maximum ou la somme des deux plus gros est la valeur d'une ou deux personnes : donnez un "
            "centile ou retirez-le.",
            "A minimum, a maximum or the sum of the two largest is the value of one or two persons: give a percentile "
            "or remove it.",
        )


def _rank(name: str) -> float:
    """Return the rank of a quantile from its name: ``p95`` and ``95%`` give 0.95, ``d9`` 0.9; 0.5 when in doubt."""
    fraction = re.fullmatch(r"q(?:uantile)?_?0_(\d{1,3})", name)
    if fraction:
        return float(f"0.{fraction.group(1)}")
    for token in name.replace("%", "").split("_"):
        if token in _RANKS:
            return _RANKS[token]
        if re.fullmatch(r"d[1-9]", token):
            return int(token[1]) / 10
        digits = token.removeprefix("p")
        if digits.isdigit() and 0 <= int(digits) <= 100:
            return int(digits) / 100
    return 0.5


def check_quantiles(table: Table, policy: Policy) -> Iterator[Finding]:
    """Yield quantiles with too few persons beyond them: the 99th percentile of 50 persons is their maximum."""
    for row, column, _ in cells_of(table, Role.QUANTILE):
        label = "_".join(table.labels(row)) if row in table.row_roles else column.name
        persons = persons_of(table, row, column)
        where = table.grid.place(row, column.index)
        if persons is None:
            yield flag(
                "table.no_count",
                where,
                "Quantile sans effectif : ajoutez l'effectif.",
                "A quantile without its count: add the count.",
            )
            return
        beyond = min(_rank(label), 1 - _rank(label)) * persons
        if beyond < 1:
            yield block(
                "table.extreme_quantile",
                where,
                "Ce quantile est la valeur d'une personne : effectif trop faible.",
                "This quantile is one person's value: too few persons.",
            )
        elif beyond < policy.min_persons / 2:
            yield flag(
                "table.extreme_quantile",
                where,
                "Peu de personnes au-delà de ce quantile.",
                "Few persons lie beyond this quantile.",
            )


def check_means(table: Table, policy: Policy) -> Iterator[Finding]:
    """Yield means and sums without the count behind them, and groups in which everybody has the same value."""
    for row, column, cell in cells_of(table, Role.STD):
        if cell.value == 0:
            yield unanimous(table.grid.place(row, column.index), policy)
            break
    bare = [
        (row, column)
        for row, column, _ in cells_of(table, Role.MEAN, Role.SUM)
        if persons_of(table, row, column) is None
    ]
    if bare and not table.of(Role.SURVIVAL):
        row, column = bare[0]
        yield flag(
            "table.no_count",
            table.grid.place(row, column.index),
            "Moyenne ou somme sans effectif : ajoutez l'effectif de chaque case.",
            "A mean or a sum without its count: add the count of each cell.",
        )


def check_freedom(table: Table, policy: Policy) -> Iterator[Finding]:
    """Yield degrees of freedom under the policy's number, shown in a column or in a row."""
    for row in range(len(table.grid.rows)):
        labelled = any(
            text
            and parse_cell(text).kind is Kind.LABEL
            and text.strip().casefold() in {"dof", "ddl", "df resid", "df residuals", "df_resid", "degrés de liberté"}
            for text in table.labels(row)
        )
        for column in table.columns:
            cell = table.grid.cells[row][column.index]
            if cell.kind is Kind.NUMBER and (column.role is Role.DOF or labelled) and cell.value < policy.min_dof:
                yield block(
                    "regression.dof",
                    table.grid.place(row, column.index),
                    f"Moins de {policy.min_dof} degrés de liberté.",
                    f"Fewer than {policy.min_dof} degrees of freedom.",
                )
