"""Coefficients only: the easy way out for a linear, logistic, Cox or generalised linear model.

A model file may carry its training rows; its coefficients are a short table that the checks can judge. They are read
out of skops archives, ONNX operators and plain pickles without loading any class, and out of printed summaries. What
has no coefficients (forests, neighbours, kernels), or more of them than a reader could judge without the number of
observations, stays a model and takes the model's way.
"""

import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks.formats.archives import read_member, sane_members
from hub_extensions.exports.checks.formats.delimited import decode, serialise
from hub_extensions.exports.checks.models.lane import array_of, listed_values, schema_nodes
from hub_extensions.exports.checks.models.onnx.reading import read_model
from hub_extensions.exports.checks.models.pickles import arrays_in, replay
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.prose.freetext import tables_in_text
from hub_extensions.exports.checks.tables.regressions import is_regression, observations_said
from hub_extensions.exports.checks.tables.settling import table_of
from hub_extensions.exports.mends.kinds import CannotMend
from project_spaces.text import Text

#: Coefficients, in multiples of the threshold, above which the number of observations must be known.
MOST_UNCOUNTED = 5
#: The same when it is: the model says so itself, and might carry rows under the name of coefficients.
MOST_COUNTED = 30
_NAMES = frozenset({"feature_names_in_", "exog_names", "feature_names"})
_WEIGHTS = frozenset({"coef_", "params", "params_", "coefficients"})
_CONSTANTS = frozenset({"intercept_", "intercepts"})
_SEEN = frozenset({"n_samples_seen_", "nobs", "n_samples_", "n_observations"})
_NONE = Text(
    "Ce fichier ne contient pas de coefficients qui puissent sortir seuls : ce modèle se juge comme un modèle.",
    "This file holds no coefficients that could leave alone: this model is judged as a model.",
)
_MANY = Text(
    "Trop de coefficients pour sortir ainsi, surtout sans le nombre d'observations : réduisez le modèle.",
    "Too many coefficients to leave this way, without the number of observations above all: make the model smaller.",
)


@dataclass
class _Fitted:
    """What was read of a model: a line of weights for each outcome, constants, names, observations."""

    weights: list[list[float]] = field(default_factory=list)
    constants: list[float] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    observations: int | None = None

    def take(self, attribute: str, values: Sequence[Any], width: int) -> None:
        """Keep an array that belongs to the model; *width* is the length of its lines."""
        if attribute in _NAMES and values:
            self.names = [str(value) for value in values]
        elif attribute in _WEIGHTS and values and not self.weights:
            self.weights = [list(map(float, values[at : at + width])) for at in range(0, len(values), width)]
        elif attribute in _CONSTANTS and values:
            self.constants = list(map(float, values))
        elif attribute in _SEEN and values:
            self.observations = int(min(map(float, values)))


def coefficients(path: Path, kind: str, policy: Policy) -> tuple[bytes, Text]:
    """Return the coefficients of the model in *path* as CSV, and what was done.

    Raises:
        CannotMend: there are none, or too many for what is known of the observations.
    """
    if kind == "text":
        return _printed(path)
    fitted = _Fitted()
    for attribute, values, width in _READERS[kind](path):
        fitted.take(attribute, values, width)
    count = sum(map(len, fitted.weights))
    if not count:
        raise CannotMend(_NONE)
    known = fitted.observations is not None
    if count > (MOST_COUNTED if known else MOST_UNCOUNTED) * policy.min_persons:
        raise CannotMend(_MANY)
    return serialise(list(_lines(fitted))), _note(count, known=known)


def _lines(fitted: _Fitted) -> Iterator[list[str]]:
    width = len(fitted.weights[0])
    names = fitted.names if len(fitted.names) == width else [f"x{number + 1}" for number in range(width)]
    several = len(fitted.weights) > 1
    yield [
        "terme",
        *([f"coefficient {number + 1}" for number in range(len(fitted.weights))] if several else ["coefficient"]),
    ]
    if len(fitted.constants) == len(fitted.weights):
        yield ["constante", *(f"{value:.6g}" for value in fitted.constants)]
    for at, name in enumerate(names):
        yield [name, *(f"{line[at]:.6g}" for line in fitted.weights)]
    if fitted.observations is not None:
        yield ["N", str(fitted.observations), *[""] * (len(fitted.weights) - 1)]


def _note(count: int, *, known: bool) -> Text:
    fr, en = f"Coefficients seuls ({count}), modèle retiré.", f"Coefficients only ({count}), the model taken out."
    if known:
        return Text(fr, en)
    return Text(
        f"{fr} Le modèle ne dit pas son nombre d'observations : ajoutez une ligne N.",
        f"{en} The model doesn't tell its number of observations: add a line N.",
    )


def _in_skops(path: Path) -> Iterator[tuple[str, Sequence[Any], int]]:
    sane_members(path)
    with zipfile.ZipFile(path) as archive:
        try:
            schema = json.loads(read_member(archive, "schema.json"))
        except (KeyError, ValueError, RecursionError) as error:
            raise CannotMend(_NONE) from error
        for attributes, node in schema_nodes(schema):
            name = next((part for part in reversed(attributes) if not part.isdigit()), "")
            file = node.get("file")
            if isinstance(file, str) and file.endswith(".npy") and name in _WEIGHTS | _CONSTANTS | _SEEN:
                array = array_of(read_member(archive, file))
                if array.dtype.kind in "fiu" and array.size:
                    yield name, array.ravel().tolist(), array.shape[-1] if array.ndim else 1
            elif name in _NAMES:
                yield name, [text.strip('"') for text in listed_values(node)], 1


def _in_onnx(path: Path) -> Iterator[tuple[str, Sequence[Any], int]]:
    model = read_model(path.read_bytes())
    if not model.names & {"LinearRegressor", "LinearClassifier"}:
        return
    constants = next((tensor.values.size for tensor in model.tensors if tensor.name.endswith(".intercepts")), 1)
    for tensor in model.tensors:
        name = tensor.name.rpartition(".")[2]
        yield name, tensor.values.ravel().tolist(), max(1, tensor.values.size // max(1, constants))


def _in_pickle(path: Path) -> Iterator[tuple[str, Sequence[Any], int]]:
    for name, shape, values in arrays_in(replay(path)):
        yield name, values, shape[-1] if shape else 1


_READERS: Mapping[str, Any] = {"skops": _in_skops, "onnx": _in_onnx, "pickle": _in_pickle}


def _printed(path: Path) -> tuple[bytes, Text]:
    """Return the tables of coefficients of a printed summary, each with its number of observations."""
    text = decode(path.read_bytes())
    lines: list[list[str]] = []
    found = [grid for grid in tables_in_text(text) if is_regression(table_of(grid))]
    said = observations_said(text)
    for grid in found:
        lines += [*([[]] if lines else []), [name or "terme" for name in grid.header], *map(list, grid.rows)]
        if said is not None:
            lines.append(["N", str(said), *[""] * (len(grid.header) - 2)])
    if not found:
        raise CannotMend(_NONE)
    return serialise(lines), _note(sum(len(grid.rows) for grid in found), known=said is not None)
