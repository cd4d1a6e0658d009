"""What the columns of a table are, once that is decided (``settling``): the shapes that every rule on tables reads."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from hub_extensions.exports.checks.tables.cells import plain
from hub_extensions.exports.checks.tables.grid import Grid
from hub_extensions.exports.checks.tables.words import (
    Role,
    is_total,
    role_of_header,
)

#: What the two largest contributors make together.
TOP_TWO = frozenset({Role.TOP_TWO, Role.TOP_TWO_SHARE})
#: Roles that a row label can give when statistics run downwards (``describe()``).
ROW_STATISTICS = frozenset({Role.MEAN, Role.STD, Role.MIN, Role.MAX, Role.QUANTILE, Role.MAX_SHARE, *TOP_TWO})
COUNTS = frozenset({Role.COUNT, Role.AT_RISK})
EXTREMES = frozenset({Role.MIN, Role.MAX, Role.TOP_TWO})
#: ``Décès, n (%)``: the count stands first.
COUNT_AND_SHARE = re.compile(r"(?:^|_)n(?:b|br?e|ombre)?_(?:et_|and_)?%$")
#: A count and its share in one cell.
_AND_SHARE = re.compile(r"\s*\d[\d\u00a0\u202f ]{0,12}\(\s*\d{1,3}(?:[.,]\d{1,3})?\s*%?\s*\)\s*")
#: The rows of quantiles that ``describe()`` prints.
_CENTILE = re.compile(r"(?:\d{1,2}(?:_\d)?|100)_?%")
#: What a row of shares is called; a « taux » alone may be anything.
_SHARE = re.compile(r"%|(?:^|_)(?:pct|percent\w*|pourcent\w*|proportions?|part)(?:_|$)")


#: Names of a column of those without a value.
_MISSING = frozenset("missing manquant manquants manquante manquantes manquantes nas".split())


@dataclass(frozen=True)
class Column:
    """One column: its role, whether that is a guess, and for shares what stands for the whole (1, 100, 1 000, …)."""

    index: int
    header: str
    role: Role
    guessed: bool = False
    whole: float = 100.0
    is_total: bool = False
    unit: str = ""

    @property
    def name(self) -> str:
        """The header, comparable."""
        return plain(self.header)

    @property
    def counts_missing(self) -> bool:
        """Whether it counts those of whom nothing is known, in whatever line."""
        return bool(_MISSING & set(self.name.split("_")))


@dataclass(frozen=True)
class Table:
    """A grid whose columns have roles."""

    grid: Grid
    columns: tuple[Column, ...]

    def of(self, *roles: Role) -> list[Column]:
        """Return the columns with one of *roles*, left to right."""
        return [column for column in self.columns if column.role in roles]

    @cached_property
    def dimensions(self) -> list[Column]:
        """The columns of labels."""
        return self.of(Role.DIMENSION)

    def labels(self, row: int) -> tuple[str, ...]:
        """Return the labels of a row, as written."""
        return tuple(self.grid.cells[row][column.index].text for column in self.dimensions)

    def is_total_row(self, row: int) -> bool:
        """Whether a label of the row names a margin."""
        return any(is_total(text) for text in self.labels(row))

    @cached_property
    def row_roles(self) -> dict[int, Role]:
        """Roles given by row labels, when statistics run downwards; empty otherwise."""
        if not self.dimensions:
            return {}
        roles: dict[int, Role] = {}
        for row in range(len(self.grid.rows)):
            labels = self.labels(row)
            role = row_role(labels)
            if role is None and len(labels) > 1 and not labels[0].strip():  # a further level of the line above
                role = roles.get(row - 1)
            if role is not None:
                roles[row] = role
        return roles if runs_downwards(roles.values()) else {}

    def _counts_first(self, row: int, column: Column) -> bool:
        """Whether a cell writes a whole number and its share behind it: ``4 (0.3)``."""
        cells = self.grid.rows[row]
        return column.index < len(cells) and bool(_AND_SHARE.fullmatch(cells[column.index]))

    def role_at(self, row: int, column: Column) -> Role:
        """Return the role of one cell: the row's statistic wins over a column that only has values."""
        level = column.index == 1 and not column.header and self.grid.has_header
        if (column.role is Role.DIMENSION and (not column.index or level)) or column.counts_missing:
            return column.role
        if (
            self.row_roles.get(row) is Role.PERCENT
            and column.role is not Role.PERCENT
            and self._counts_first(row, column)
        ):
            return Role.COUNT
        if column.guessed or column.role in {Role.VALUE, Role.COUNT}:
            return self.row_roles.get(row, column.role if not self.row_roles or not column.guessed else Role.VALUE)
        return column.role


def row_role(labels: Sequence[str]) -> Role | None:
    """Return the statistic that a row's labels name, the last one first."""
    for text in reversed(labels):
        name = plain(text)
        role = Role.COUNT if COUNT_AND_SHARE.search(name) else role_of_header(text)
        role = Role.QUANTILE if _CENTILE.fullmatch(name) else role
        if role in ROW_STATISTICS | COUNTS | {Role.SUM} or (role is Role.PERCENT and _SHARE.search(name)):
            return role
    return None


def runs_downwards(roles: Iterable[Role]) -> bool:
    """Whether rows that bear *roles* are statistics: means and the like, or shares beside their counts."""
    found = set(roles)
    return bool(found & ROW_STATISTICS) or (Role.PERCENT in found and bool(found & COUNTS))


def with_dimensions(table: Table, names: Sequence[str]) -> Table:
    """Return *table* with the columns of *names* taken for labels, as its author declares."""
    declared = {plain(name) for name in names}
    return Table(
        table.grid,
        tuple(
            replace(column, role=Role.DIMENSION, guessed=False) if column.name in declared else column
            for column in table.columns
        ),
    )
