"""Safe previews: what a reviewer sees of a file is drawn by us, from its bytes, without anything that could act.

Tables are rendered cell by cell, text is escaped, pictures are decoded and encoded again; nothing of the file itself
reaches the browser. The page is served under ``Content-Security-Policy: sandbox`` with no script, no request and no
form, in an origin of its own (TRAPS B17), so that even a mistake here could do nothing.
"""

import base64
import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.Image import DecompressionBombError

from hub_extensions.exports.checks.formats.delimited import TABLES, read_rows
from hub_extensions.exports.marks import header_of, marked_cells, marked_lines

#: The preview's own policy; ``frame-ancestors`` lets the portal, and nobody else, show it in its page.
PREVIEW_POLICY = (
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'; "
    "base-uri 'none'; form-action 'none'"
)
MOST_ROWS = 1000
MOST_COLUMNS = 100
MOST_TEXT = 200_000
LARGEST_PICTURE = 40_000_000  # pixels
LARGEST_READ = 32 << 20

_PICTURES = {".png", ".jpg", ".jpeg", ".webp"}
_TEXTS = {".txt", ".md", ".py", ".r", ".sql", ".json", ".html", ".htm", ".svg", ".log", ".yaml", ".yml", ".rst", ".tex"}


@dataclass(frozen=True)
class Cell:
    """One cell of a rendered table."""

    text: str
    marked: bool


@dataclass(frozen=True)
class TableView:
    """A table to draw: *titles* stand above its header, *cut* when there is more of it than is shown."""

    header: tuple[Cell, ...]
    rows: tuple[tuple[int, tuple[Cell, ...]], ...]
    cut: bool
    titles: tuple[Cell, ...] = ()


@dataclass(frozen=True)
class TextView:
    """Text to show as it is; *lit* are the lines that findings name."""

    text: str
    cut: bool
    lit: frozenset[int] = frozenset()

    @property
    def lines(self) -> list[tuple[int, str]]:
        """Its lines, numbered."""
        return list(enumerate(self.text.split("\n"), 1))


@dataclass(frozen=True)
class PictureView:
    """A picture, encoded again by us, as a ``data:`` address."""

    address: str
    width: int
    height: int
    cut: bool = False


@dataclass(frozen=True)
class NotebookView:
    """A notebook: its cells, code and prose as text."""

    cells: tuple[tuple[str, str], ...]
    cut: bool


@dataclass(frozen=True)
class NoView:
    """Nothing that can be shown safely; the reviewer is told."""

    cut: bool = False


@dataclass(frozen=True)
class PartsView:
    """A document: its pages, or its tables and its text, one below the other."""

    parts: tuple["View", ...]
    cut: bool


View = TableView | TextView | PictureView | NotebookView | PartsView | NoView


def view_of(path: Path, name: str, wheres: Sequence[str]) -> View:
    """Return what is drawn of the file at *path*, called *name*; *wheres* are the places its findings name.

    Whatever goes wrong while reading means that there is no preview, never a raw one.
    """
    suffix = Path(name).suffix.lower()
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_READ)
        if suffix in TABLES:
            return rows_view(read_rows(data.decode("utf-8")), wheres)
        if suffix in _PICTURES:
            return picture_view(data)
        if suffix == ".ipynb":
            return notebook_view(data)
        if suffix in _TEXTS:
            return text_view(data, wheres)
    except (OSError, ValueError, KeyError, TypeError, RecursionError, csv.Error, DecompressionBombError):
        return NoView()
    return NoView()


def rows_view(rows: Sequence[Sequence[str]], wheres: Sequence[str]) -> TableView:
    """Lay rows out, the header being the first below the titles, with the cells that findings name lit."""
    top = header_of(rows)
    shown = rows[: top + 1 + MOST_ROWS]
    lit = marked_cells(wheres, shown)
    cut = len(rows) > len(shown) or any(len(row) > MOST_COLUMNS for row in shown)
    laid = [
        (line, tuple(_cell(value, line, column, lit) for column, value in enumerate(row[:MOST_COLUMNS])))
        for line, row in enumerate(shown, 1)
    ]
    titles = tuple(
        Cell(" ".join(cell.text for cell in cells if cell.text), any(cell.marked for cell in cells))
        for _, cells in laid[:top]
    )
    return TableView(laid[top][1] if laid else (), tuple(laid[top + 1 :]), cut, titles)


def _cell(value: str, line: int, column: int, lit: set[tuple[int, int | None]]) -> Cell:
    return Cell(value[:500], marked=(line, column) in lit or (line, None) in lit)


def text_view(data: bytes, wheres: Sequence[str] = ()) -> TextView:
    """Show text, escaped by the template; bytes that are no text are shown as such."""
    text = data.decode("utf-8", errors="replace")
    return TextView(text[:MOST_TEXT], len(text) > MOST_TEXT, marked_lines(wheres))


def picture_view(data: bytes) -> PictureView:
    """Decode a picture and encode its pixels again: no metadata, no second file behind the first.

    Raises
    ------
    ValueError
        it is no picture, or a very large one.
    """
    with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as opened:
        if opened.width * opened.height > LARGEST_PICTURE:
            msg = "picture too large"
            raise ValueError(msg)
        flat = opened.convert("RGBA")
    clean = Image.frombytes("RGBA", flat.size, flat.tobytes())
    out = io.BytesIO()
    clean.save(out, "PNG")
    return PictureView("data:image/png;base64," + base64.b64encode(out.getvalue()).decode(), *clean.size)


def notebook_view(data: bytes) -> NotebookView:
    """Show a notebook's cells as text; outputs were taken out before (they leave as files of their own).

    Raises
    ------
    ValueError, KeyError, TypeError
        it is no notebook.
    """
    cells = [(str(cell["cell_type"]), _source(cell["source"])) for cell in json.loads(data)["cells"]]
    total, kept = 0, []
    for kind, source in cells:
        if total > MOST_TEXT:
            break
        kept.append((kind, source[:MOST_TEXT]))
        total += len(source)
    return NotebookView(tuple(kept), cut=len(kept) < len(cells))


def _source(source: Any) -> str:
    return "".join(str(line) for line in source) if isinstance(source, list) else str(source)
