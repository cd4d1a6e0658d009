"""Tables of a page: those that say so, and those that are laid out with other elements."""

from collections.abc import Iterator
from typing import Any

from hub_extensions.exports.checks.prose.freetext import tables_in_text
from hub_extensions.exports.checks.tables.grid import Grid, grids_from_matrix

#: Elements of one kind in a row before they are taken for the rows of a table.
FEWEST_ROWS = 3
#: Rows or columns that a cell spans at most.
MOST_SPANNED = 100


def tables_of(root: Any) -> list[Grid]:
    """Return the tables that say so."""
    grids: list[Grid] = []
    for number, table in enumerate(root.iter("table"), start=1):
        matrix = list(_rows(table))
        grids += grids_from_matrix(f"tableau {number}", matrix)
    return grids


def _span(cell: Any, name: str) -> int:
    said = cell.get(name, "1")
    return max(1, min(int(said), MOST_SPANNED)) if said.isdigit() else 1


def _rows(table: Any) -> Iterator[list[str]]:
    """Yield the rows of a table as they are shown: a cell over rows stands in each of them, one over columns first."""
    held: dict[int, tuple[str, int]] = {}
    for row in table.iter("tr"):
        cells: list[str] = []
        for cell in row.iterchildren("th", "td"):
            cells += _carried(held, len(cells))
            text, down = " ".join(cell.text_content().split()), _span(cell, "rowspan")
            if down > 1:
                held[len(cells)] = (text, down - 1)
            cells += [text] + [""] * (_span(cell, "colspan") - 1)
        yield [*cells, *_carried(held, len(cells))]


def _carried(held: dict[int, tuple[str, int]], at: int) -> list[str]:
    """Return the cells that reach from rows above into this one, from place *at* on."""
    found = []
    while held.get(at, ("", 0))[1] > 0:
        text, left = held[at]
        held[at] = (text, left - 1)
        found.append(text)
        at += 1
    return found


def _text(element: Any) -> str:
    return " ".join(element.text_content().split())


def _laid_out(parent: Any) -> Iterator[list[list[str]]]:
    """Yield rows of cells made of elements inside elements, equal in number."""
    rows = [
        [_text(cell) for cell in child]
        for child in parent
        if isinstance(child.tag, str) and child.tag not in {"tr", "table"}
    ]
    wide = [row for row in rows if len(row) >= 2]
    if len(wide) >= FEWEST_ROWS and len({len(row) for row in wide}) == 1:
        yield wide


def loose_tables(root: Any) -> list[Grid]:
    """Return tables written as preformatted text, as items of a list, or with elements of the page's own layout."""
    grids: list[Grid] = []
    for number, element in enumerate(root.iter("pre", "ul", "ol", "div", "section", "body", "dl"), start=1):
        where = f"<{element.tag}> {number}"
        if element.tag == "pre":
            grids += tables_in_text(element.text_content(), where)
        elif element.tag in {"ul", "ol"}:
            grids += tables_in_text("\n".join(_text(item) for item in element), where)
        if element.find(".//table") is None:
            for rows in _laid_out(element):
                grids += grids_from_matrix(where, rows)
    return grids
