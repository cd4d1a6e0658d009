"""Which inspector reads which type; each is imported when a file of its type comes, so that a CSV loads no PDF
library."""

import importlib
from pathlib import Path

from hub_extensions.exports.checks.inspection import Inspected, Inspector, Unreadable
from hub_extensions.exports.checks.policy import Policy

_WHERE = {
    "csv": ("delimited", "inspect_delimited"),
    "text": ("freetext", "inspect_text"),
    "code": ("sources", "inspect_code"),
    "json": ("structured", "inspect_json"),
    "notebook": ("notebook", "inspect_notebook"),
    "html": ("webpage", "inspect_page"),
    "svg": ("vector", "inspect_svg"),
    "pdf": ("portable", "inspect_pdf"),
    "png": ("raster", "inspect_png"),
    "jpeg": ("raster", "inspect_jpeg"),
    "xlsx": ("workbook", "inspect_workbook"),
    "docx": ("office.inspecting", "inspect_document"),
    "pptx": ("office.inspecting", "inspect_document"),
    "parquet": ("columnar", "inspect_parquet"),
    "skops": ("models", "inspect_skops"),
    "onnx": ("onnx.inspecting", "inspect_onnx"),
    "safetensors": ("weights", "inspect_safetensors"),
    "npy": ("weights", "inspect_npy"),
    "npz": ("weights", "inspect_npz"),
    "pickle": ("pickles", "inspect_pickle"),
    "zip": ("archives", "inspect_zip"),
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
