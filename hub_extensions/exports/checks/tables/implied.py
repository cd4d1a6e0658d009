"""Small counts that a table doesn't show and that one subtraction or division gives back."""

from collections.abc import Iterator
from itertools import pairwise

from hub_extensions.exports.checks.findings import Finding, block
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.tables.cells import Kind, plain
from hub_extensions.exports.checks.tables.roles import Column, Table
from hub_extensions.exports.checks.tables.shares import numbers_in_notes
from hub_extensions.exports.checks.tables.words import Role

_CUMULATED = frozenset({"cumul", "cumule", "cumules", "cumulee", "cumulees", "cumulative", "cumulated", "cum", "cumn"})
_MEANING = frozenset({"mean", "moyen", "moyenne", "moy", "avg", "average", "total", "totale", "sum", "somme", "par"})
#: Points outside the whiskers of a box plot.
OUTLIER_WORDS = frozenset(
    {"outlier", "outliers", "fliers", "aberrant", "aberrants", "aberrantes", "atypiques", "extremes"}
)
#: Distance from a whole number up to which a quotient of rounded numbers is taken for a count.
NEAR = 0.02


def check_cumulated(table: Table, policy: Policy) -> Iterator[Finding]:
    """Yield cumulated counts whose step from one line to the next is a small count."""
    for column in table.of(Role.COUNT):
        if not set(column.name.split("_")) & _CUMULATED:
            continue
        cells = enumerate(table.grid.column(column.index))
        shown = [(row, cell.value) for row, cell in cells if cell.kind is Kind.NUMBER]
        for (_, before), (row, after) in pairwise(shown):
            if 0 < abs(after - before) < policy.min_persons and not table.is_total_row(row):
                yield block(
                    "table.cumulated",
                    table.grid.place(row, column.index),
                    f"Deux effectifs cumulés diffèrent de moins de {policy.min_persons} : la classe se déduit.",
                    f"Two cumulated counts differ by fewer than {policy.min_persons}: the class can be worked out.",
                )
                return


def _subject(column: Column) -> frozenset[str]:
    return frozenset(plain(column.header).split("_")) - _MEANING


def check_quotients(table: Table, policy: Policy) -> Iterator[Finding]:
    """Yield groups whose sum divided by their mean is a small whole number: how many persons they are."""
    if any(not column.is_total for column in table.of(Role.COUNT)):
        return
    pairs = [(a, b) for a in table.of(Role.SUM) for b in table.of(Role.MEAN) if _subject(a) == _subject(b)]
    for total, mean in pairs:
        for row, cells in enumerate(table.grid.cells):
            top, bottom = cells[total.index], cells[mean.index]
            if top.kind is not Kind.NUMBER or bottom.kind is not Kind.NUMBER or not bottom.value:
                continue
            count = top.value / bottom.value
            if 0 < round(count) < policy.min_persons and abs(count - round(count)) < NEAR * max(1, count):
                yield block(
                    "table.implied_count",
                    table.grid.place(row, total.index),
                    f"La somme divisée par la moyenne donne moins de {policy.min_persons} personnes.",
                    f"The sum divided by the mean gives fewer than {policy.min_persons} persons.",
                )
                return


def check_group_sizes(table: Table, policy: Policy) -> Iterator[Finding]:
    """Yield columns whose header says that they describe few persons: ``Bras B (n=8)``."""
    for column in table.columns if table.grid.has_header else ():
        if any(0 < size < policy.min_persons for size in numbers_in_notes([column.header])):
            yield block(
                "table.small_group",
                column.header,
                f"Cette colonne décrit un groupe de moins de {policy.min_persons} personnes : regroupez.",
                f"This column describes a group of fewer than {policy.min_persons} persons: merge groups.",
            )
            return


_ENDS = frozenset({"premier", "premiere", "dernier", "derniere", "first", "last", "earliest", "latest"})


def check_dated_ends(table: Table) -> Iterator[Finding]:
    """Yield the first and the last day of something: each is the day of one person."""
    for column in table.columns:
        cells = [cell for cell in table.grid.column(column.index) if cell.kind is not Kind.EMPTY]
        dated = cells and all(cell.kind is Kind.DATE for cell in cells)
        if dated and set(column.name.split("_")) & _ENDS:
            yield block(
                "table.min_max",
                table.grid.place(0, column.index),
                "Une première ou une dernière date est celle d'une personne : donnez le mois ou l'année.",
                "A first or a last date is one person's: give the month or the year.",
            )
            return


def check_outliers(table: Table) -> Iterator[Finding]:
    """Yield points outside the whiskers of a box plot: each is a person's value."""
    for column in table.columns:
        tokens = set(column.name.split("_"))
        if not tokens & OUTLIER_WORDS or tokens & {"n", "nb", "nombre", "count", "pct", "part"}:
            continue
        cells = table.grid.column(column.index)
        filled = [row for row, cell in enumerate(cells) if any(c.isdigit() for c in cell.text)]
        if filled:
            yield block(
                "table.outliers",
                table.grid.place(filled[0], column.index),
                "Un point atypique est la valeur d'une personne : retirez cette colonne.",
                "An outlier is one person's value: remove this column.",
            )
            return
