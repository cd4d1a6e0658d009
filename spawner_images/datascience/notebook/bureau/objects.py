"""From what a person has in a cell to the file that would leave: a table becomes CSV, a figure PNG, a path itself."""

import io
import os
from pathlib import Path
from typing import Any

import pandas as pd

from bureau.channel import Upload, project_folder
from bureau.tables import PopulationTable
from bureau.words import in_language


def upload_of(thing: Any, name: str | None = None) -> Upload:
    """Return the file that *thing* would be.

    Raises:
        TypeError: it is nothing that can be made a file.
    """
    if isinstance(thing, Upload):
        return thing
    if isinstance(thing, PopulationTable):
        return Upload(_named(name or "tableau", ".csv"), csv_of(thing.frame), thing.sidecar)
    if isinstance(thing, pd.Series):
        thing = thing.to_frame(name=str(thing.name) if thing.name is not None else "n")
    if isinstance(thing, pd.DataFrame):
        return Upload(_named(name or "tableau", ".csv"), csv_of(thing))
    if hasattr(thing, "savefig") or hasattr(getattr(thing, "figure", None), "savefig"):
        return Upload(_named(name or "figure", ".png"), _png_of(thing))
    if isinstance(thing, str | os.PathLike):
        path = Path(thing)
        return Upload(name or path.name, path.read_bytes(), None)
    raise TypeError(
        in_language(
            "bureau.check attend un DataFrame, une Series, une figure matplotlib ou le chemin d'un fichier.",
            "bureau.check takes a DataFrame, a Series, a matplotlib figure or the path of a file.",
        )
    )


def project_path(thing: Any) -> str | None:
    """Return the path below the project folder when *thing* is that of a file there."""
    if not isinstance(thing, str | os.PathLike):
        return None
    path = Path(thing).resolve()
    return path.relative_to(project_folder()).as_posix() if path.is_relative_to(project_folder()) else None


def csv_of(frame: pd.DataFrame) -> bytes:
    """Write a table as it would leave: labels that are an index become columns, several headers become one."""
    flat = frame.copy()
    if isinstance(flat.columns, pd.MultiIndex):
        flat.columns = pd.Index([" / ".join(str(part) for part in column if str(part)) for column in flat.columns])
    plain = isinstance(flat.index, pd.RangeIndex) and flat.index.name is None
    return flat.to_csv(index=not plain, lineterminator="\r\n").encode("utf-8")


def _png_of(figure: Any) -> bytes:
    drawn = figure if hasattr(figure, "savefig") else figure.figure
    target = io.BytesIO()
    drawn.savefig(target, format="png", dpi=150)
    return target.getvalue()


def _named(name: str, suffix: str) -> str:
    name = Path(name).name
    return name if name.lower().endswith(suffix) else name + suffix
