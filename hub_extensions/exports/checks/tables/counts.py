"""Small cells: the rule that most refusals come from.

A count from 1 to the threshold less one describes few persons. A count that is rounded stands for an interval, and is
judged by it; rounding is believed when the policy or the table says so, not because numbers happen to end in 0 or 5.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from hub_extensions.exports.checks.findings import Finding, Severity, block, flag, graded
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.tables.cells import Cell, Kind, plain
from hub_extensions.exports.checks.tables.parts import maybe_parts
from hub_extensions.exports.checks.tables.roles import COUNTS, Column, Table
from hub_extensions.exports.checks.tables.words import Role

#: Cells named one by one before the rest is summed up in a sentence.
SHOWN = 20
#: Cells beside redacted ones that must all be multiples of the base before rounding is believed.
FEWEST_ROUNDED = 3
SURELY_ROUNDED = 8
_ROUNDING_WORDS = ("arrondi", "round", "multiple de 5", "multiples de 5")


@dataclass(frozen=True)
class Rounding:
    """How counts were rounded: ``base`` 1 is not at all; ``midpoint`` is OpenSAFELY's midpoint 6 (0, 3, 9, 15 …)."""

    base: int = 1
    midpoint: bool = False

    def interval(self, value: float) -> tuple[int, int]:
        """Return the smallest and largest count that may stand behind *value*."""
        if self.midpoint:
            return (0, 0) if value == 0 else (max(1, math.ceil(value - 2)), math.floor(value + 3))
        if self.base <= 1:
            return int(value), int(value)
        half = (self.base - 1) / 2 if self.base % 2 else self.base / 2
        return max(0, math.ceil(value - half)), math.floor(value + half)


def count_cells(table: Table) -> Iterator[tuple[int, Column, Cell]]:
    """Yield every cell that counts units: row, column, cell."""
    for row in range(len(table.grid.rows)):
        for column in table.columns:
            cell = table.grid.cells[row][column.index]
            if cell.kind is not Kind.EMPTY and table.role_at(row, column) in COUNTS:
                yield row, column, cell


def rounding_of(table: Table, policy: Policy, *, surely: bool = False) -> Rounding:
    """Return the rounding that *table* declares or that *policy* asks for, checked against the numbers shown.

    Args:
        table: the table with its roles.
        policy: may ask for a base.
        surely: believe it only where it protects (an attacker who sees exact numbers is not slowed by a guess).
    """
    fewest = SURELY_ROUNDED if surely else FEWEST_ROUNDED
    cells = [cell for row, _, cell in count_cells(table) if surely or not table.is_total_row(row)]
    values = [int(cell.value) for cell in cells if cell.kind is Kind.NUMBER and cell.is_whole]
    said = " ".join(table.grid.notes + table.grid.header).casefold()
    if "midpoint6" in plain(said) and values and all(value == 0 or value % 6 == 3 for value in values):
        return Rounding(6, midpoint=True)
    masks = [cell for cell in cells if cell.kind is Kind.MASKED]
    redacted = bool(masks) and all(cell.high is None or cell.high < policy.min_persons - 1 for cell in masks)
    declared = any(word in said for word in _ROUNDING_WORDS) or (redacted and len(values) >= fewest)
    for base in filter(None, (policy.rounding, 10 if declared else None, 5 if declared else None)):
        if values and all(value % base == 0 for value in values):
            return Rounding(base)
    return Rounding()


#: Words of a count that may fall below nothing: what has changed.
_CHANGED = frozenset("diff difference ecart delta variation evolution change gap solde net".split())


def _shown(column: Column, cell: Cell) -> float:
    """Return what a cell counts: in a pyramid the men are drawn to the left, and -4 are four."""
    return cell.value if set(column.name.split("_")) & _CHANGED else abs(cell.value)


def _small(value: float, rounding: Rounding, policy: Policy) -> Severity | None:
    low, high = rounding.interval(value)
    if value <= 0 or low >= policy.min_persons:
        return None
    if rounding.midpoint and policy.rounding is not None:
        return None
    return Severity.BLOCK if high < policy.min_persons else Severity.FLAG


def _all_guessed_small(table: Table, policy: Policy) -> bool:
    """Whether nothing but the shape of the numbers says that these are counts: none is named, none reaches the
    threshold."""
    cells = list(count_cells(table))
    named = any(not column.guessed or column.is_total for _, column, _ in cells)
    masked = any(cell.kind is Kind.MASKED for _, _, cell in cells)
    return not named and not masked and all(cell.value < policy.min_persons for _, _, cell in cells)


