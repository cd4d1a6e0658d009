"""The columns of what would leave, read as values that a project's table may hold: texts, intervals of numbers, days.

A number shown with two digits stands for every number that rounds to it, a date for itself and the days beside it.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from hub_extensions.exports.checks.tables.cells import Cell, Kind, parse_cell

#: Days by which a date may have been moved.
MOVED = 1
#: Digits under which no number is taken for exact: who hides rounds to two.
FEWEST_DIGITS = 2
_ISO = re.compile(r"^\s*((?:19|20)\d{2})[-/.]?(\d{2})[-/.]?(\d{2})")
_FRENCH = re.compile(r"^\s*(\d{1,2})[/.\-](\d{1,2})[/.\-]((?:19|20)\d{2})")
_TRUTH = {"true": 1.0, "vrai": 1.0, "false": 0.0, "faux": 0.0}

Interval = tuple[float, float]


@dataclass(frozen=True)
class Values:
    """One column of the export: for each sampled row its text, and its number or day when it has one."""

    index: int
    texts: tuple[str, ...]
    cells: tuple[Cell, ...]
    digits: int

    @cached_property
    def empty(self) -> list[bool]:
        """Which cells say nothing."""
        return [cell.kind in {Kind.EMPTY, Kind.MASKED} for cell in self.cells]

    @cached_property
    def days(self) -> list[Interval | None]:
        """The days that each cell may stand for, ``None`` where it is no date."""
        days = [day_of(text) for text in self.texts]
        return [None if day is None else (day - MOVED, day + MOVED) for day in days]

    @cached_property
    def numbers(self) -> list[Interval | None]:
        """The numbers that each cell may stand for, ``None`` where it is no number."""
        return [self.interval(row) for row in range(len(self.texts))]

    def interval(self, row: int) -> Interval | None:
        """Return the numbers that the shown digits of one cell may stand for."""
        cell = self.cells[row]
        if cell.kind is not Kind.NUMBER:
            truth = _TRUTH.get(self.texts[row].casefold())
            return None if truth is None else (truth, truth)
        if cell.value == 0:
            return -1e-9, 1e-9
        quantum = 10.0 ** (math.floor(math.log10(abs(cell.value))) - self.digits + 1)
        half = max(0.5 * quantum, 0.0 if cell.is_whole else abs(cell.value) * 1e-7) * (1 + 1e-9)
        return cell.value - half, cell.value + half


def day_of(text: str) -> int | None:
    """Return the days since 1970-01-01 of a date written as in ISO 8601, ``YYYYMMDD`` or ``DD/MM/YYYY``."""
    found = _ISO.match(text)
    parts = found.groups() if found else None
    if parts is None:
        french = _FRENCH.match(text)
        parts = (french.group(3), french.group(2), french.group(1)) if french else None
    if parts is None:
        return None
    try:
        return (date(int(parts[0]), int(parts[1]), int(parts[2])) - date(1970, 1, 1)).days
    except ValueError:
        return None


def _significant(cell: Cell) -> int:
    digits = re.sub(r"[^0-9]", "", cell.text.lower().split("e")[0].replace("−", "-")).lstrip("0")
    return max(1, len(digits.rstrip("0")))


def columns_of(rows: Sequence[Sequence[str]]) -> list[Values]:
    """Return the columns of the sampled rows."""
    width = max((len(row) for row in rows), default=0)
    found = []
    for index in range(width):
        texts = tuple(row[index].strip() if index < len(row) else "" for row in rows)
        cells = tuple(parse_cell(text) for text in texts)
        shown = [_significant(cell) for cell in cells if cell.kind is Kind.NUMBER]
        found.append(Values(index, texts, cells, max([FEWEST_DIGITS, *shown])))
    return found


def sampled(rows: Sequence[Sequence[str]], most: int) -> list[Sequence[str]]:
    """Return at most *most* rows, evenly spread, of those with the fewest masked cells."""
    masked = [sum(parse_cell(text).kind is Kind.MASKED for text in row) for row in rows]
    usual = sorted(masked)[min(len(masked), most) - 1] if masked else 0
    clear = [row for row, times in zip(rows, masked, strict=True) if times <= usual]
    step = max(1, len(clear) // most)
    return clear[::step][:most]
