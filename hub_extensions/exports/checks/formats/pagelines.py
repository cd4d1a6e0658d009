"""The tables of a page as a reader sees them: a PDF places each word by itself and knows no line and no table.

Words at one height are a line; wide gaps between them part cells; lines below one another that are cut alike are a
table.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks.prose.freetext import FEWEST_LINES, tables_in_text
from hub_extensions.exports.checks.tables.grid import Grid, grids_from_matrix

#: Pages read at most, and pieces of text of one page.
MOST_PAGES, MOST_PIECES = 200, 20_000
#: Gap between two pieces of a line, in heights of the text, above which they are two cells.
CELL_GAP = 0.9
#: Share of the height of the text by which the pieces of one line may lie apart.
SAME_LINE = 0.5


@dataclass(frozen=True)
class _Piece:
    """A run of text and where it stands, in points."""

    text: str
    left: float
    bottom: float
    right: float
    top: float

    @property
    def height(self) -> float:
        """How high its letters are."""
        return self.top - self.bottom

    def is_beside(self, other: "_Piece") -> bool:
        """Whether both stand on one line."""
        apart = abs(self.top + self.bottom - other.top - other.bottom) / 2
        return apart <= SAME_LINE * max(self.height, other.height)


def _pieces(page: Any) -> list[_Piece]:
    text = page.get_textpage()
    boxes = [text.get_rect(number) for number in range(min(text.count_rects(), MOST_PIECES))]
    pieces = [_Piece(text.get_text_bounded(*box).strip(), *box) for box in boxes]
    return sorted((piece for piece in pieces if piece.text), key=lambda piece: -piece.top - piece.bottom)


def _lines(pieces: Sequence[_Piece]) -> list[list[str]]:
    """Return the lines of a page from top to bottom, each cut in its cells."""
    rows: list[list[_Piece]] = []
    for piece in pieces:
        if rows and rows[-1][0].is_beside(piece):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [_cells(sorted(row, key=lambda piece: piece.left)) for row in rows]


def _cells(row: Sequence[_Piece]) -> list[str]:
    cells, end = [row[0].text], row[0].right
    for piece in row[1:]:
        if piece.left - end > CELL_GAP * piece.height:
            cells.append(piece.text)
        else:
            cells[-1] += f" {piece.text}"
        end = max(end, piece.right)
    return cells


def _tables(lines: Sequence[list[str]], where: str) -> Iterator[Grid]:
    for width, alike in groupby(lines, key=len):
        rows = list(alike)
        digits = sum(1 for row in rows if any(re.search(r"\d", cell) for cell in row))
        if width > 1 and len(rows) >= FEWEST_LINES and digits >= len(rows) - 1:
            yield from grids_from_matrix(where, rows)


def tables_of_pages(path: Path, said: str) -> list[Grid]:
    """Return the tables of a PDF whose columns have names (a list of contents has none).

    Args:
        path: the document.
        said: its text as it was written, in which a line of one piece may hold columns two spaces apart.
    """
    import pypdfium2

    found: list[Grid] = tables_in_text(said) if re.search(r"\S {2,}\S", said) else []
    try:
        with pypdfium2.PdfDocument(path) as document:
            for number in range(min(len(document), MOST_PAGES)):
                found += _tables(_lines(_pieces(document[number])), f"page {number + 1}")
    except (pypdfium2.PdfiumError, ValueError):
        return [grid for grid in found if grid.has_header]
    return [grid for grid in found if grid.has_header]
