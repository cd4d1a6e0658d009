"""Interactive charts: a picture of eight bars may hold the five hundred values that it was drawn from.

Plotly computes histograms and quantiles in the browser (plotly.py #2456: by design), Vega aggregates there, Bokeh and
Leaflet hold their sources. So the description of the figure is read as data, packed arrays unpacked.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.formats.drawn import LABELLED, MATRICES, drawn_by_bokeh, drawn_by_plotly
from hub_extensions.exports.checks.tables.grid import Grid, grids_from_matrix

#: Points of a trace above which it is drawn from rows and not from classes.
MOST_POINTS = 60
#: Lone marks above which a scatter is one mark for each person.
MOST_MARKS = 20
_COMPUTED = frozenset(
    {
        "histogram",
        "box",
        "violin",
        "histogram2d",
        "histogram2dcontour",
        "splom",
        "parcoords",
        "parcats",
        "densitymapbox",
        "densitymap",
        "scattermapbox",
        "scattermap",
        "scattergeo",
        "scatter3d",
        "scattergl",
        "strip",
    }
)
_AXES = ("x", "y", "z", "r", "theta", "values", "lat", "lon", "a", "b", "c", "open", "close", "locations")
_HIDDEN = ("customdata", "ids", "hovertext", "hovertemplate_data", "meta", "selectedpoints", "dimensions")
_SIZES = {"f8": 8, "f4": 4, "i1": 1, "u1": 1, "i2": 2, "u2": 2, "i4": 4, "u4": 4, "i8": 8, "u8": 8}


def unpacked(value: Any) -> list[Any]:
    """Return the values of a plain or packed (``{"dtype", "bdata"}``) array; an empty list for anything else."""
    if isinstance(value, list):
        return (
            [item for row in value for item in row] if value and all(isinstance(row, list) for row in value) else value
        )
    if isinstance(value, Mapping) and isinstance(value.get("bdata"), str):
        import numpy as np

        dtype = str(value.get("dtype", "f8"))
        try:
            raw = base64.b64decode(value["bdata"], validate=False)
            return np.frombuffer(raw, dtype=f"<{dtype}").tolist() if dtype in _SIZES else [0] * len(raw)
        except (binascii.Error, ValueError, TypeError):
            return [0] * len(value["bdata"])
    if isinstance(value, Mapping) and isinstance(value.get("__ndarray__"), str | list):
        return [0] * len(value["__ndarray__"])
    return []


def is_plotly(spec: Any) -> bool:
    """Whether *spec* is a Plotly figure or a list of its traces."""
    traces = spec.get("data") if isinstance(spec, Mapping) else spec
    kinds = (
        _COMPUTED
        | LABELLED
        | MATRICES
        | {
            "indicator",
            "sankey",
            "table",
            "candlestick",
        }
    )
    if not isinstance(traces, list) or not traces or not all(isinstance(trace, Mapping) for trace in traces):
        return False
    named = all(
        trace.get("type", "scatter") in kinds and (set(trace) & {*_AXES, "type", "labels", "cells", "link"})
        for trace in traces
    )
    return named and (any("type" in trace for trace in traces) or (isinstance(spec, Mapping) and "layout" in spec))


def check_plotly(spec: Any, where: str) -> Iterator[Finding | Grid]:
    """Yield what the traces of a Plotly figure hold; the classes of its bars as a table."""
    for number, trace in enumerate(spec.get("data") if isinstance(spec, Mapping) else spec):
        place = f"{where} · tracé {number + 1}"
        kind = str(trace.get("type", "scatter"))
        arrays = {key: unpacked(trace.get(key)) for key in _AXES}
        longest = max((len(values) for values in arrays.values()), default=0)
        extra = max((len(unpacked(trace.get(key))) for key in _HIDDEN), default=0)
        precomputed = kind == "box" and "median" in trace and not arrays["y"] and not arrays["x"]
        marks = kind.startswith("scatter") and "lines" not in str(trace.get("mode", "markers"))
        raw = (
            (kind in _COMPUTED and not precomputed and longest > 0)
            or longest > (2500 if kind in MATRICES else MOST_POINTS)
            or (marks and longest > MOST_MARKS)
        )
        if raw or extra > MOST_MARKS or (extra and kind in _COMPUTED):
            yield block(
                "figure.raw_values",
                place,
                f"La figure interactive contient {max(longest, extra)} valeurs d'origine : exportez une image et un "
                f"tableau agrégé.",
                f"The interactive figure holds {max(longest, extra)} original values: export a picture and an "
                f"aggregate table.",
            )
            continue
        yield from drawn_by_plotly(trace, arrays, spec.get("layout") if isinstance(spec, Mapping) else None, place)
        if kind == "table":
            cells = (trace.get("cells") or {}).get("values") or []
            header = [str(text) for text in (trace.get("header") or {}).get("values") or []]
            if cells and all(isinstance(column, list) for column in cells):
                yield from grids_from_matrix(
                    place, [header, *[[str(item) for item in row] for row in zip(*cells, strict=False)]]
                )


def is_vega(spec: Any) -> bool:
    """Whether *spec* is a Vega or Vega-Lite description."""
    return isinstance(spec, Mapping) and (
        "vega" in str(spec.get("$schema", ""))
        or ("datasets" in spec and "config" in spec)
        or ("mark" in spec and "encoding" in spec)
    )


def check_vega(spec: Mapping[str, Any], where: str) -> Iterator[Finding | Grid]:
    """Yield what the inline data of a Vega figure hold."""
    sets = dict(spec.get("datasets") or {})
    text = json.dumps({key: value for key, value in spec.items() if key != "datasets"}, default=str)
    for number, values in enumerate(_inline(spec)):
        sets[f"données {number + 1}"] = values
    computed = (
        bool(
            re.search(
                r'"(?:aggregate|bin|timeUnit|density|boxplot|errorbar|loess|regression|quantile|joinaggregate)"', text
            )
        )
        or '"boxplot"' in text
    )
    for name, rows in sets.items():
        if isinstance(rows, list) and len(rows) > (
            MOST_MARKS if computed or re.search(r'"(?:point|circle|tick|square)"', text) else MOST_POINTS
        ):
            yield block(
                "figure.raw_values",
                f"{where} · {name}",
                f"La figure interactive contient {len(rows)} lignes d'origine : exportez une image et un tableau "
                f"agrégé.",
                f"The interactive figure holds {len(rows)} original rows: export a picture and an aggregate table.",
            )
        elif isinstance(rows, list) and rows and all(isinstance(row, Mapping) for row in rows):
            header = list(dict.fromkeys(key for row in rows for key in row))
            yield from grids_from_matrix(
                f"{where} · {name}", [header, *[[str(row.get(key, "")) for key in header] for row in rows]]
            )


def _inline(spec: Any) -> Iterator[list[Any]]:
    if isinstance(spec, Mapping):
        for key, value in spec.items():
            if key == "values" and isinstance(value, list):
                yield value
            elif key != "datasets":
                yield from _inline(value)
    elif isinstance(spec, list):
        for item in spec:
            yield from _inline(item)


def is_bokeh(spec: Any) -> bool:
    """Whether *spec* is a Bokeh document."""
    return (
        isinstance(spec, Mapping)
        and any(isinstance(part, Mapping) and ("roots" in part or "version" in part) for part in spec.values())
        and "ColumnDataSource" in json.dumps(spec, default=str)
    )


def check_bokeh(spec: Mapping[str, Any], where: str) -> Iterator[Finding | Grid]:
    """Yield what the column sources of a Bokeh document hold."""
    yield from drawn_by_bokeh(spec, where, MOST_MARKS)
    longest = max((len(values) for values in _sources(spec)), default=0)
    if longest > MOST_MARKS:
        yield block(
            "figure.raw_values",
            where,
            f"La figure interactive contient {longest} lignes d'origine : exportez une image et un tableau agrégé.",
            f"The interactive figure holds {longest} original rows: export a picture and an aggregate table.",
        )


def _sources(node: Any, *, inside: bool = False) -> Iterator[list[Any]]:
    if isinstance(node, Mapping):
        here = inside or node.get("name") == "ColumnDataSource" or node.get("type") == "ColumnDataSource"
        if isinstance(node.get("array"), Mapping | list) or "__ndarray__" in node:
            data = node.get("array", node)
            packed = data.get("data") if isinstance(data, Mapping) else data
            yield [0] * (
                _packed_length(packed, str(node.get("dtype", "float64")))
                if isinstance(packed, str)
                else len(packed or [])
            )
        for value in node.values():
            yield from _sources(value, inside=here)
    elif isinstance(node, list):
        if inside and node and all(isinstance(item, int | float | str) for item in node):
            yield node
        for item in node:
            if isinstance(item, Mapping | list):
                yield from _sources(item, inside=inside)


def _packed_length(text: str, dtype: str) -> int:
    bits = re.search(r"(?<!\d)\d+$", dtype)
    return len(text) * 3 // 4 // max(1, int(bits.group()) // 8 if bits else 8)


def json_values(script: str, most: int = 4000) -> Iterator[Any]:
    """Yield the JSON objects and arrays written inside a script, largest first found, none inside another."""
    decoder, at, tries = json.JSONDecoder(), 0, 0
    opening = re.compile(r"[\[{]\s*[\[{\"\d\-\]}]")
    while tries < most and (found := opening.search(script, at)) is not None:
        tries += 1
        try:
            value, end = decoder.raw_decode(script, found.start())
        except (ValueError, RecursionError):
            at = found.start() + 1
            continue
        at = end
        yield value


def check_spec(spec: Any, where: str) -> tuple[bool, list[Finding | Grid]]:
    """Return whether *spec* is a figure that we know, and what it holds."""
    if is_plotly(spec):
        return True, list(check_plotly(spec, where))
    if is_vega(spec):
        return True, list(check_vega(spec, where))
    if is_bokeh(spec):
        return True, list(check_bokeh(spec, where))
    return False, []


def longest_array(value: Any) -> int:
    """Return the length of the longest array of plain values inside *value*."""
    if isinstance(value, Mapping):
        if isinstance(value.get("bdata"), str):
            return len(unpacked(value))
        return max((longest_array(item) for item in value.values()), default=0)
    if isinstance(value, list):
        plain = sum(1 for item in value if isinstance(item, int | float | str))
        return max(
            plain,
            len(value) if value and all(isinstance(item, list | Mapping) for item in value) else 0,
            *(longest_array(item) for item in value if isinstance(item, list | Mapping)),
            0,
        )
    return 0


def figure_notice(where: str) -> Finding:
    """Return the finding for an interactive figure without raw values: still not what leaves."""
    return flag(
        "figure.interactive",
        where,
        "Figure interactive : son code s'exécute chez le lecteur ; préférez une image et un tableau.",
        "An interactive figure: its code runs at the reader's; prefer a picture and a table.",
    )
