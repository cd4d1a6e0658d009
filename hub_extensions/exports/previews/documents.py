"""Documents and drawings as pixels, tables and text, in the confined process: what a person must read in full is shown.

A PDF is drawn page by page, an SVG as the picture that it is; of office documents and pages one sees the tables and the
text that the checks read, hidden text included, and each picture. What the checks call active is not drawn at all: a
renderer would open what it names.
"""

import io
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pypdfium2
import resvg_py

from hub_extensions.exports.checks.formats.archives import read_member, sane_members
from hub_extensions.exports.checks.inspection import Inspected, Unreadable
from hub_extensions.exports.checks.inspectors import inspect
from hub_extensions.exports.checks.policy import DEFAULT
from hub_extensions.exports.previews.views import MOST_ROWS, MOST_TEXT, PictureView, picture_view

#: Rules whose findings keep a file from being rendered.
NOT_DRAWN = frozenset({"vector.active", "vector.remote", "vector.image", "document.active", "document.attachment"})
#: Pixels across, pixels of one page, pages and pictures of one document.
WIDTH, MOST_PIXELS, MOST_PAGES = 1200, 16_000_000, 30

Said = Mapping[str, Any]


def pages_of(path: Path) -> Said:
    """Draw each page of a PDF."""
    _refuse_active(inspect("pdf", path, DEFAULT))
    with pypdfium2.PdfDocument(path) as document:
        parts = [_page(document[number]) for number in range(min(len(document), MOST_PAGES))]
        return {"kind": "parts", "parts": parts, "cut": len(document) > MOST_PAGES}


def _page(page: Any) -> Said:
    width, height = page.get_size()
    scale = WIDTH / max(width, 1.0)
    if width * height * scale * scale > MOST_PIXELS:
        msg = "page too large"
        raise ValueError(msg)
    target = io.BytesIO()
    page.render(scale=scale).to_pil().convert("RGB").save(target, format="PNG")
    return _said(picture_view(target.getvalue()))


def picture_of(path: Path) -> Said:
    """Draw an SVG."""
    _refuse_active(inspect("svg", path, DEFAULT))
    with tempfile.TemporaryDirectory(prefix="bv-nothing-") as nothing:
        data = resvg_py.svg_to_bytes(
            svg_string=path.read_text("utf-8"), width=WIDTH, background="#ffffff", resources_dir=nothing
        )
    return _said(picture_view(bytes(data)))


def document_parts(path: Path, kind: str) -> Said:
    """Say the tables, the text and the pictures of an office document or a page."""
    inspected = inspect(kind, path, DEFAULT)
    tables = [_table(grid.header, grid.rows, grid.notes) for grid in inspected.grids[:MOST_PAGES]]
    text = {"kind": "text", "text": inspected.text[:MOST_TEXT], "cut": len(inspected.text) > MOST_TEXT}
    pictures = [] if kind == "html" else list(_pictures(path))
    cut = len(inspected.grids) > MOST_PAGES or len(pictures) > MOST_PAGES
    return {"kind": "parts", "parts": [*tables, text, *pictures[:MOST_PAGES]], "cut": cut}


def _table(header: tuple[str, ...], rows: tuple[tuple[str, ...], ...], notes: tuple[str, ...]) -> Said:
    shown = [list(row) for row in rows[: MOST_ROWS + 1]]
    return {"kind": "rows", "rows": [list(header), *shown, *([note] for note in notes)], "cut": len(rows) > MOST_ROWS}


def _pictures(path: Path) -> Iterator[Said]:
    with zipfile.ZipFile(path) as archive:
        for member in sane_members(path):
            if "/media/" in member.filename:
                yield _picture(read_member(archive, member))


def _picture(data: bytes) -> Said:
    """A picture that can't be decoded is said not to be shown, in its place among the others."""
    try:
        return _said(picture_view(data))
    except (ValueError, OSError):
        return {"kind": "none"}


def _said(view: PictureView) -> Said:
    return {"kind": "picture", "png": view.address.partition(",")[2], "width": view.width, "height": view.height}


def _refuse_active(inspected: Inspected) -> None:
    if any(finding.rule in NOT_DRAWN for finding in inspected.findings):
        raise Unreadable("Ce fichier contient du code ou une adresse.", "This file holds code or an address.")
