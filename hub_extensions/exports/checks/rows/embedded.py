"""Rows inside something else: a comment, a property, a cell, a printed page. The carrier changes, the rows do not.

Every inspector hands over what its format lets an author write where no reader looks; one rule judges it all.
"""

import re
from collections.abc import Iterator, Sequence

from hub_extensions.exports.checks.findings import Finding, Severity, block
from hub_extensions.exports.checks.prose.freetext import tables_in_text
from hub_extensions.exports.checks.rows.rowshape import check_row_level
from hub_extensions.exports.checks.tables.grid import Grid
from hub_extensions.exports.checks.tables.settling import table_of

#: Lines of a table in a hidden text: fewer are an address, a version, a date.
FEWEST_HIDDEN = 3
#: Cells cut alike before they are taken for rows written in one column.
FEWEST_CELLS = 5
#: Numbers in one cell above which it is data and no label.
MOST_NUMBERS = 24


def unfolded(text: str) -> str:
    """Return *text* with rows on lines of their own, whatever parted them."""
    text = text.replace("\\n", "\n").replace("\r", "\n")
    if text.count("\n") < FEWEST_HIDDEN and text.count(";") >= FEWEST_HIDDEN and text.count(",") > text.count(";"):
        return text.replace(";", "\n")
    if text.count("\n") < FEWEST_HIDDEN and text.count(",") > 2 * text.count(" ") >= 2 * FEWEST_HIDDEN:
        return text.replace(" ", "\n")
    return text


def _printable(data: bytes) -> str:
    return "".join(chr(c) if 32 <= c < 127 or c == 10 else " " for c in data)


def check_hidden(text: str | bytes, where: str) -> Iterator[Finding]:
    """Yield a block when a part that no reader sees holds a table."""
    if isinstance(text, bytes):
        text = _printable(text)
    if any(len(grid.rows) >= FEWEST_HIDDEN for grid in tables_in_text(unfolded(text))):
        yield block(
            "content.hidden_rows",
            where,
            "Une partie que le lecteur ne voit pas contient un tableau : supprimez-la.",
            "A part that no reader sees holds a table: delete it.",
        )


def check_visible(text: str, where: str) -> Iterator[Finding]:
    """Yield rows of persons in a text that a reader sees."""
    for grid in tables_in_text(unfolded(text), where):
        yield from individual(grid)


def individual(grid: Grid) -> Iterator[Finding]:
    """Yield a block when the rows of a table are surely persons."""
    return (found for found in check_row_level(table_of(grid)) if found.severity is Severity.BLOCK)


def check_packed(grid: Grid) -> Iterator[Finding]:
    """Yield rows that stand in one cell each, and single cells that hold a whole table."""
    cells = [cell for row in grid.rows for cell in row if len(cell) > 8]
    for separator in ("|", ";", "\t", ",", "/", " "):
        packed = [cell.split(separator) for cell in cells if cell.count(separator) >= 3]
        if len(packed) < FEWEST_CELLS or len({len(parts) for parts in packed}) > 1:
            continue
        numbers = sum(bool(re.fullmatch(r"\s*[-+]?\d[\d.,:-]*\s*", part)) for parts in packed for part in parts)
        if numbers * 3 >= sum(map(len, packed)) and _differ(packed):
            yield _packed(grid.where, "lignes écrites dans une colonne", "rows written in one column")
            return
    for cell in cells:
        if len(re.findall(r"\d+(?:[.,]\d+)?", cell)) > MOST_NUMBERS:
            yield _packed(grid.where, "tableau écrit dans une case", "a table written in a cell")
            return


def _differ(packed: Sequence[Sequence[str]]) -> bool:
    return len({tuple(parts) for parts in packed}) > 0.8 * len(packed)


def _packed(where: str, fr: str, en: str) -> Finding:
    said = fr.capitalize()
    return block("rows.packed", where or fr, f"{said} : séparez les cases.", f"{en.capitalize()}: part the cells.")


def turned(grid: Grid) -> Grid | None:
    """Return a table that is much wider than long with its rows as columns, or ``None`` when it is not."""
    if len(grid.rows) < 2 or len(grid.header) < 3 * (len(grid.rows) + 1):
        return None
    numbers = sum(cell[:1].isdigit() for cell in grid.header[1:])
    values = numbers * 2 > len(grid.header) and grid.has_header
    matrix = [*([list(grid.header)] if values else []), *map(list, grid.rows)]
    named = len({row[0] for row in matrix}) == len(matrix) and not any(re.match(r"\d", row[0]) for row in matrix)
    lines = [list(line) for line in zip(*matrix, strict=False)][1:]
    return Grid(grid.where, tuple(row[0] for row in matrix), tuple(map(tuple, lines))) if named else None


def check_turned(grid: Grid) -> Iterator[Finding]:
    """Yield rows of persons that stand in columns."""
    other = turned(grid)
    if other is not None:
        yield from individual(other)
