"""Comparison of tables that declare no population: by the names of their dimensions and their labels.

A new table that is nowhere larger than an old one of the same shape is taken for a part of it (one filter more), and
a small
gap blocks; one that is nowhere smaller is taken for the same query on refreshed data, and a person decides. Tables
whose
cells go both ways are taken for different things, unless most of their cells hardly moved.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations

from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.grid import Grid
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.roles import Table, table_of
from hub_extensions.exports.checks.rowshape import check_row_level
from hub_extensions.exports.checks.tidy import HEADER_DIMENSION, tidy
from hub_extensions.exports.checks.words import Role, is_total

Key = frozenset[tuple[str, str]]
#: Cells that two tables must share before they are compared: fewer agree by chance.
FEWEST_COMMON = 2
#: Dimensions summed over at most: a table has 2 to the power of them sets of margins.
MOST_DIMENSIONS = 6


def _measure(table: Table) -> str:
    counts = table.of(Role.COUNT)
    named = [column.name for column in counts if not column.guessed and not is_total(column.header)]
    return named[0] if len(named) == 1 else ""


def numbers_of(grid: Grid) -> tuple[str, Mapping[Key, float]]:
    """Return what a table counts, and its shown cells with every sum over its dimensions that a reader can make."""
    table = table_of(grid)
    if not table.of(Role.COUNT) or any(check_row_level(table)):
        return "", {}
    cells = tidy(table)
    inner = [cell for cell in cells if all(label is not None for _, label in cell.labels)]
    shown: dict[Key, float] = {
        frozenset((name, label) for name, label in cell.labels if label is not None): cell.cell.value
        for cell in cells
        if cell.shown
    }
    names = [name for name, _ in inner[0].labels] if inner else []
    for count in range(1, len(names) + 1 if len(names) <= MOST_DIMENSIONS else 1):
        for summed in combinations(names, count):
            groups: dict[Key, list[float | None]] = {}
            for cell in inner:
                key = frozenset(
                    (name, label) for name, label in cell.labels if name not in summed and label is not None
                )
                groups.setdefault(key, []).append(cell.cell.value if cell.shown else None)
            for key, values in groups.items():
                if None not in values:
                    shown.setdefault(key, sum(value for value in values if value is not None))
    return _measure(table), shown


def compare(
    new: tuple[str, Mapping[Key, float]], old: tuple[str, Mapping[Key, float]], name: str, policy: Policy
) -> Iterator[Finding]:
    """Yield what the shown cells of two tables give away by subtraction.

    Args:
        new: measure and cells of the table that would leave.
        old: those of a table that is out, or stands before it in the same request.
        name: the name of *old*, for the sentence.
        policy: the threshold.
    """
    (what, cells), (other, before) = new, old
    if what and other and what != other:
        return
    moves = {key: cells[key] - before[key] for key in cells if key in before}
    deepest = max((len(key) for key in moves), default=0)
    fine = [key for key in moves if len(key) == deepest]
    smaller = min(_fine(cells, deepest), _fine(before, deepest))
    small = [key for key, move in moves.items() if 0 < abs(move) < policy.min_persons]
    alike = deepest == max(map(len, cells), default=0) == max(map(len, before), default=0)
    fewest = FEWEST_COMMON if alike else FEWEST_COMMON + 1
    if not small or deepest == 0 or len(fine) < max(fewest, 0.6 * smaller):
        return
    where = (
        " ; ".join(
            f"{dimension} {label}" if dimension != HEADER_DIMENSION else label for dimension, label in sorted(small[0])
        )
        or "total"
    )
    t = policy.min_persons
    if all(move <= 0 for move in moves.values()):
        yield block(
            "difference.subset",
            where,
            f"« {name} » moins ce tableau = moins de {t} personnes.",
            f"{name} minus this table = fewer than {t} persons.",
        )
    elif all(move >= 0 for move in moves.values()) or len(small) * 2 >= len(moves):
        yield flag(
            "difference.repeated",
            where,
            f"La même case est publiée dans « {name} », à moins de {t} près.",
            f"The same cell is published in {name}, fewer than {t} apart.",
        )


def _fine(cells: Mapping[Key, float], depth: int) -> int:
    """Return how many cells have *depth* labels."""
    return sum(1 for key in cells if len(key) == depth)
