"""What the confined process says of a file that is to be shown: rows, text, cells or pixels, nothing else of it."""

import csv
import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hub_extensions.exports.checks.formats.archives import sane_members
from hub_extensions.exports.checks.formats.delimited import separator_of
from hub_extensions.exports.checks.inspection import Unreadable
from hub_extensions.exports.previews.documents import document_parts, pages_of, picture_of
from hub_extensions.exports.previews.views import (
    LARGEST_READ,
    MOST_ROWS,
    NotebookView,
    PictureView,
    TextView,
    View,
    view_of,
)
from project_spaces.text import Text

MEMBERS = Text("Fichier de l'archive", "File in the archive")
SIZE = Text("Taille (octets)", "Size (bytes)")
#: Answered where there is nothing that can be shown safely.
NOTHING: Mapping[str, Any] = {"kind": "none"}


def drawn(path: Path, name: str, language: str) -> Mapping[str, Any]:
    """Say what is in a file, in the confined process; what can't be read is not shown."""
    draw = _DRAWERS.get(name.rsplit(".", 1)[-1].lower())
    try:
        return draw(path, language) if draw else _others(view_of(path, name, ()))
    except (Unreadable, ValueError, OSError, RuntimeError, csv.Error, zipfile.BadZipFile):
        return NOTHING


def _delimited(path: Path) -> Mapping[str, Any]:
    """The first lines of a table, whatever its size: a line that the limit cuts is left out."""
    with path.open("rb") as file:
        data = file.read(LARGEST_READ)
        more = bool(file.read(1))
    text = (data[: data.rfind(b"\n") + 1] if more else data).decode("utf-8-sig")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator_of(text[: 1 << 20]))
    rows = [row for row, _ in zip(reader, range(MOST_ROWS + 2), strict=False)]
    return {"kind": "rows", "rows": rows, "cut": more}


def _columnar(path: Path) -> Mapping[str, Any]:
    try:
        with pq.ParquetFile(path) as file:
            batch = next(file.iter_batches(batch_size=MOST_ROWS + 1), None)
            names = file.schema_arrow.names
    except pa.ArrowException as error:
        raise ValueError(str(error)) from error
    rows = [] if batch is None else list(zip(*(column.to_pylist() for column in batch.columns), strict=True))
    body = [["" if cell is None else str(cell) for cell in row] for row in rows]
    return {"kind": "rows", "rows": [names, *body], "cut": False}


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


_DRAWERS: Mapping[str, Callable[[Path, str], Mapping[str, Any]]] = {
    **dict.fromkeys(("zip", "whl"), _members),
    **dict.fromkeys(("csv", "tsv"), lambda path, _: _delimited(path)),
    "docx": lambda path, _: document_parts(path, "docx"),
    "pptx": lambda path, _: document_parts(path, "pptx"),
    **dict.fromkeys(("html", "htm"), lambda path, _: document_parts(path, "html")),
    "parquet": lambda path, _: _columnar(path),
    "pdf": lambda path, _: pages_of(path),
    "svg": lambda path, _: picture_of(path),
}
