"""Crossed listings: SAS's ``PROC FREQ``, R's ``CrossTable`` and Stata's ``tabulate, row`` print a count in each cell and
shares below it.

The lines of shares bear no label, so that a reader of lines takes them for rows of their own and the counts for none.
"""  # noqa: E501

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

#: What draws the lines of a listing where it isn't bars and dashes (SAS's own characters, boxes).
_DRAWN = str.maketrans({"‚": "|", "ƒ": "-", "ˆ": "+", "│": "|", "─": "-", "┼": "+", "║": "|", "═": "="})
_RULE = re.compile(r"\s*[-+=|]{5}[-+=| ]*")
_WHOLE = re.compile(r"\d{1,3}(?:[ \u00a0\u202f,]\d{3})+|\d{1,9}")
_NUMBER = re.compile(r"-?[\d.,]{1,20}%?|\.")
#: SAS without bars: cells parted by commas below « Frequency, ».
_COMMAS = re.compile(r"^[^\S\n]*(?:Frequency|Fréquence|Effectif)[^\S\n]*,", re.MULTILINE | re.IGNORECASE)
#: Names of the statistics of a cell, which stand where the name of the rows would.
_STATISTIC = re.compile(
    r"(?:frequency|fréquence|percent|pourcentage|pctage|(?:row|col|tot)\w*\s+p\w+|expected|deviation|cell chi.*)",
    re.IGNORECASE,
)


@dataclass
class _Listing:
    """The lines of one listing, as they are met."""

    first: int
    names: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    stacked: bool = False
    ruled: bool = False
    last: int = 0

    def take(self, label: str, values: Sequence[str]) -> None:
        """Add a line: of counts, of what stands below them, or of names."""
        numbers = bool(values) and all(_NUMBER.fullmatch(value) or _WHOLE.fullmatch(value) for value in values)
        if label and numbers and self.ruled and all(_WHOLE.fullmatch(value) for value in values):
            self.rows.append([label, *values])
        elif not label and numbers and self.rows:
            self.stacked = True
        elif values and not self.rows:
            self.names = ["" if _STATISTIC.fullmatch(label) else label, *values]

    @property
    def table(self) -> list[list[str]] | None:
        """The counts with their names; ``None`` when the lines are no listing."""
        wide = max((len(row) for row in self.rows), default=0)
        rows = [row for row in self.rows if len(row) == wide]
        if not self.stacked or wide < 2 or len(self.names) < 2:
            return None
        names = self.names if len(self.names) == wide else [*self.names, *["Total"] * wide][:wide]
        return [names, *rows]


def _cells(line: str, bar: str) -> tuple[str, list[str]] | None:
    """Return the label and the values of a line that bars part; ``None`` for any other."""
    if line.count(bar) < 2 and not (bar == "|" and line.count(bar) == 1):
        return None
    label, *parts = line.split(bar)
    values = [value for part in parts for value in re.split(r"\s{2,}", part.strip()) if value]
    return label.strip(), values


def crossed_tables(text: str) -> Iterator[tuple[int, int, list[list[str]]]]:
    """Yield the crossed listings of *text*: first line, line after the last (both from 0), and the counts with their
    header."""
    bar = "," if _COMMAS.search(text) else "|"
    if bar not in text.translate(_DRAWN):
        return
    listing: _Listing | None = None
    for number, line in enumerate([*text.translate(_DRAWN).splitlines(), ""]):
        cells = _cells(line, bar)
        ruled = bool(_RULE.fullmatch(line))
        if cells is None and not ruled:
            if listing is not None and (rows := listing.table) is not None:
                total = _total(line, len(rows[0]))
                yield listing.first, number + bool(total), [*rows, *total]
            listing = None
            continue
        listing = listing or _Listing(number)
        if ruled:
            listing.ruled = True
        elif cells is not None:
            listing.take(*cells)


def _total(line: str, wide: int) -> list[list[str]]:
    """Return the row of totals that stands without bars below a listing."""
    cells = re.split(r"\s{2,}", line.strip())
    return [cells] if len(cells) == wide and all(_WHOLE.fullmatch(cell) for cell in cells[1:]) else []
