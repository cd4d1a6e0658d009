"""Where a page is made: a view of any file, from what is known to be safe to read here and what is read elsewhere.

Normalised bytes (our own CSV, text, pixels) are laid out here. What leaves or comes in as its author made it is read by
a confined process (``drawing``), within a time limit; one that dies, hangs or says something else means that there is
no view.
"""

import base64
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks.confined import NoAnswer, ask
from hub_extensions.exports.previews.views import (
    MOST_TEXT,
    NotebookView,
    NoView,
    PartsView,
    PictureView,
    TextView,
    View,
    rows_view,
    view_of,
)

#: Seconds that one file may take.
TIMEOUT_S = 40.0
COMMAND = (sys.executable, "-m", "hub_extensions.exports.previews.worker")
#: Released as they are, or better seen than read: drawn in the confined process.
DRAWN = frozenset({".pdf", ".svg", ".docx", ".pptx", ".html", ".htm"})


def view_of_release(path: Path, name: str, wheres: Sequence[str], language: str) -> View:
    """Return what is shown of a file that the desk would release."""
    if Path(name).suffix.lower() in DRAWN:
        return view_confined(path, name, wheres, language)
    return view_of(path, name, wheres)


def view_confined(path: Path, name: str, wheres: Sequence[str], language: str) -> View:
    """Return what is shown of a file that nobody has normalised."""
    order = {"path": str(path), "name": name, "language": language}
    with tempfile.TemporaryDirectory(prefix="bv-preview-") as scratch:
        try:
            return view_from(ask(COMMAND, order, TIMEOUT_S, Path(scratch)), wheres)
        except NoAnswer:
            return NoView()


def view_from(said: Mapping[str, Any], wheres: Sequence[str]) -> View:
    """Lay out what the confined process said; whatever it did not say as agreed is no view."""
    match dict(said):
        case {"kind": "rows", "rows": list(rows), "cut": bool(cut)}:
            view = rows_view([[str(cell) for cell in row] for row in rows], wheres)
            return replace(view, cut=view.cut or cut)
        case {"kind": "text", "text": str(text), "cut": bool(cut)}:
            return TextView(text[:MOST_TEXT], cut)
        case {"kind": "cells", "cells": list(cells), "cut": bool(cut)}:
            return NotebookView(tuple((str(kind), str(source)) for kind, source in cells), cut)
        case {"kind": "picture", "png": str(png), "width": int(width), "height": int(height)}:
            return _picture(png, width, height)
        case {"kind": "parts", "parts": list(parts), "cut": bool(cut)}:
            return PartsView(tuple(view_from(part, ()) for part in parts if isinstance(part, dict)), cut)
        case _:
            return NoView()


def _picture(png: str, width: int, height: int) -> View:
    """A picture's address is made anew from its bytes, so that it can be nothing else."""
    try:
        data = base64.b64decode(png.encode("ascii"), validate=True)
    except ValueError:
        return NoView()
    return PictureView(f"data:image/png;base64,{base64.b64encode(data).decode()}", width, height)
