"""Tables of a page: those that say so, and those that are laid out with other elements."""

from collections.abc import Iterator
from typing import Any

from hub_extensions.exports.checks.freetext import tables_in_text
from hub_extensions.exports.checks.grid import Grid, grids_from_matrix

#: Elements of one kind in a row before they are taken for the rows of a table.
FEWEST_ROWS = 3


def tables_of(root: Any) -> list[Grid]:
    """Return the tables that say so."""
    grids: list[Grid] = []
    for number, table in enumerate(root.iter("table"), start=1):
        matrix = []
        for row in table.iter("tr"):
            cells: list[str] = []
            for cell in row.iterchildren("th", "td"):
                span = min(int(cell.get("colspan", "1")), 100) if cell.get("colspan", "1").isdigit() else 1
                cells += [" ".join(cell.text_content().split())] + [""] * (span - 1)
            matrix.append(cells)
        grids += grids_from_matrix(f"tableau {number}", matrix)
    return grids


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
