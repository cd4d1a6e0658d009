"""Where a finding points: the line and column that the checks name, so that a page can light the very cell.

The checks write places as people do ("ligne 3, patients", "Feuil1 · ligne 3, patients", or a spreadsheet's "B3").
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_LINE = re.compile(r"(?:^|· )ligne (?P<line>\d+)(?:, (?P<column>.+))?$")
_CELL = re.compile(r"(?:^|[!·] ?)(?P<letters>[A-Z]{1,3})(?P<line>\d+)$")
_NUMBERED = re.compile(r"colonne (\d+)")
#: « and so many others like it », behind the first place.
_MORE = re.compile(r" \(\+\d+\)$")


@dataclass(frozen=True)
class Mark:
    """A cell: *line* of the file from 1; the column by *name*, or by *number* from 1; neither means the whole line."""

    line: int
    name: str | None = None
    number: int | None = None


def mark_of(where: str) -> Mark | None:
    """Return the cell that *where* names, None when it names something else."""
    where = _MORE.sub("", where)
    if found := _LINE.search(where):
        name = found["column"]
        numbered = _NUMBERED.fullmatch(name) if name else None
        return Mark(int(found["line"]), None if numbered else name, int(numbered[1]) if numbered else None)
    if found := _CELL.search(where):
        number = 0
        for letter in found["letters"]:
            number = number * 26 + ord(letter) - 64
        return Mark(int(found["line"]), number=number)
    return None


def english(where: str) -> str:
    """Return *where* for an English reader."""
    return where.replace("ligne ", "line ").replace("lignes", "lines").replace("colonne ", "column ")


Rows = Sequence[Sequence[str]]


def header_of(rows: Rows) -> int:
    """Return the place of the header, from 0: titles and notes, alone in their lines, stand above it."""
    wide = (at for at, row in enumerate(rows) if sum(1 for cell in row if cell.strip()) > 1)
    return next(wide, 0)


def marked_cells(wheres: Iterable[str], rows: Rows) -> set[tuple[int, int | None]]:
    """Return (line, column from 0 or None for the whole line) of every place named in *wheres* of the table *rows*."""
    return {cell for where in wheres for cell in _cells_of(where, rows)}


def marked_lines(wheres: Iterable[str]) -> frozenset[int]:
    """Return the lines of a text that *wheres* name."""
    return frozenset(mark.line for where in wheres if (mark := mark_of(where)) is not None)


def _cells_of(where: str, rows: Rows) -> Iterator[tuple[int, int | None]]:
    mark = mark_of(where)
    if mark is None:
        yield from _named(where, rows)
        return
    start = _start_of_sheet(where, rows)
    column = None if mark.number is None else mark.number - 1
    if mark.name is not None:
        column = _column(mark.name, rows[start : start + mark.line - 1])
    yield start + mark.line, column


def _start_of_sheet(where: str, rows: Rows) -> int:
    """Lines of a sheet are its own; several sheets stand below one another, each under its name alone on a line."""
    sheet = where.rpartition(" · ")[0] or where.rpartition("!")[0]
    for number, row in enumerate(rows, 1):
        if sheet and [cell for cell in row if cell] == [sheet]:
            return number
    return 0


def _column(name: str, above: Rows) -> int | None:
    """The nearest line above a cell that holds *name* says which column is meant."""
    for row in reversed(above):
        if name in row:
            return list(row).index(name)
    return None


def _named(where: str, rows: Rows) -> Iterator[tuple[int, int | None]]:
    """A column by its name, or a cell by its labels: « hommes ; département 92 »."""
    top = header_of(rows)
    header = [str(cell) for cell in rows[top]] if rows else []
    if where in header:
        yield top + 1, header.index(where)
        return
    column, labels = None, {}
    for part in where.split(" ; "):
        if part in header:
            column = header.index(part)
            continue
        found = next((name for name in header if name and part.startswith(f"{name} ")), None)
        if found is None:
            return
        labels[header.index(found)] = part.removeprefix(f"{found} ").removeprefix("= ")
    for line, row in enumerate(rows[top + 1 :], top + 2):
        if labels and all(at < len(row) and row[at] == label for at, label in labels.items()):
            yield line, column
