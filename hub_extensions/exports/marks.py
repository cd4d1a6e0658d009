"""Where a finding points: the line and column that the checks name, so that a page can light the very cell.

The checks write places as people do ("ligne 3, patients", "Feuil1 · ligne 3, patients", or a spreadsheet's "B3").
"""

import re
from dataclasses import dataclass

_LINE = re.compile(r"(?:^|· )ligne (?P<line>\d+)(?:, (?P<column>.+))?$")
_CELL = re.compile(r"(?:^|[!·] ?)(?P<letters>[A-Z]{1,3})(?P<line>\d+)$")
_NUMBERED = re.compile(r"colonne (\d+)")


@dataclass(frozen=True)
class Mark:
    """A cell: *line* of the file from 1; the column by *name*, or by *number* from 1; neither means the whole line."""

    line: int
    name: str | None = None
    number: int | None = None


def mark_of(where: str) -> Mark | None:
    """Return the cell that *where* names, None when it names something else."""
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


def marked_cells(wheres: list[str], header: list[str]) -> set[tuple[int, int | None]]:
    """Return (line, column from 0 or None for the whole line) of every place named in *wheres*."""
    cells: set[tuple[int, int | None]] = set()
    for where in wheres:
        mark = mark_of(where)
        if mark is None:
            continue
        column = None if mark.number is None else mark.number - 1
        if mark.name is not None:
            column = header.index(mark.name) if mark.name in header else None
        cells.add((mark.line, column))
    return cells
