"""Tables as sets of people: each cell is the product of the labels that its row, its column and its filter allow.

``None`` for a dimension means every value. A cell whose sets all lie inside another's is nested in it, and their
difference is a published number too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from hub_extensions.exports.checks.sidecar import Sidecar
from hub_extensions.exports.checks.tables.cells import plain
from hub_extensions.exports.checks.tables.counts import Rounding
from hub_extensions.exports.checks.tables.grid import Grid
from hub_extensions.exports.checks.tables.roles import Table, with_dimensions
from hub_extensions.exports.checks.tables.settling import table_of
from hub_extensions.exports.checks.tables.words import Role
from hub_extensions.exports.checks.together.tidy import HEADER_DIMENSION, Published, label_key, tidy

Region = Mapping[str, frozenset[str] | None]


@dataclass(frozen=True)
class Statement:
    """One published or masked number and the region that it speaks of. ``value`` is ``None`` when masked."""

    region: Region
    value: float | None
    low: float
    high: float | None
    row: int
    column: int
    own: bool = True


@dataclass(frozen=True)
class Release:
    """A table with its population. ``order`` is −1 for what was released before, else the file's place in the
    request."""

    name: str
    order: int
    sidecar: Sidecar
    table: Table
    statements: tuple[Statement, ...]
    rounding: Rounding


def narrower(inner: Region, outer: Region) -> bool:
    """Whether every person of *inner* is in *outer*, from the labels alone."""
    for name, allowed in outer.items():
        if allowed is not None and (inner.get(name) is None or not inner[name] <= allowed):  # type: ignore[operator]
            return False
    return True


def same(one: Region, other: Region) -> bool:
    """Whether two regions are equal."""
    return narrower(one, other) and narrower(other, one)


def statement_of(cell: Published, sidecar: Sidecar) -> Statement | None:
    """Return what *cell* says; ``None`` when its labels are not those of the declared dimensions."""
    region: dict[str, frozenset[str] | None] = dict(sidecar.filter)
    by_plain = {plain(name): name for name in sidecar.dimensions}
    named = {by_plain[name]: label for name, label in cell.labels if name in by_plain}
    left = [name for name in sidecar.dimensions if name not in named]
    header = [label for name, label in cell.labels if name == HEADER_DIMENSION]
    unnamed = [label for name, label in cell.labels if name not in by_plain and name != HEADER_DIMENSION]
    for name, label in zip(
        left, [*unnamed, *header] if len(left) == len(unnamed) + len(header) else header, strict=False
    ):
        named[name] = label  # noqa: PERF403
    for name, label in named.items():
        allowed = None if label is None else frozenset({label})
        region[name] = region.get(name) if allowed is None else allowed
    low, high = cell.bounds
    return Statement(region, cell.cell.value if cell.shown else None, low, high, cell.row, cell.column)


def _cells_of(table: Table, sidecar: Sidecar) -> list[Published]:
    """Return the cells of the declared measure: counts, or the one column of a sum or a mean."""
    cells = tidy(table)
    if sidecar.column is None:
        return cells
    wanted = table.of(Role.SUM, Role.MEAN, Role.VALUE)
    if not wanted:
        return cells
    dimensions = [(plain(column.header), column.index) for column in table.dimensions]
    return [
        Published(
            tuple((name, label_key(row[index].text)) for name, index in dimensions),
            row[wanted[0].index],
            number,
            wanted[0].index,
        )
        for number, row in enumerate(table.grid.cells)
    ]


def release_of(name: str, order: int, grid: Grid, sidecar: Sidecar, rounding: Rounding) -> Release:
    """Return a table with its population."""
    table = with_dimensions(table_of(grid), sidecar.dimensions)
    found = [said for cell in _cells_of(table, sidecar) if (said := statement_of(cell, sidecar)) is not None]
    return Release(name, order, sidecar, table, tuple(found), rounding)


def with_margins(release: Release) -> Release:
    """Return *release* with the sums over its dimensions that a reader can make."""
    if release.sidecar.measure.startswith("mean"):
        return release
    return replace(release, statements=(*release.statements, *_margins(release.statements, release.sidecar)))


def _margins(cells: Sequence[Statement], sidecar: Sidecar) -> list[Statement]:
    """Return the sums of shown cells over each set of dimensions: what a reader adds up."""
    names = (
        [name for name in sidecar.dimensions if all(cell.region.get(name) is not None for cell in cells)]
        if cells
        else []
    )
    inner = [cell for cell in cells if all(cell.region.get(name) is not None for name in sidecar.dimensions)]
    names = list(sidecar.dimensions) if inner and len(sidecar.dimensions) <= 6 else names
    found = []
    for count in range(1, len(names) + 1):
        for summed in combinations(names, count):
            groups: dict[tuple[tuple[str, frozenset[str] | None], ...], list[Statement]] = {}
            for cell in inner:
                key = tuple((name, cell.region.get(name)) for name in names if name not in summed)
                groups.setdefault(key, []).append(cell)
            for parts in groups.values():
                if len(parts) > 1 and all(part.value is not None for part in parts) and _is_product(parts, summed):
                    region = {
                        **parts[0].region,
                        **{
                            name: frozenset().union(*(part.region[name] or frozenset() for part in parts))
                            for name in summed
                        },
                    }
                    found.append(
                        Statement(
                            region,
                            sum(part.value or 0 for part in parts),
                            0,
                            None,
                            parts[0].row,
                            parts[0].column,
                            own=False,
                        )
                    )
    return found


def _is_product(parts: Sequence[Statement], summed: Sequence[str]) -> bool:
    """Whether the parts fill the product of their labels, each person in one of them: else their union is no region
    that labels describe."""
    size = 1
    for name in summed:
        labels = {part.region[name] or frozenset() for part in parts}
        if sum(map(len, labels)) > len(frozenset().union(*labels)):
            return False
        size *= len(labels)
    return size == len(parts)
