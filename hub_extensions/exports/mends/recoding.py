"""The other mends of a table: rounding, merging classes, taking out extremes and identifying columns."""

import re
from collections.abc import Mapping, Sequence

from hub_extensions.exports.checks.findings import Severity
from hub_extensions.exports.checks.identifiers import check_columns, check_headers
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.tables.cells import Kind, plain
from hub_extensions.exports.checks.tables.counts import count_cells
from hub_extensions.exports.checks.tables.grid import Grid
from hub_extensions.exports.checks.tables.roles import COUNTS, EXTREMES, Column
from hub_extensions.exports.checks.tables.words import Role, is_total
from hub_extensions.exports.mends.suppressing import small_cells
from hub_extensions.exports.mends.tables import Draft
from project_spaces.text import Text

_ADDED = COUNTS | {Role.SUM}


def rounded(draft: Draft, base: int, policy: Policy) -> tuple[Draft, Text] | None:
    """Mask small counts, round all others to *base*, totals too, and drop what exact numbers gave (shares, means)."""
    table = draft.table
    small = small_cells(table, policy)
    cells = {(row, column.index): cell for row, column, cell in count_cells(table) if cell.kind is Kind.NUMBER}
    if not cells:
        return None
    least = policy.min_persons + base // 2
    rows = [list(row) for row in draft.grid.rows]
    for (row, column), cell in cells.items():
        nearest = base * int((cell.value + base / 2) // base)
        hidden = (row, column) in small or 0 < nearest < least
        rows[row][column] = f"< {-(-least // base) * base}" if hidden else str(nearest)
    made = draft.with_rows(rows).renamed({column for _, column in cells}, f"(arrondi à {base})")
    derived = [column.index for column in table.of(Role.PERCENT, Role.MEAN, Role.STD, Role.SUM, Role.QUANTILE)]
    return made.without(derived), Text(
        f"Effectifs arrondis à {base}, les plus petits masqués ; parts et moyennes retirées ({len(derived)} colonnes).",
        f"Counts rounded to {base}, the smallest suppressed; shares and means removed ({len(derived)} columns).",
    )


def merged(draft: Draft, policy: Policy) -> tuple[Draft, Text, Mapping[str, Mapping[str, list[str]]]] | None:
    """Merge neighbouring classes of one dimension until no count is small; shares are dropped.

    The dimension with the most classes is merged, everywhere alike, so that the table stays a product.
    """
    table = draft.table
    if not table.dimensions or not small_cells(table, policy):
        return None
    at = max(table.dimensions, key=lambda column: len({row[column.index] for row in draft.grid.rows})).index
    groups: list[list[str]] = [
        [label] for label in dict.fromkeys(row[at] for row in draft.grid.rows) if not is_total(label)
    ]
    kept = [column for column in table.columns if column.role in _ADDED or column.role is Role.DIMENSION]
    dropped = [column.index for column in table.columns if column not in kept]
    while len(groups) >= 2:
        made = _summed(draft, at, groups, kept)
        small = {made.grid.rows[row][at] for row, _ in small_cells(made.table, policy)}
        place = next((number for number, group in enumerate(groups) if " + ".join(group) in small), None)
        if place is None:
            return (
                made.without(dropped),
                _merged_note(groups),
                {draft.grid.header[at]: {" + ".join(group): group for group in groups if len(group) > 1}},
            )
        other = place - 1 if place == len(groups) - 1 else place + 1
        first, last = sorted((place, other))
        groups[first : last + 1] = [groups[first] + groups[last]]
    return None  # one class is left: the dimension itself tells too much


def _merged_note(groups: Sequence[Sequence[str]]) -> Text:
    names = "; ".join(" + ".join(group) for group in groups if len(group) > 1)
    return Text(f"Classes regroupées : {names}.", f"Classes merged: {names}.")


def _summed(draft: Draft, at: int, groups: Sequence[Sequence[str]], kept: Sequence[Column]) -> Draft:
    """Return the table with each group as one class; counts and sums are added."""
    name = {label: " + ".join(group) for group in groups for label in group}
    labels = [column.index for column in kept if column.role is Role.DIMENSION]
    added = [column.index for column in kept if column.role in _ADDED]
    lines: dict[tuple[str, ...], list[str]] = {}
    for number, row in enumerate(draft.grid.rows):
        line = [name.get(cell, cell) if column == at else cell for column, cell in enumerate(row)]
        key = tuple(line[column] for column in labels)
        if key not in lines:
            lines[key] = line
            continue
        for column in added:
            one, other = draft.grid.cells[number][column], lines[key][column]
            lines[key][column] = _plus(other, one.text) if one.kind is Kind.NUMBER else one.text
    return draft.with_rows(list(lines.values()))


def _plus(one: str, other: str) -> str:
    numbers = [re.sub(r"\s", "", text).replace(",", ".") for text in (one, other)]
    try:
        total = sum(float(number) for number in numbers)
    except ValueError:
        return one  # a masked part masks the whole
    return str(int(total)) if total == int(total) else str(total)


def trimmed(draft: Draft) -> tuple[Draft, Text] | None:
    """Take out minima, maxima and extreme quantiles: columns, and rows of ``describe()``."""
    table = draft.table
    columns = [column.index for column in table.of(*EXTREMES)]
    rows = [number for number, role in table.row_roles.items() if role in EXTREMES]
    if not columns and not rows:
        return None
    made = draft.with_rows([row for number, row in enumerate(draft.grid.rows) if number not in rows]).without(columns)
    return made, Text("Minimums et maximums retirés.", "Minima and maxima removed.")


def without_identifiers(draft: Draft) -> tuple[Draft, Text] | None:
    """Take out the columns that the checks call identifying."""
    grid = draft.grid
    dropped = [index for index in range(len(grid.header)) if _identifies(grid, index)]
    if not dropped or len(dropped) == len(grid.header):
        return None
    names = ", ".join(plain(grid.header[index]) for index in dropped)
    return draft.without(dropped), Text(f"Colonnes retirées : {names}.", f"Columns removed: {names}.")


def _identifies(grid: Grid, index: int) -> bool:
    header = (grid.header[index],)
    alone = Grid("", header, tuple((row[index],) for row in grid.rows), has_header=grid.has_header)
    found = [*check_headers(header if grid.has_header else (), ""), *check_columns(alone)]
    return any(finding.severity is Severity.BLOCK for finding in found)
