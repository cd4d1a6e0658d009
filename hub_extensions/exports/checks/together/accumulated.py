"""How much a project asks for in a week, taken together: no table may be too many, all of them may be.

Each small table alone is harmless; many are a data set in slices. So beyond what the rules allow in a week a person
judges them side by side. A table that was asked for before counts once.
"""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256

from hub_extensions.exports.checks.findings import Finding, flag
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.tables.cells import Kind
from hub_extensions.exports.checks.tables.grid import Grid
from hub_extensions.exports.checks.tables.settling import table_of
from hub_extensions.exports.checks.tables.words import Role
from hub_extensions.exports.checks.together.past import PastFile

WEEK = 7 * 86_400.0


class _Week:
    """The tables of a week: files that show one not seen before, and the numbers in them."""

    def __init__(self) -> None:
        self.files = self.cells = 0
        self._seen: set[bytes] = set()

    def add(self, grids: Sequence[Grid]) -> bool:
        """Count a file. Return whether it shows something new."""
        shown = {_digest(grid): grid for grid in grids}
        fresh = {seen: count for seen, grid in shown.items() if seen not in self._seen and (count := _numbers(grid))}
        self._seen |= set(fresh)
        self.files += bool(fresh)
        self.cells += sum(fresh.values())
        return bool(fresh)


def check_accumulated(
    past: Sequence[PastFile], leaving: Mapping[int, Sequence[Grid]], policy: Policy, now: float
) -> Iterator[tuple[int, Finding]]:
    """Yield (file, finding) for each file of a request with which a week's tables are more than the rules allow.

    Args:
        past: what left, or waits to, with the moment of asking.
        leaving: the tables of the files of the request, by their places.
        policy: the rules.
        now: the moment of asking, in seconds since 1970.
    """
    week = _Week()
    for file in past:
        if now - WEEK <= file.asked:
            week.add(file.grids)
    for index, grids in sorted(leaving.items()):
        alone = not week.files
        much = week.add(grids) and (week.files > policy.max_week_files or week.cells > policy.max_week_cells)
        if much and not alone:
            yield index, _too_much(week, policy)


def _numbers(grid: Grid) -> int:
    values = [column.index for column in table_of(grid).columns if column.role is not Role.DIMENSION]
    return sum(cells[index].kind is Kind.NUMBER for cells in grid.cells for index in values)


def _digest(grid: Grid) -> bytes:
    return sha256(repr((grid.header, grid.rows)).encode()).digest()


def _too_much(week: _Week, policy: Policy) -> Finding:
    return flag(
        "accumulation.week",
        f"{week.files} · {week.cells}",
        f"Avec ce fichier le projet aurait demandé {week.files} fichiers et {week.cells} nombres en 7 jours (règle : "
        f"{policy.max_week_files} et {policy.max_week_cells}) : à juger ensemble.",
        f"With this file the project would have asked for {week.files} files and {week.cells} numbers in 7 days (rule: "
        f"{policy.max_week_files} and {policy.max_week_cells}): to be judged together.",
    )
