"""What an author says a model was trained on: two tables of the project folder, named in ``<model>.model.json``.

Nothing of it is believed: the tables are copied into a folder that lives as long as the attack, and the model is fitted
anew on them to see whether it answers alike.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from project_spaces.beneath import open_beneath
from project_spaces.errors import Invalid
from project_spaces.text import Text

SUFFIX = ".model.json"
#: Bytes of the declaration, and of one table of rows.
LARGEST_DECLARATION, LARGEST_TABLE = 1 << 16, 128 << 20

_FORM = Text(
    "La déclaration du modèle doit nommer « training » et « test » (CSV voisins, colonnes numériques) et « outcome » "
    "(la colonne prédite).",
    "The model's declaration must name training and test (CSV files beside it, columns of numbers) and outcome (the "
    "column that is predicted).",
)
_LARGE = Text("Une table du modèle est trop grande.", "A table of the model is too large.")


@dataclass(frozen=True)
class Declared:
    """The rows that a model learned from, rows that it never saw, and the column that it predicts."""

    training: str
    test: str
    outcome: str


def _read(root: Path, relative: str, most: int) -> bytes:
    with os.fdopen(open_beneath(root, relative), "rb") as source:
        data = source.read(most + 1)
    if len(data) > most:
        raise Invalid(_LARGE)
    return data


def declared(root: Path, model: str) -> Declared:
    """Return what stands beside *model*, a path in the project folder *root*.

    Raises
    ------
    NotFound, Refused
        there is no declaration, or it is no ordinary file.
    Invalid
        it says something else than the three names.
    """
    try:
        raw = json.loads(_read(root, model + SUFFIX, LARGEST_DECLARATION))
    except (ValueError, RecursionError):
        raise Invalid(_FORM) from None
    keys = ("training", "test", "outcome")
    if not isinstance(raw, dict) or not all(isinstance(raw.get(key), str) and raw[key] for key in keys):
        raise Invalid(_FORM)
    return Declared(*(str(raw[key]) for key in keys))


def lay_out(root: Path, model: str, said: Declared, job: dict[str, Any], target: Path) -> None:
    """Copy the two tables, which stand beside *model* or below, into *target*, with the job.

    Raises
    ------
    NotFound, Refused, Invalid
        a table is missing, no ordinary file, or too large.
    """
    beside = PurePosixPath(model).parent
    for name, path in (("train.csv", said.training), ("test.csv", said.test)):
        (target / name).write_bytes(_read(root, str(beside / path), LARGEST_TABLE))
    (target / "job.json").write_text(json.dumps({"outcome": said.outcome, **job}), "utf-8")
