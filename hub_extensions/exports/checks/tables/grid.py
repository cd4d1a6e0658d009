"""A rectangle of text with its header and its notes, whatever file it came from.

Every inspector (CSV, workbook, notebook, page, JSON, Parquet) ends here, so that one set of table rules serves all.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from hub_extensions.exports.checks.tables.cells import Cell, Kind, parse_cell, plain
from hub_extensions.exports.checks.tables.words import DIMENSION_WORDS, Role, role_of_header

Matrix = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Grid:
    """One table. ``where`` names it inside its file; ``notes`` are titles and footnotes, which may hold ``n = 1
    204``."""

    where: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    has_header: bool = True
    first_row: int = field(default=1, compare=False)

    @cached_property
    def cells(self) -> tuple[tuple[Cell, ...], ...]:
        """The parsed cells, row by row, as wide as the header."""
        width = len(self.header)
        english = {c for c in range(width) if self._english(c)}
        return tuple(
            tuple(
                parse_cell((row[c].replace(",", "") if c in english else row[c]) if c < len(row) else "")
                for c in range(width)
            )
            for row in self.rows
        )

    def _english(self, column: int) -> bool:
        """Whether commas part thousands in a column: it counts, and no comma has other than three digits behind."""
        texts = [row[column].split("(")[0].strip() for row in self.rows if column < len(row)]
        texts = [text for text in texts if "," in text]
        counts = self.has_header and role_of_header(self.header[column]) is Role.COUNT
        return counts and bool(texts) and all(re.fullmatch(r"\d{1,3}(?:,\d{3})+", text) for text in texts)

    def column(self, index: int) -> tuple[Cell, ...]:
        """Return the parsed cells of one column."""
        return tuple(row[index] for row in self.cells)

    def place(self, row: int, column: int) -> str:
        """Return where a cell is, as a person counts: the line of the file and the name of the column."""
        name = self.header[column] if self.has_header and self.header[column] else f"colonne {column + 1}"
        prefix = f"{self.where} · " if self.where else ""
        return f"{prefix}ligne {self.first_row + row}, {name}"


def _filled(row: Sequence[str]) -> int:
    return sum(1 for cell in row if cell.strip())


#: The ends of an interval, as R names them: they look like shares and are names.
_BOUND = re.compile(r"(?:0[.,]5|2[.,]5|5|95|97[.,]5|99[.,]5)\s?%")


def _name(text: str) -> Cell:
    return Cell(Kind.LABEL, text) if _BOUND.fullmatch(text.strip()) else parse_cell(text)


def _is_header(rows: Matrix) -> bool:
    """Whether the first row names columns: words above values, or years and codes beside the name of a dimension."""
    first = [_name(text) for text in rows[0]]
    named = [cell for cell in first if cell.kind is not Kind.EMPTY]
    words = sum(1 for cell in named if cell.kind is Kind.LABEL)
    others = [cell for cell in named if cell.kind in {Kind.NUMBER, Kind.DATE}]
    if not named or any(cell.kind is Kind.DATE for cell in others):
        return False
    if not others:
        below = [parse_cell(text).kind for row in rows[1:20] for text in row]
        return len(rows) == 1 or Kind.NUMBER in below or Kind.MASKED in below or _known(rows[0])
    corner = plain(rows[0][0])
    named_again = len(rows) > 1 and all(parse_cell(text).kind in {Kind.LABEL, Kind.EMPTY} for text in rows[1])
    distinct = len({cell.value for cell in others}) == len(others) or named_again
    codes = all(cell.is_whole for cell in others) and distinct
    years = all(1900 <= cell.value <= 2100 for cell in others)
    named_corner = not corner or bool(set(corner.split("_")) & DIMENSION_WORDS)
    return (codes and (years or named_corner)) or (words > len(others) and _known(rows[0]))


def _known(row: Sequence[str]) -> bool:
    return any(role_of_header(text) is not None or set(plain(text).split("_")) & DIMENSION_WORDS for text in row)


def _merge_headers(first: Sequence[str], second: Sequence[str]) -> list[str]:
    carried, merged = "", []
    for above, below in zip(first, second, strict=False):
        carried = above.strip() or carried
        merged.append(" ".join(part for part in (carried, below.strip()) if part))
    return merged


#: A quantile by its rank, among other names of statistics.
_CENTILE = re.compile(r"\d{1,2}(?:[.,]\d)?\s?%")
#: Levels of names that stand above one another.
MOST_LEVELS = 5


def _still_names(rows: Matrix, at: int, names: Sequence[str]) -> bool:
    """Whether row *at* still names columns, as pandas writes several levels: *names* are those found above it."""
    if len(rows) < at + 2:
        return False
    row = [Cell(Kind.LABEL, text) if _CENTILE.fullmatch(text.strip()) else parse_cell(text) for text in rows[at]]
    named = [number for number, cell in enumerate(row) if cell.kind is not Kind.EMPTY]
    below = {parse_cell(text).kind for line in rows[at + 1 : at + 1 + MOST_LEVELS] for text in line[1:]}
    if not named or not (Kind.NUMBER in below or Kind.MASKED in below):
        return False
    words = all(row[number].kind is Kind.LABEL for number in named)
    words = words and any(not _CENTILE.fullmatch(rows[at][number].strip()) for number in named)
    if words and _index_alone(rows, at, named):
        return True
    carried = [name for name in _merge_headers(names, [""] * len(names))[1:] if name]
    repeated = len(set(carried)) < len(carried)
    return repeated and len(named) * 2 > len(carried) and (words or _codes_between_words(row, named))


def _index_alone(rows: Matrix, at: int, named: Sequence[int]) -> bool:
    """Whether a row names the columns of labels and no other: they have no name yet, or it is the first alone."""
    wide = len(rows[at])
    unnamed = all(not rows[above][number].strip() for above in range(at) for number in named)
    leading = list(named) == list(range(len(named)))
    return wide > len(named) and ((len(named) == 1 and named[0] == 0 and wide > 2) or (leading and unnamed))


def _codes_between_words(row: Sequence[Cell], named: Sequence[int]) -> bool:
    """Whether years, or codes among words, name columns below a level of groups; the labels of the rows have none."""
    numbers = [row[number] for number in named if row[number].kind is Kind.NUMBER]
    words = len(named) - len(numbers)
    years = all(1900 <= cell.value <= 2100 for cell in numbers)
    return row[0].kind is not Kind.NUMBER and all(cell.is_whole for cell in numbers) and (years or words > len(numbers))


def _is_note(text: str) -> bool:
    """Whether a lone cell below a narrow table is a footnote and not a label whose value is missing."""
    return (
        len(text) > 30 or "=" in text or bool(re.match(r"\s*(?:source|note|champ|lecture|n\s*:)", text, re.IGNORECASE))
    )


def _one_grid(where: str, rows: list[list[str]], first_row: int) -> Grid | None:
    width = max(len(row) for row in rows)
    notes = []
    while rows and width > 1 and _filled(rows[0]) <= 1 and len(rows) > 1:
        notes.append(" ".join(cell for cell in rows[0] if cell.strip()))
        rows, first_row = rows[1:], first_row + 1
    while len(rows) > 2 and _filled(rows[-1]) == 1 and (width > 2 or _is_note(rows[-1][0])) and rows[-1][0].strip():
        notes.append(rows[-1][0])
        rows = rows[:-1]
    if not rows:
        return None
    rows = [row + [""] * (width - len(row)) for row in rows]
    if not _is_header(rows):
        header = tuple(f"c{index + 1}" for index in range(width))
        return Grid(
            where, header, tuple(tuple(row) for row in rows), tuple(notes), has_header=False, first_row=first_row
        )
    header, skipped = list(rows[0]), 1
    while skipped < MOST_LEVELS and _still_names(rows, skipped, header):
        header, skipped = _merge_headers(header, rows[skipped]), skipped + 1
    body = rows[skipped:]
    names = tuple(text.strip().lstrip("\ufeff") for text in header)
    return Grid(where, names, tuple(tuple(row) for row in body), tuple(notes), first_row=first_row + skipped)


def grids_from_matrix(where: str, matrix: Matrix, first_row: int = 1) -> list[Grid]:
    """Return the tables of *matrix*: blank rows part them, lone cells above and below are notes.

    Args:
        where: name of the sheet or part, empty for a file that is one table.
        matrix: rows of text, of any width.
        first_row: number of the first row, as a person counts.
    """
    blocks: list[tuple[int, list[list[str]]]] = []
    open_block = False
    for number, row in enumerate(matrix, start=first_row):
        if not _filled(row):
            open_block = False
            continue
        if not open_block:
            blocks.append((number, []))
            open_block = True
        blocks[-1][1].append(list(row))
    return [grid for number, rows in _joined(blocks) if (grid := _one_grid(where, rows, number)) is not None]


def _joined(blocks: list[tuple[int, list[list[str]]]]) -> list[tuple[int, list[list[str]]]]:
    """Give a title that stands alone above a blank line to the table below it, and a footnote to the one above."""
    joined: list[tuple[int, list[list[str]]]] = []
    titles: list[list[str]] = []
    for number, rows in blocks:
        alone = (
            len(rows) <= 3
            and all(_filled(row) == 1 for row in rows)
            and max(map(len, rows)) <= 1 + (len(rows[0]) > 1) * 99
        )
        if alone and len(blocks) > 1:
            target = joined[-1][1] if joined else titles
            target.extend(rows)
            continue
        joined.append((number - len(titles), [*titles, *rows]))
        titles = []
    if titles:
        joined.append((1, titles))
    return joined
