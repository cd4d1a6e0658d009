"""``bureau.table``: a table that knows whose it is, so that what it gives away beside others can be computed exactly.

The population goes into ``<file>.table.json`` beside the table: data set, version, filter, dimensions, measure, unit,
and how many persons each cell holds. It is evidence that the author declares: the desk counts again where it has the
data, and finds fault by it, never acquits by it. It stays on the platform.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from bureau.words import in_language

#: Labels of one column that a filter may name.
_MOST_LABELS = 2000
_AGGREGATES = ("count", "persons", "sum", "mean")


class PopulationTable:
    """A table (``frame``) with its population (``sidecar``)."""

    def __init__(self, frame: pd.DataFrame, sidecar: dict[str, Any]) -> None:
        self.frame, self.sidecar = frame, sidecar

    def __repr__(self) -> str:
        return f"{self.frame!r}\n{self.sidecar['sentence']}"

    def _repr_html_(self) -> str:
        return f"{self.frame._repr_html_()}<p>{escape(self.sidecar['sentence'])}</p>"


def table(
    df: pd.DataFrame,
    rows: str | Sequence[str],
    cols: str | None = None,
    values: str | None = None,
    agg: str = "count",
    *,
    dataset: str | Path,
    where: str | Mapping[str, Any] | None = None,
    person: str | None = None,
    sentence: str = "",
) -> PopulationTable:
    """Make a table of counts, sums or means that carries its population.

    Args:
        df: the whole data set, not filtered: the filter is part of the population.
        rows: the columns whose labels are the lines.
        cols: the column whose labels are the columns.
        values: what is summed or averaged.
        agg: ``count`` (lines), ``persons`` (distinct values of *person*), ``sum`` or ``mean``.
        dataset: the data set's name, or the path of its file below ``/data``.
        where: which lines: ``{"sexe": "F", "annee": [2022, 2023]}`` or an expression (``"age >= 65 and sexe == 'F'"``).
        person: the column that tells persons apart.
        sentence: the population in words.

    Raises:
        ValueError: the filter can't be said as labels of columns, or an argument doesn't go with the others.
    """
    dimensions = [rows] if isinstance(rows, str) else list(rows)
    _check_arguments(agg, values, person)
    kept, filters = _filtered(df, where)
    counted = _aggregated(kept, [*dimensions, *([cols] if cols else [])], values, agg, person)
    frame = (
        counted.unstack(cols, fill_value=0 if agg != "mean" else None)
        if cols
        else counted.to_frame(_title(agg, values))
    )
    frame = frame.reset_index()
    frame.columns = pd.Index([str(name) for name in frame.columns])
    said = {
        "dataset": Path(dataset).stem,
        "version": _version(dataset),
        "filter": filters,
        "dimensions": [*dimensions, *([cols] if cols else [])],
        "measure": "count" if agg in {"count", "persons"} else f"{agg}:{values}",
        "person_column": person,
        "sentence": sentence or _sentence(dataset, filters),
        "expression_sha256": hashlib.sha256(json.dumps(where, default=str, sort_keys=True).encode()).hexdigest(),
        "unit": person or "ligne",
        "contributors": _contributors(kept, [*dimensions, *([cols] if cols else [])], values, person),
    }
    return PopulationTable(frame, said)


def _check_arguments(agg: str, values: str | None, person: str | None) -> None:
    if agg not in _AGGREGATES:
        raise ValueError(in_language(f"agg : {', '.join(_AGGREGATES)}.", f"agg is one of {', '.join(_AGGREGATES)}."))
    if (agg in {"sum", "mean"}) != (values is not None):
        raise ValueError(in_language("values va avec sum et mean.", "values goes with sum and mean."))
    if agg == "persons" and person is None:
        raise ValueError(in_language("persons demande person=…", "persons needs person=…"))


def _filtered(df: pd.DataFrame, where: str | Mapping[str, Any] | None) -> tuple[pd.DataFrame, dict[str, list[Any]]]:
    """Return the lines that *where* keeps, and the filter as labels of columns that keeps exactly these."""
    if where is None:
        return df, {}
    if isinstance(where, Mapping):
        filters = {
            name: list(value) if isinstance(value, list | tuple | set) else [value] for name, value in where.items()
        }
        return df[_isin(df, filters)], filters
    kept = df.query(where)
    named = [str(name) for name in df.columns if str(name) in where]
    filters = {name: _labels(kept[name]) for name in named}
    if any(len(labels) > _MOST_LABELS for labels in filters.values()) or len(df[_isin(df, filters)]) != len(kept):
        raise ValueError(
            in_language(
                "Ce filtre ne se dit pas en modalités de colonnes : faites-en une colonne (classe d'âge, indicatrice) "
                "du jeu de données, ou reliez les conditions par « and ».",
                "This filter can't be said as labels of columns: make it a column of the data set (age class, flag), "
                "or join its conditions by `and`.",
            )
        )
    return kept, filters


def _isin(df: pd.DataFrame, filters: Mapping[str, list[Any]]) -> pd.Series:
    mask = pd.Series(True, index=df.index)
    for name, labels in filters.items():
        mask &= df[name].isin(labels)
    return mask


def _labels(column: pd.Series) -> list[Any]:
    return sorted(value.item() if hasattr(value, "item") else value for value in column.dropna().unique())


def _aggregated(df: pd.DataFrame, keys: list[str], values: str | None, agg: str, person: str | None) -> pd.Series:
    grouped = df.groupby(keys, observed=True)
    if agg == "count":
        return grouped.size()
    if agg == "persons":
        return grouped[person].nunique()
    return getattr(grouped[values], agg)()


def _title(agg: str, values: str | None) -> str:
    return {"count": "effectif", "persons": "personnes", "sum": f"somme {values}", "mean": f"moyenne {values}"}[agg]


def _contributors(df: pd.DataFrame, keys: list[str], values: str | None, person: str | None) -> list[dict[str, Any]]:
    """Return for each cell its labels, how many persons it holds, and what one and two make of its sum."""
    found = []
    for labels, group in df.groupby(keys, observed=True):
        persons = int(group[person].nunique()) if person else len(group)
        entry: dict[str, Any] = {"labels": [str(label) for label in labels], "persons": persons}
        if values is not None:
            amounts = group[values].abs()
            per_person = amounts.groupby(group[person]).sum() if person else amounts
            top = per_person.nlargest(2) / amounts.sum() if amounts.sum() else per_person.head(0)
            entry["largest"] = round(float(top.head(1).sum()), 4)
            entry["largest_two"] = round(min(1.0, float(top.sum())), 4)
        found.append(entry)
    return found


def _version(dataset: str | Path) -> str:
    """Return the version that the data set's own manifest names, empty when there is none to read."""
    root = Path(os.environ.get("BUREAU_DATA", "/data"))
    parts = Path(dataset).parts
    names = [part for part in parts if (root / part).is_dir() and part not in {"/", ".", ".."}] or [str(dataset)]
    try:
        said = json.loads((root / names[-1] / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError):
        return ""
    return str(said.get("version", "")) if isinstance(said, dict) else ""


def _sentence(dataset: str | Path, filters: Mapping[str, list[Any]]) -> str:
    kept = " ; ".join(
        f"{name} = {', '.join(str(label) for label in labels[:5])}" + (" …" if len(labels) > 5 else "")
        for name, labels in filters.items()
    )
    everybody = in_language("toute la population", "everybody")
    return f"{Path(dataset).stem} : {kept or everybody}."
