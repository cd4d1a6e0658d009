"""What a steward is shown of a quarantined file. Its bytes are hostile until judged, so they are drawn in two steps.

The confined process reads the file and says rows, text, cells or pixels (:func:`drawn`); the portal lays that out as it
lays out exports (:func:`view_from`). Nothing of the file itself reaches the portal's process or the browser.
"""

import base64
import csv
import io
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from hub_extensions.exports.checks.archives import sane_members
from hub_extensions.exports.checks.delimited import separator_of
from hub_extensions.exports.checks.inspection import Unreadable
from hub_extensions.exports.previews import (
    LARGEST_READ,
    MOST_ROWS,
    MOST_TEXT,
    NotebookView,
    NoView,
    PictureView,
    TextView,
    View,
    rows_view,
    view_of,
)
from hub_extensions.imports.contents import ARCHIVES, opened_table
from hub_extensions.imports.inspecting import run_confined
from project_spaces.errors import Unavailable
from project_spaces.text import Text

MEMBERS = Text("Fichier de l'archive", "File in the archive")
SIZE = Text("Taille (octets)", "Size (bytes)")
#: Answered where there is nothing that can be shown safely.
NOTHING: Mapping[str, Any] = {"kind": "none"}


def drawn(path: Path, name: str, language: str) -> Mapping[str, Any]:
    """Say what is in a file, in the confined process; what can't be read is not shown."""
    extension = name.rsplit(".", 1)[-1].lower()
    try:
        if extension in ARCHIVES:
            return _members(path, language)
        if extension == "parquet":
            return _columnar(path, name)
        if extension in {"csv", "tsv"}:
            return _delimited(path)
        return _others(view_of(path, name, ()))
    except (Unreadable, ValueError, OSError, csv.Error, zipfile.BadZipFile, duckdb.Error):
        return NOTHING


def view_in_quarantine(path: Path, name: str, wheres: Sequence[str], language: str) -> View:
    """Return what is drawn of a quarantined file; a process that died over it means that there is no view."""
    try:
        said = run_confined({"act": "draw", "path": str(path), "name": name, "language": language})
    except Unavailable:
        return NoView()
    return view_from(said, wheres)


def view_from(said: Mapping[str, Any], wheres: Sequence[str]) -> View:
    """Lay out what the confined process said; whatever it did not say as agreed is no view.

    A picture's address is made anew from its bytes, so that it can be nothing else.
    """
    match dict(said):
        case {"kind": "rows", "rows": list(rows), "cut": bool(cut)}:
            view = rows_view([[str(cell) for cell in row] for row in rows], wheres)
            return type(view)(view.header, view.rows, view.cut or cut)
        case {"kind": "text", "text": str(text), "cut": bool(cut)}:
            return TextView(text[:MOST_TEXT], cut)
        case {"kind": "cells", "cells": list(cells), "cut": bool(cut)}:
            return NotebookView(tuple((str(kind), str(source)) for kind, source in cells), cut)
        case {"kind": "picture", "png": str(png), "width": int(width), "height": int(height)}:
            return _picture(png, width, height)
        case _:
            return NoView()


def _picture(png: str, width: int, height: int) -> View:
    try:
        data = base64.b64decode(png.encode("ascii"), validate=True)
    except ValueError:
        return NoView()
    return PictureView(f"data:image/png;base64,{base64.b64encode(data).decode()}", width, height)


def _delimited(path: Path) -> Mapping[str, Any]:
    """The first lines of a table, whatever its size: a line that the limit cuts is left out."""
    with path.open("rb") as file:
        data = file.read(LARGEST_READ)
        more = bool(file.read(1))
    text = (data[: data.rfind(b"\n") + 1] if more else data).decode("utf-8-sig")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator_of(text[: 1 << 20]))
    rows = [row for row, _ in zip(reader, range(MOST_ROWS + 2), strict=False)]
    return {"kind": "rows", "rows": rows, "cut": more}


def _columnar(path: Path, name: str) -> Mapping[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        table = opened_table(path, name, Path(scratch))
        found = table.connection.execute(f"SELECT * FROM {table.relation} LIMIT {MOST_ROWS + 1}").fetchall()  # noqa: S608 - names are quoted
    rows = [list(table.columns), *(["" if cell is None else str(cell) for cell in row] for row in found)]
    return {"kind": "rows", "rows": rows, "cut": False}


def _members(path: Path, language: str) -> Mapping[str, Any]:
    """The files of an archive: names and sizes, no content."""
    header = [each.en if language == "en" else each.fr for each in (MEMBERS, SIZE)]
    members = [[each.filename, str(each.file_size)] for each in sane_members(path) if not each.is_dir()]
    return {"kind": "rows", "rows": [header, *members[: MOST_ROWS + 1]], "cut": False}


def _others(view: View) -> Mapping[str, Any]:
    match view:
        case TextView(text, cut):
            return {"kind": "text", "text": text, "cut": cut}
        case NotebookView(cells, cut):
            return {"kind": "cells", "cells": [list(cell) for cell in cells], "cut": cut}
        case PictureView(address, width, height):
            return {"kind": "picture", "png": address.partition(",")[2], "width": width, "height": height}
        case _:
            return NOTHING
