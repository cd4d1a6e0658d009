"""The mean of a yes or no is a share: 0.0025 of 1,204 persons is three of them, 1.00 is all of a group.

Whether a mean is one is said by its name (deaths, readmissions), or by its standard deviation, which is then that of a
share. A mean of something unknown between 0 and 1 may be one: a person decides.
"""

import math
from collections.abc import Iterator
from dataclasses import replace

from hub_extensions.exports.checks.findings import Finding, Severity
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.tables.cells import Cell, Kind, plain
from hub_extensions.exports.checks.tables.magnitudes import persons_of
from hub_extensions.exports.checks.tables.roles import Column, Table
from hub_extensions.exports.checks.tables.shares import implied_counts, small_numerator, unanimous
from hub_extensions.exports.checks.tables.words import ATTRIBUTE_WORDS, MEASURE_WORDS, TRAIT_WORDS, VALUE_WORDS, Role

#: Events and traits that one has or has not, beside those of :data:`TRAIT_WORDS`.
_YES_OR_NO = TRAIT_WORDS | frozenset(
    """
    sexe femme femmes homme hommes feminin masculin male female readmissions readmis rehospitalisation
    rehospitalisations complications infection infections avc infarctus vaccine vaccines vaccination traite exposition
    expose cesarienne intubation transfusion chirurgie admission_rea reanimation suicide grossesse tabac tabagisme
    alcool obesite denutrition
    """.split()
)
#: What lies between 0 and 1 without being a share of persons.
_SCALED = frozenset(
    """
    auc kappa proba probabilite probability risque risk predit predicted indice index ratio rapport r2 silhouette
    correlation nombre nb number entropie utilite utility eq5d qaly similarite distance poids importance
    """.split()
)
_MEASURED = (MEASURE_WORDS | VALUE_WORDS | (ATTRIBUTE_WORDS - _YES_OR_NO) | _SCALED) - _YES_OR_NO


def _words(table: Table, row: int, column: Column) -> frozenset[str]:
    texts = (column.header, *table.labels(row))
    return frozenset(word for text in texts for word in plain(text).split("_"))


def _deviation(table: Table, row: int, column: Column) -> Cell | None:
    """Return the standard deviation beside a mean, or below it, when there is one and no more."""
    cells = table.grid.cells
    beside = [cells[row][other.index] for other in table.of(Role.STD)]
    below = [cells[other][column.index] for other, role in table.row_roles.items() if role is Role.STD]
    found = [cell for cell in (beside or below) if cell.kind is Kind.NUMBER]
    return found[0] if len(found) == 1 else None


def _is_share(mean: Cell, deviation: Cell) -> bool:
    """Whether *deviation* is that of a yes or no of which *mean* is the share, as rounded for display."""
    share, slack = mean.value, 0.5 * 10**-mean.decimals
    bounds = [math.sqrt(max(0.0, p * (1 - p))) for p in (share - slack, share, share + slack) if 0 <= p <= 1]
    near = 0.51 * 10**-deviation.decimals + 0.02 * deviation.value
    return min(bounds) - near <= deviation.value <= max(bounds) + near


def _sure(table: Table, row: int, column: Column, cell: Cell) -> bool | None:
    """Return whether a mean is certainly a share, maybe one, or none (``None``)."""
    words = _words(table, row, column)
    named = bool(words & _YES_OR_NO) and not words & _SCALED
    deviation = _deviation(table, row, column)
    if deviation is not None and 0 < cell.value < 1:
        return True if _is_share(cell, deviation) else None
    return named or (None if words & _MEASURED else False)


def _means(table: Table) -> Iterator[tuple[int, Column, Cell]]:
    """Yield the means between 0 and 1 of columns, or rows, in which every mean is."""
    found = [
        (row, column, cells[column.index])
        for row, cells in enumerate(table.grid.cells)
        for column in table.columns
        if table.role_at(row, column) is Role.MEAN and cells[column.index].kind is Kind.NUMBER
    ]
    for row, column, cell in found:
        alike = [other for at, beside, other in found if (at == row if table.row_roles else beside is column)]
        said = (*table.labels(row), column.header) if table.row_roles else table.labels(row)
        named = frozenset(plain("_".join(said)).split("_")) & _YES_OR_NO
        if 0 <= cell.value <= 1 and (named or all(0 <= other.value <= 1 for other in alike)):
            yield row, column, cell


def check_binary_means(table: Table, policy: Policy) -> Iterator[Finding]:
    """Yield means of a yes or no that stand for few persons, or for a whole group."""
    for row, column, cell in _means(table):
        persons = persons_of(table, row, column)
        sure = _sure(table, row, column, cell)
        if persons is None or persons < policy.min_persons or sure is None:
            continue
        where = table.grid.place(row, column.index)
        if cell.value == 1 and sure:
            yield unanimous(where, policy)
            continue
        counts = implied_counts(cell, replace(column, whole=1.0), persons)
        for finding in small_numerator(where, counts, persons, policy) if 0 < cell.value < 1 else ():
            if sure:
                yield finding
            elif finding.rule == "table.implied_count":
                yield replace(finding, severity=Severity.FLAG)
