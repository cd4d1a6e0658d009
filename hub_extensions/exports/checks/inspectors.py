"""Which inspector reads which type; each is imported when a file of its type comes, so that a CSV loads no PDF
library."""

import importlib
from pathlib import Path

from hub_extensions.exports.checks.inspection import Inspected, Inspector, Unreadable
from hub_extensions.exports.checks.policy import Policy

_WHERE = {
    "csv": ("formats.delimited", "inspect_delimited"),
    "text": ("prose.freetext", "inspect_text"),
    "code": ("prose.sources", "inspect_code"),
    "json": ("formats.structured", "inspect_json"),
    "notebook": ("formats.notebook", "inspect_notebook"),
    "html": ("formats.webpage", "inspect_page"),
    "svg": ("formats.vector", "inspect_svg"),
    "pdf": ("formats.portable", "inspect_pdf"),
    "png": ("formats.raster", "inspect_png"),
    "jpeg": ("formats.raster", "inspect_jpeg"),
    "xlsx": ("formats.workbook", "inspect_workbook"),
    "docx": ("formats.office.inspecting", "inspect_document"),
    "pptx": ("formats.office.inspecting", "inspect_document"),
    "parquet": ("formats.columnar", "inspect_parquet"),
    "skops": ("models.lane", "inspect_skops"),
    "onnx": ("models.onnx.inspecting", "inspect_onnx"),
    "safetensors": ("models.weights", "inspect_safetensors"),
    "npy": ("models.weights", "inspect_npy"),
    "npz": ("models.weights", "inspect_npz"),
    "pickle": ("models.pickles", "inspect_pickle"),
    "zip": ("formats.archives", "inspect_zip"),
}


def inspect(kind: str, path: Path, policy: Policy) -> Inspected:
    """Take one file apart.

    Raises:
        Unreadable: no inspector for *kind*, or the content is not what the format requires.
    """
    if kind not in _WHERE:
        raise Unreadable("Aucun lecteur pour ce type de fichier.", "No reader for this type of file.")
    module, name = _WHERE[kind]
    inspector: Inspector = getattr(importlib.import_module(f"{__package__}.{module}"), name)
    return inspector(path, policy)
