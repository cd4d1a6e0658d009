"""Notebooks: the program leaves, what it printed does not.

Outputs, attachments and widget state hold rows (``df.head()``); code may hold literals. Outputs that show tables,
pictures
or many numbers block, because their author meant to release them; the normalised notebook has none at all.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.formats.delimited import decode
from hub_extensions.exports.checks.formats.structured import load_json
from hub_extensions.exports.checks.identifiers import check_text
from hub_extensions.exports.checks.inspection import Inspected, Normal, Unreadable
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.prose.comments import check_comments, comments_of, counted_tables
from hub_extensions.exports.checks.prose.freetext import check_blobs, tables_in_text
from hub_extensions.exports.checks.prose.sources import literals_in
from hub_extensions.exports.checks.tables.grid import Grid

#: Numbers in a printed output above which it is read as data.
MOST_NUMBERS = 12
_QUIET_METADATA = frozenset(
    {
        "kernelspec",
        "language_info",
        "orig_nbformat",
        "title",
        "authors",
        "papermill",
        "toc",
        "celltoolbar",
        "nbformat_minor",
        "colab",
        "vscode",
    }
)


def _source(cell: Mapping[str, Any]) -> str:
    source = cell.get("source", "")
    return "".join(map(str, source)) if isinstance(source, list) else str(source)


def _joined(value: Any) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else str(value)


def _output(output: Mapping[str, Any], where: str) -> Iterator[Finding]:
    data = output.get("data") if isinstance(output.get("data"), Mapping) else {}
    rich = sorted(kind for kind in data if kind != "text/plain")
    text = (
        _joined(output.get("text", ""))
        + _joined(data.get("text/plain", ""))
        + "\n".join(map(str, output.get("traceback", [])))
        + _joined(output.get("evalue", ""))
    )
    yield from check_text(text, where)
    if rich:
        yield block(
            "notebook.output",
            f"{where} ({rich[0]})",
            "Sortie enregistrée dans le carnet : effacez les sorties, envoyez le résultat à part.",
            "An output saved in the notebook: clear outputs, send the result apart.",
        )
    elif len(re.findall(r"\d+(?:[.,]\d+)?", text)) > MOST_NUMBERS or tables_in_text(text):
        yield block(
            "notebook.output",
            where,
            "Sortie enregistrée avec des valeurs : effacez les sorties, envoyez le résultat à part.",
            "A saved output with values: clear outputs, send the result apart.",
        )
    elif text.strip():
        yield flag(
            "notebook.output",
            where,
            "Sortie enregistrée dans le carnet : elle n'est pas reprise.",
            "An output saved in the notebook: it is not kept.",
        )


def _cell(cell: Mapping[str, Any], number: int, policy: Policy) -> Iterator[Finding]:
    where = f"cellule {number}"
    for output in cell.get("outputs") or []:
        if isinstance(output, Mapping):
            yield from _output(output, where)
    if cell.get("attachments"):
        yield block(
            "notebook.attachment",
            where,
            "Pièce jointe dans une cellule : retirez-la.",
            "An attachment in a cell: remove it.",
        )
    source = _source(cell)
    if cell.get("cell_type") == "code":
        yield from literals_in(source, policy, where)
        yield from check_comments(source, policy, where)
    else:
        yield from check_blobs(source, where)
        if re.search(r"\(\s*data:|src\s*=\s*[\"']?data:", source):
            yield block(
                "notebook.attachment",
                where,
                "Image incorporée dans le texte : retirez-la.",
                "A picture embedded in the text: remove it.",
            )
    if cell.get("metadata") and len(json.dumps(cell["metadata"])) > 2000:
        yield block(
            "notebook.metadata",
            where,
            "Les métadonnées de la cellule sont trop longues.",
            "The cell's metadata are too long.",
        )


def _stripped(notebook: Mapping[str, Any]) -> bytes:
    cells = []
    for cell in notebook["cells"]:
        kind = cell.get("cell_type")
        clean = {"cell_type": kind, "metadata": {}, "source": _source(cell)}
        if "id" in cell:
            clean["id"] = str(cell["id"])[:64]
        if kind == "code":
            clean |= {"outputs": [], "execution_count": None}
        cells.append(clean)
    kept = {
        key: value for key, value in (notebook.get("metadata") or {}).items() if key in {"kernelspec", "language_info"}
    }
    whole = {
        "cells": cells,
        "metadata": kept,
        "nbformat": notebook.get("nbformat", 4),
        "nbformat_minor": notebook.get("nbformat_minor", 5),
    }
    return (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def inspect_notebook(path: Path, policy: Policy) -> Inspected:
    """Read a notebook. Raises ``Unreadable`` when it is none."""
    notebook = load_json(decode(path.read_bytes()))
    if (
        not isinstance(notebook, Mapping)
        or not isinstance(notebook.get("cells"), list)
        or not all(isinstance(cell, Mapping) for cell in notebook["cells"])
    ):
        raise Unreadable("Ce n'est pas un carnet Jupyter (version 4).", "This is no Jupyter notebook (version 4).")
    found: list[Finding] = []
    for number, cell in enumerate(notebook["cells"], start=1):
        found += _cell(cell, number, policy)
    metadata = notebook.get("metadata") or {}
    if "widgets" in metadata:
        found.append(
            block(
                "notebook.metadata",
                "widgets",
                "L'état des widgets garde des données : effacez-le.",
                "The widgets' state keeps data: clear it.",
            )
        )
    odd = [key for key in metadata if key not in _QUIET_METADATA | {"widgets"}]
    if len(json.dumps(metadata)) > 20_000 or any(len(json.dumps(metadata[key])) > 500 for key in odd):
        found.append(
            block(
                "notebook.metadata",
                ", ".join(odd)[:60] or "metadata",
                "Les métadonnées du carnet sont trop longues.",
                "The notebook's metadata are too long.",
            )
        )
    cells = notebook["cells"]
    prose = "\n".join(_source(cell) for cell in cells if cell.get("cell_type") != "code")
    remarks = "\n\n".join(comments_of(_source(cell)) for cell in cells if cell.get("cell_type") == "code")
    grids: list[Grid] = [*tables_in_text(prose), *counted_tables(remarks, "commentaires")]
    return Inspected(grids, "\n".join(_source(cell) for cell in cells), found, Normal(".ipynb", _stripped(notebook)))
