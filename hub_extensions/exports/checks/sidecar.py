"""``<file>.table.json``: the population behind a table, as its author or our helper declared it.

With it, two tables can be compared exactly: same data set, which filter, which dimensions, what was counted, who is a
person. Source: DESIGN section 9.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks.inspection import Unreadable
from hub_extensions.exports.checks.together.tidy import label_key

SUFFIX = ".table.json"
_KEYS = frozenset({"dataset", "version", "filter", "dimensions", "measure", "person_column", "classes"})
#: What our helper adds: the population in words, its filter's hash, the unit, and the persons behind each cell.
_SAID = frozenset({"sentence", "expression_sha256", "unit"})
_SHARES = ("largest", "largest_two")
#: Cells of one table that evidence is read for.
_MOST_CELLS = 20_000


@dataclass(frozen=True)
class Contributors:
    """Declared of one cell: its labels in the order of the dimensions, its persons, the shares of its sum that the
    largest contributor and the two largest make."""

    labels: tuple[str, ...]
    persons: int
    largest: float
    largest_two: float = 0.0


@dataclass(frozen=True)
class Sidecar:
    """A population: ``filter`` keeps rows whose column has one of the labels; ``measure`` is count, sum:col or
    mean:col; ``classes`` says which labels of the data set a merged label stands for."""

    dataset: str
    version: str
    filter: Mapping[str, frozenset[str]]
    dimensions: tuple[str, ...]
    measure: str
    person_column: str | None
    classes: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    contributors: tuple[Contributors, ...] = ()

    @property
    def column(self) -> str | None:
        """The column that is summed or averaged; ``None`` for a count."""
        return self.measure.partition(":")[2] or None


def _wrong(what: str) -> Unreadable:
    return Unreadable(f"La fiche {SUFFIX} est incorrecte : {what}.", f"The sidecar {SUFFIX} is wrong: {what}.")


def _labels(value: Any) -> frozenset[str]:
    return frozenset(label_key(str(item)) for item in (value if isinstance(value, list) else [value]))


def read_sidecar(path: Path) -> Sidecar | None:
    """Return the sidecar beside a table, or ``None`` when there is none.

    Raises:
        Unreadable: it is no JSON, has an unknown key, or a value of the wrong kind.
    """
    file = path.with_name(path.name + SUFFIX)
    if file.is_symlink() or not file.is_file() or file.stat().st_size > 1 << 20:
        return None
    try:
        raw = json.loads(file.read_text("utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        raise _wrong("pas du JSON / no JSON") from error
    if not isinstance(raw, dict) or not isinstance(raw.get("dataset"), str):
        raise _wrong("dataset")
    unknown = set(raw) - _KEYS - _SAID - {"contributors"}
    if unknown:
        raise _wrong(f"{sorted(unknown)[0]}")
    if any(not isinstance(raw.get(key, ""), str) for key in _SAID):
        raise _wrong(", ".join(sorted(_SAID)))
    filters, dimensions, measure = raw.get("filter") or {}, raw.get("dimensions") or [], raw.get("measure", "count")
    if (
        not isinstance(filters, dict)
        or not isinstance(dimensions, list)
        or not isinstance(measure, str)
        or measure.partition(":")[0] not in {"count", "sum", "mean"}
    ):
        raise _wrong("filter, dimensions, measure")
    return Sidecar(
        raw["dataset"],
        str(raw.get("version", "")),
        {str(key): _labels(value) for key, value in filters.items()},
        tuple(str(name) for name in dimensions),
        measure,
        None if raw.get("person_column") is None else str(raw["person_column"]),
        _classes(raw.get("classes") or {}),
        _contributors(raw.get("contributors") or [], len(dimensions)),
    )


def _contributors(raw: Any, dimensions: int) -> tuple[Contributors, ...]:
    if not isinstance(raw, list) or len(raw) > _MOST_CELLS:
        raise _wrong("contributors")
    return tuple(_contributor(each, dimensions) for each in raw)


def _contributor(raw: Any, dimensions: int) -> Contributors:
    """Read the evidence of one cell; ``largest`` and ``largest_two`` are shares of 1 and may be left out."""
    if not isinstance(raw, dict) or not set(raw) <= {"labels", "persons", *_SHARES}:
        raise _wrong("contributors")
    labels, persons, shares = raw.get("labels"), raw.get("persons"), [raw.get(name, 0.0) for name in _SHARES]
    shared = all(type(share) in {int, float} and 0 <= share <= 1 for share in shares)
    counted = type(persons) is int and persons >= 0
    if not isinstance(labels, list) or len(labels) != dimensions or not counted or not shared:
        raise _wrong("contributors")
    return Contributors(tuple(label_key(str(label)) for label in labels), persons, *map(float, shares))


def _classes(raw: Any) -> dict[str, dict[str, frozenset[str]]]:
    if not isinstance(raw, dict) or not all(isinstance(merged, dict) for merged in raw.values()):
        raise _wrong("classes")
    return {
        str(column): {label_key(str(label)): _labels(stands) for label, stands in merged.items()}
        for column, merged in raw.items()
    }
