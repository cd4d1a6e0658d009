"""Columns that count though nothing in their name says so: parts of a count that their author named.

``traites, non_traites, n`` and ``diabetiques, effectif`` hold the same small cells as ``n_traites`` would. Numbers left
of a count may as well be labels (doses, ranks, codes), so a column is a part only when its numbers say it: columns side
by side add up to the count in each row, or one stays under it everywhere while the other labels tell the rows apart and
its name is that of a state. Where the name says nothing, a person decides.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from hub_extensions.exports.checks.tables.cells import Cell, Kind
from hub_extensions.exports.checks.tables.grid import Grid
from hub_extensions.exports.checks.tables.words import MEASURE_WORDS, STATE_WORDS, TRAIT_WORDS, Role

if TYPE_CHECKING:
    from hub_extensions.exports.checks.tables.roles import Column

#: Largest value that a column of parts reaches: below, its numbers may be doses, stages or points.
LARGE = 11
#: Rows that must add up before columns named as classes are taken for counts of these.
FEWEST_SUMS = 2
#: Rows that rise by equal steps before they are taken for a scale.
FEWEST_STEPS = 3


def parts_of_counts(columns: Sequence["Column"], grid: Grid) -> tuple[frozenset[int], frozenset[int]]:
    """Return the places of the columns that are parts of a count named by its author, and of the counts that such parts
    add up to."""
    named = [column for column in columns if column.role is Role.COUNT and not column.guessed]
    sums = {whole.index: added for whole in named if (added := frozenset(_adding_up(columns, whole, grid)))}
    under = (column.index for column in _under(columns, named, grid) if set(column.name.split("_")) & STATE_WORDS)
    return frozenset().union(*sums.values(), under), frozenset(sums)


def maybe_parts(columns: Sequence["Column"], grid: Grid) -> list["Column"]:
    """Return columns taken for labels that may be parts of a count: their numbers are, their name says nothing."""
    named = [column for column in columns if column.role is Role.COUNT and not column.guessed]
    return [column for column in _under(columns, named, grid) if column.role is Role.DIMENSION]


def _counts_only(cells: Sequence[Cell]) -> bool:
    filled = [cell for cell in cells if cell.kind is not Kind.EMPTY]
    return bool(filled) and all(
        cell.kind is Kind.MASKED or (cell.is_whole and cell.value >= 0 and not cell.percent) for cell in filled
    )


def _runs(columns: Sequence["Column"], whole: "Column", grid: Grid) -> Iterator[list["Column"]]:
    """Yield the columns of whole numbers that touch *whole*, two or more of them, on either side."""
    for step in (-1, 1):
        run: list[Column] = []
        at = whole.index + step
        while 0 <= at < len(columns) and columns[at].role in {Role.COUNT, Role.VALUE, Role.DIMENSION}:
            if not _counts_only(grid.column(at)):
                break
            run.append(columns[at])
            at += step
            if len(run) > 1:
                yield run


def _adding_up(columns: Sequence["Column"], whole: "Column", grid: Grid) -> Iterator[int]:
    for run in _runs(columns, whole, grid):
        known = [
            (row[whole.index].value, sum(row[part.index].value for part in run))
            for row in grid.cells
            if all(row[column.index].kind is Kind.NUMBER for column in (*run, whole))
        ]
        guessed = all(part.guessed for part in run)
        if len(known) >= (1 if guessed else FEWEST_SUMS) and all(total == parts for total, parts in known):
            yield from (part.index for part in run)


def _under(columns: Sequence["Column"], wholes: Sequence["Column"], grid: Grid) -> Iterator["Column"]:
    """Yield columns whose numbers stay under every named count of their row."""
    last = max((whole.index for whole in wholes), default=0)
    for column in columns if wholes else ():
        words = set(column.name.split("_"))
        unnamed = column.role in {Role.COUNT, Role.DIMENSION} and 0 < column.index < last
        trait = column.role is Role.VALUE and bool(words & TRAIT_WORDS)
        if not column.guessed or not (unnamed or trait) or words & MEASURE_WORDS:
            continue
        cells = grid.column(column.index)
        values = [cell.value for cell in cells if cell.kind is Kind.NUMBER]
        if not _counts_only(cells) or max(values, default=0) < LARGE or _is_scale(values):
            continue
        if _told_apart(columns, column, grid) and all(
            row[column.index].value <= row[whole.index].value
            for row in grid.cells
            for whole in wholes
            if row[column.index].kind is row[whole.index].kind is Kind.NUMBER
        ):
            yield column


def _is_scale(values: Sequence[float]) -> bool:
    """Whether numbers rise or fall by equal steps: ranks, rounds of ten, times of a measure."""
    steps = {after - before for before, after in pairwise(values)}
    return len(values) >= FEWEST_STEPS and len(steps) == 1


def _told_apart(columns: Sequence["Column"], but: "Column", grid: Grid) -> bool:
    """Whether the labels name each row without the column *but*."""
    labels = [
        column.index for column in columns if column is not but and (column.role is Role.DIMENSION or not column.index)
    ]
    rows = [tuple(row[index].text for index in labels) for row in grid.cells]
    return bool(labels) and len(set(rows)) == len(rows)
