"""Ten clean tables of one invented data set, as a project publishes them over the years.

They differ in dimensions and filters, overlap, merge classes, contain one another, have margins or not; each masks its
small cells and passes alone. A second kind is cut so that no two speak of the same people: nothing may be found there.
"""

import itertools
import json
import random
from pathlib import Path
from typing import Any

PERSONS = 20_000
#: How often a table leaves out the rarest label there is: without it most draws give nobody away.
RAREST = 0.7
COLUMNS = ("sexe", "age", "dep", "region", "diag", "rare")
_MERGED = {"age": {"0-30": ["0-20", "21-30"], "51+": ["51-70", "71+"]}, "dep": {"D0 + D1": ["D0", "D1"]}}


def people(seed: int, rows: int = PERSONS) -> Any:
    """Return the data: six columns, of which the region follows from the département and one trait is rare."""
    import numpy as np
    import pandas as pd

    source = np.random.default_rng(seed)
    dep = source.integers(0, 8, rows)
    diag = ["I10", "E11", "J45", "C50", "G30", "K50"]
    return pd.DataFrame(
        {
            "person": np.arange(rows),
            "sexe": source.choice(["H", "F"], rows),
            "age": source.choice(["0-20", "21-30", "31-50", "51-70", "71+"], rows, p=[0.1, 0.2, 0.3, 0.3, 0.1]),
            "dep": np.char.add("D", dep.astype(str)),
            "region": np.char.add("R", (dep // 3).astype(str)),
            "diag": source.choice(diag, rows, p=[0.4, 0.3, 0.2, 0.085, 0.01, 0.005]),
            "rare": source.choice(["non", "oui"], rows, p=[0.992, 0.008]),
        }
    )


def _filter(frame: Any, source: random.Random, free: list[str]) -> dict[str, list[str]]:
    kept = {}
    for name in source.sample(free, min(len(free), source.choice([0, 0, 1, 1, 2]))):
        labels = sorted(frame[name].unique())
        kept[name] = sorted(source.sample(labels, source.randint(1, len(labels) - 1)))
    return kept


def _specification(frame: Any, source: random.Random) -> dict[str, Any]:
    dimensions = sorted(source.sample(COLUMNS, source.choice([1, 2, 2, 3])))
    return {
        "dimensions": dimensions,
        "filter": _filter(frame, source, [name for name in COLUMNS if name not in dimensions]),
        "merged": [name for name in dimensions if name in _MERGED and source.random() < 0.3],
        "margins": source.random() < 0.4,
    }


def counted(frame: Any, said: dict[str, Any]) -> Any:
    """Return the table of one specification, its small cells masked."""
    import pandas as pd

    part = frame
    for name, labels in said["filter"].items():
        part = part[part[name].isin(labels)]
    part = part.assign(**{name: part[name].map(_renamed(name)) for name in said["merged"]})
    names = said["dimensions"]
    labels = [[*sorted(part[name].unique()), *(["Total"] if said["margins"] else [])] for name in names]
    counts: dict[tuple[str, ...], int] = {}
    for key, count in part.groupby(names).size().items():
        for summed in itertools.product((False, True), repeat=len(names) if said["margins"] else 0):
            whole = key if isinstance(key, tuple) else (key,)
            place = tuple(
                "Total" if out else label for label, out in zip(whole, summed or [False] * len(whole), strict=True)
            )
            counts[place] = counts.get(place, 0) + count
    lines = [
        [*key, "< 11" if 0 < counts.get(key, 0) < 11 else str(counts.get(key, 0))] for key in itertools.product(*labels)
    ]
    return pd.DataFrame(lines, columns=[*names, "n"])


def _renamed(name: str) -> Any:
    merged = {one: label for label, parts in _MERGED[name].items() for one in parts}
    return lambda label: merged.get(label, label)


def write(frame: Any, said: dict[str, Any], path: Path) -> Path:
    """Write one table with the population that it declares."""
    counted(frame, said).to_csv(path, index=False)
    declared = {
        "dataset": "personnes",
        "version": "1",
        "filter": said["filter"],
        "dimensions": said["dimensions"],
        "measure": "count",
        "person_column": "person",
    }
    path.with_name(path.name + ".table.json").write_text(json.dumps(declared), "utf-8")
    return path


def related(frame: Any, source: random.Random, earlier: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the specification of a table that may overlap with any other: every other one is an *earlier* table less
    a label of a column that this one doesn't show, the rarest most often: who publishes both gives few away."""
    said = _specification(frame, source)
    free = [each for each in earlier if set(COLUMNS) - {*each["dimensions"], *each["filter"]}]
    if free and source.random() < 0.5:
        said = source.choice(free)
        names = sorted(set(COLUMNS) - {*said["dimensions"], *said["filter"]})
        counts = {name: frame[name].value_counts() for name in names}
        rare = source.random() < RAREST
        name = min(names, key=lambda each: counts[each].min()) if rare else source.choice(names)
        labels = sorted(counts[name].index)
        left = counts[name].idxmin() if rare else source.choice(labels)
        said = {**said, "filter": {**said["filter"], name: [label for label in labels if label != left]}}
    earlier.append(said)
    return said


def independent(frame: Any, source: random.Random, number: int) -> dict[str, Any]:
    """Return the specification of a table about people whom no other speaks of: one département, coarse classes."""
    dimensions = sorted(source.sample(["sexe", "age"], source.choice([1, 2])))
    dep = sorted(frame["dep"].unique())[number % 8]
    return {"dimensions": dimensions, "filter": {"dep": [dep]}, "merged": [], "margins": source.random() < 0.5}