def check_maybe_counts(table: Table, policy: Policy) -> Iterator[Finding]:
    """Yield small numbers of a column that may be a part of the count beside it, or a measure."""
    for column in maybe_parts(table.columns, table.grid):
        cells = enumerate(table.grid.column(column.index))
        small = [row for row, cell in cells if cell.kind is Kind.NUMBER and 0 < cell.value < policy.min_persons]
        if small:
            yield _small_finding(Severity.FLAG, table.grid.place(small[0], column.index), Rounding(), policy)


def check_small_counts(table: Table, policy: Policy) -> Iterator[Finding]:
    """Yield the cells under the threshold, and the zeros that may tell something of a whole group."""
    rounding = rounding_of(table, policy)
    unsure = _all_guessed_small(table, policy)
    found = []
    for row, column, cell in count_cells(table):
        if cell.kind is not Kind.NUMBER:
            continue
        severity = _small(_shown(column, cell), rounding, policy)
        if severity is not None:
            found.append((Severity.FLAG if unsure else severity, table.grid.place(row, column.index)))
    for severity, where in found[:SHOWN]:
        yield _small_finding(severity, where, rounding, policy)
    if len(found) > SHOWN:
        worst = Severity.BLOCK if any(severity is Severity.BLOCK for severity, _ in found) else Severity.FLAG
        rest = len(found) - SHOWN
        yield graded(
            worst,
            "table.small_count",
            table.grid.where,
            f"et {rest} autres cases sous le seuil.",
            f"and {rest} more cells under the threshold.",
        )
    yield from _zeros(table, policy)


def _small_finding(severity: Severity, where: str, rounding: Rounding, policy: Policy) -> Finding:
    t = policy.min_persons
    if severity is Severity.FLAG:
        detail = (
            (f"arrondi à {rounding.base}", f"rounded to {rounding.base}")
            if rounding.base > 1
            else ("effectif supposé", "taken for a count")
        )
        return flag(
            "table.small_count",
            where,
            f"Cette case ({detail[0]}) peut concerner moins de {t} personnes : vérifiez.",
            f"This cell ({detail[1]}) may stand for fewer than {t} persons: check it.",
        )
    return block(
        "table.small_count",
        where,
        f"Effectif inférieur à {t} : masquez la case (et une seconde, pour qu'elle ne se retrouve pas par différence) "
        f"ou regroupez des classes.",
        f"Count under {t}: suppress the cell (and a second one, so that it can't be found by subtraction) or merge "
        f"classes.",
    )


def _zeros(table: Table, policy: Policy) -> Iterator[Finding]:
    if table.of(Role.SURVIVAL, Role.AT_RISK, Role.TIME):
        return
    zeros = [
        table.grid.place(row, column.index)
        for row, column, cell in count_cells(table)
        if cell.kind is Kind.NUMBER and cell.value == 0 and not column.counts_missing
    ]
    if zeros:
        more = "" if len(zeros) == 1 else f" (+{len(zeros) - 1})"
        yield graded(
            policy.zero,
            "table.zero",
            zeros[0] + more,
            "Case à zéro : impossible par nature, ou renseigne-t-elle sur tout un groupe ?",
            "A zero: impossible by nature, or does it tell something of a whole group?",
        )


def check_rounded_totals(table: Table) -> Iterator[Finding]:
    """Yield totals that are not rounded while every other cell is: subtraction gives back what rounding hid."""
    inner = [
        int(cell.value)
        for row, column, cell in count_cells(table)
        if cell.is_whole and not table.is_total_row(row) and not column.is_total
    ]
    outer = [
        (row, column, cell)
        for row, column, cell in count_cells(table)
        if cell.is_whole and (table.is_total_row(row) or column.is_total)
    ]
    masked = any(cell.kind is Kind.MASKED for _, _, cell in count_cells(table))
    for base, needed in ((5, 8 if masked else 3), (10, 12 if masked else 6)):
        if len(inner) >= needed and all(value % base == 0 for value in inner):
            exact = [(row, column) for row, column, cell in outer if int(cell.value) % base]
            if exact:
                row, column = exact[0]
                yield block(
                    "table.rounding_undone",
                    table.grid.place(row, column.index),
                    f"Ce total n'est pas arrondi à {base} comme les autres cases : recalculez-le à partir des cases "
                    f"arrondies.",
                    f"This total is not rounded to {base} as the other cells are: recompute it from the rounded cells.",
                )
            return
