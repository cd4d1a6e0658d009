"""Comments and notes: text beside a table or a program, in which a table can stand as well as anywhere.

A line behind ``#`` is read by nobody and leaves all the same. Its marks are taken off and what remains is read as any
text. People comment codes, settings and lines of programs out, too: only rows of values, and tables whose column of
counts is named, are taken for data.
"""

import re
from collections.abc import Iterator, Sequence

from hub_extensions.exports.checks.findings import Finding, Severity, block, flag
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.prose.freetext import check_blobs, tables_in_text
from hub_extensions.exports.checks.prose.sentences import check_sentences
from hub_extensions.exports.checks.rows.embedded import MOST_NUMBERS, unfolded
from hub_extensions.exports.checks.rows.rowshape import check_row_level
from hub_extensions.exports.checks.tables.cells import Kind
from hub_extensions.exports.checks.tables.grid import Grid
from hub_extensions.exports.checks.tables.settling import table_of
from hub_extensions.exports.checks.tables.words import Role

#: Rows of values in a comment before they are data.
FEWEST_ROWS = 5
FEWEST_COLUMNS = 3
#: Lines of notes above and below a table that a reader still reads.
MOST_NOTES = 30
_COMMENTED = re.compile(r"[ \t]*(?:#+['!|]?|--+|//+|%+|;+|\*+|REM\b)[ \t]?(.*)")
_BEHIND_CODE = re.compile(r"\S.*?[ \t](?:#+|--|//)[ \t](.*)")
#: Who wrote a program may say so.
_SIGNED = re.compile(
    r"\b(?:auteure?s?|authors?|contact|mainten\w+|copyright|r[ée]dig\w+|written by|par)\b", re.IGNORECASE
)


def comments_of(code: str) -> str:
    """Return what the comments of a program say, its marks taken off; lines of the program are blank."""
    lines = []
    for line in code.splitlines():
        found = _COMMENTED.fullmatch(line) or _BEHIND_CODE.fullmatch(line)
        lines.append(found.group(1) if found else "")
    inside = [piece.partition("*/")[0] for piece in code.split("/*")[1:]]
    return "\n\n".join(["\n".join(lines), *inside])


def _of_values(grid: Grid) -> bool:
    """Whether a table has rows of values and no more: numbers and days in most of its cells."""
    if len(grid.header) < FEWEST_COLUMNS or len(grid.rows) + (not grid.has_header) < FEWEST_ROWS:
        return False
    cells = [cell for row in grid.cells for cell in row if cell.kind is not Kind.EMPTY]
    return sum(cell.kind in {Kind.NUMBER, Kind.DATE} for cell in cells) * 2 > len(cells)


def _counts(grid: Grid) -> bool:
    return grid.has_header and any(
        column.role is Role.COUNT and not column.guessed for column in table_of(grid).columns
    )


def counted_tables(text: str, where: str) -> list[Grid]:
    """Return the tables in comments or notes whose author named a column of counts."""
    return [grid for grid in tables_in_text(unfolded(text), where) if _counts(grid)]


def _in_one_line(text: str) -> bool:
    """Whether a line is made of numbers: rows one behind another."""
    return any(
        len(re.findall(r"\d+(?:[.,]\d+)?", line)) > MOST_NUMBERS and sum(map(str.isdigit, line)) * 3 > len(line)
        for line in text.splitlines()
    )


def check_rows(text: str, where: str) -> Iterator[Finding]:
    """Yield a block when comments or notes hold rows of values."""
    grids = tables_in_text(unfolded(text), where)
    rows = any(_of_values(grid) and not _counts(grid) for grid in grids)
    persons = (found.severity is Severity.BLOCK for grid in grids for found in check_row_level(table_of(grid)))
    if rows or _in_one_line(text) or any(persons):
        yield block(
            "content.commented_rows",
            where,
            "Des lignes de données sont écrites en commentaire ou en note : supprimez-les.",
            "Rows of data are written in comments or notes: delete them.",
        )


def check_comments(code: str, policy: Policy, where: str) -> Iterator[Finding]:
    """Yield rows and what is said of persons in the comments of a program."""
    text = comments_of(code)
    yield from check_rows(text, f"{where} · commentaires")
    unsigned = "\n".join(line for line in text.splitlines() if not _SIGNED.search(line))
    yield from check_sentences(unsigned, policy, f"{where} · commentaires", of_results=False)


def check_notes(notes: Sequence[str], policy: Policy, where: str) -> Iterator[Finding]:
    """Yield rows and what is said of persons in the titles, footnotes and comments of a table, and too many of them."""
    text = "\n".join(notes)
    yield from check_rows(text, where)
    yield from check_sentences(text, policy, where)
    yield from check_blobs(text, where)
    if sum(1 for note in notes if note.strip()) > MOST_NOTES:
        yield flag(
            "table.notes",
            where,
            f"Plus de {MOST_NOTES} lignes de notes autour du tableau : un vérificateur doit les lire.",
            f"More than {MOST_NOTES} lines of notes around the table: a reviewer must read them.",
        )
