"""Which mends there are, what they are called, and which one helps against which finding."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from project_spaces.errors import Invalid
from project_spaces.text import Text


class Mend(StrEnum):
    """What is done to a table."""

    SUPPRESS = "suppress"
    MERGE = "merge"
    ROUND_5 = "round_5"
    ROUND_10 = "round_10"
    TRIM = "trim"
    DROP = "drop"
    RASTER = "raster"
    COEFFICIENTS = "coefficients"


LABELS: Mapping[Mend, Text] = {
    Mend.SUPPRESS: Text("Masquer (secret secondaire compris)", "Suppress (secondary cells included)"),
    Mend.MERGE: Text("Regrouper des classes", "Merge classes"),
    Mend.ROUND_5: Text("Masquer puis arrondir à 5", "Suppress, then round to 5"),
    Mend.ROUND_10: Text("Masquer puis arrondir à 10", "Suppress, then round to 10"),
    Mend.TRIM: Text("Retirer minimums et maximums", "Remove minima and maxima"),
    Mend.DROP: Text("Retirer les colonnes identifiantes", "Remove the identifying columns"),
    Mend.RASTER: Text("Convertir le dessin en image", "Make the drawing a picture"),
    Mend.COEFFICIENTS: Text("Les coefficients seulement", "Coefficients only"),
}

_COUNTS = (Mend.SUPPRESS, Mend.MERGE, Mend.ROUND_5, Mend.ROUND_10)
_HELPS: Mapping[str, tuple[Mend, ...]] = {
    "table.small_count": _COUNTS,
    "table.recoverable": (Mend.SUPPRESS, Mend.ROUND_5, Mend.ROUND_10),
    "table.remainder": (Mend.SUPPRESS, Mend.ROUND_5, Mend.ROUND_10),
    "table.implied_count": _COUNTS,
    "table.implied_complement": _COUNTS,
    "table.zero": (Mend.MERGE,),
    "table.rounding_undone": (Mend.ROUND_5, Mend.ROUND_10),
    "population.few_persons": _COUNTS,
    "difference.nested": (Mend.ROUND_5, Mend.ROUND_10),
    "difference.derived": (Mend.ROUND_5, Mend.ROUND_10),
    "difference.recovered": (Mend.ROUND_5, Mend.ROUND_10),
    "difference.subset": (Mend.ROUND_5, Mend.ROUND_10),
    "difference.superset": (Mend.ROUND_5, Mend.ROUND_10),
    "table.min_max": (Mend.TRIM,),
    "table.extreme_quantile": (Mend.TRIM,),
    "identifier.header": (Mend.DROP,),
    "identifier.pseudonym": (Mend.DROP,),
    "identifier.professional": (Mend.DROP,),
    "vector.points": (Mend.RASTER,),
    "vector.numbers": (Mend.RASTER,),
    "model.lane": (Mend.COEFFICIENTS,),
    "model.pickle": (Mend.COEFFICIENTS,),
    "model.training_rows": (Mend.COEFFICIENTS,),
}
#: Types of files that hold one table that a mend can write anew.
MENDABLE = frozenset({"csv", "tsv", "xlsx", "parquet"})
#: Types of drawings that may become a picture.
DRAWABLE = frozenset({"svg", "pdf"})

#: Types of models whose coefficients may leave alone.
MODELS = frozenset({"skops", "onnx", "pickle"})

#: What a mend reads, where that is no table. Summaries of models are printed as text too.
MENDABLE_BY: Mapping[Mend, frozenset[str]] = {Mend.RASTER: DRAWABLE, Mend.COEFFICIENTS: MODELS | {"text"}}


@dataclass(frozen=True)
class Mended:
    """A new file: its suffix and bytes, what was done, and what its population's sidecar must say more."""

    suffix: str
    data: bytes
    note: Text
    sidecar: Mapping[str, Any] = field(default_factory=dict)


class CannotMend(Invalid):
    """The mend does not help here; the reason is a sentence for the author."""


def offered(kind: str, rules: Iterable[str]) -> tuple[Mend, ...]:
    """Return the mends worth trying on a file of type *kind* against findings of *rules*, the gentlest first."""
    found = {mend for rule in rules for mend in _HELPS.get(rule, ())}
    return tuple(mend for mend in Mend if mend in found and kind in MENDABLE_BY.get(mend, MENDABLE))
