"""What an interactive figure draws, as the table behind it: a map, a tree or a heat map counts as bars do."""

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hub_extensions.exports.checks.tables.grid import Grid, grids_from_matrix

#: Kinds of Plotly that give each label its number, and where these stand when not in x and y.
LABELLED = frozenset(
    """
    bar pie scatter funnel funnelarea treemap sunburst icicle waterfall choropleth choroplethmapbox choroplethmap
    barpolar scatterpolar
    """.split()
)
MATRICES = frozenset({"heatmap", "heatmapgl", "contour", "surface"})
_LABELS = ("labels", "locations", "theta")
_VALUES = ("values", "z", "r")
#: Columns of a Bokeh source that place a mark and count nothing.
_PLACING = frozenset(
    """
    index left bottom width height angle start end start_angle end_angle inner_radius outer_radius size alpha fill_alpha
    line_alpha line_width xs ys x_offset y_offset color colors fill_color line_color legend legend_label level_0
    """.split()
)
_DTYPES = frozenset("float64 float32 int8 uint8 int16 uint16 int32 uint32 int64 uint64".split())


def _text(value: Any) -> str:
    """Return a title, written plainly or as ``{"text": …}``."""
    said = value.get("text") if isinstance(value, Mapping) else value
    return said if isinstance(said, str) else ""


def _within(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _title(trace: Mapping[str, Any], layout: Any) -> str:
    """Return what the numbers of a trace are called: by itself, by its scale, or by the scale that it shares."""
    return (
        _text(trace.get("name"))
        or _text(_within(trace, "colorbar", "title"))
        or _text(_within(trace, "marker", "colorbar", "title"))
        or _text(_within(layout, "coloraxis", "colorbar", "title"))
        or "valeurs"
    )


def _numbered(place: str, names: Sequence[str], rows: Iterator[tuple[Any, ...]]) -> list[Grid]:
    return grids_from_matrix(place, [list(names), *[[str(item) for item in row] for row in rows]])


def drawn_by_plotly(
    trace: Mapping[str, Any], arrays: Mapping[str, Sequence[Any]], layout: Any, place: str
) -> list[Grid]:
    """Return the table behind one trace; none where it gives labels no numbers."""
    kind = str(trace.get("type", "scatter"))
    if kind in MATRICES:
        return _matrix(trace, arrays, layout, place)
    if kind == "sankey":
        return _flows(trace, place)
    if kind not in LABELLED:
        return []
    lying = trace.get("orientation") == "h"
    sides = (arrays["y"], arrays["x"]) if lying else (arrays["x"], arrays["y"])
    labels = next((list(trace[name]) for name in _LABELS if isinstance(trace.get(name), list)), None) or sides[0]
    values = next((arrays[name] for name in _VALUES if arrays[name]), None) or sides[1]
    if not labels or len(labels) != len(values):
        return []
    return _numbered(place, ["classe", _title(trace, layout)], zip(labels, values, strict=True))


def _matrix(trace: Mapping[str, Any], arrays: Mapping[str, Sequence[Any]], layout: Any, place: str) -> list[Grid]:
    values = arrays["z"]
    nested = isinstance(trace.get("z"), list) and bool(trace["z"]) and isinstance(trace["z"][0], list)
    wide = len(trace["z"][0]) if nested else len(arrays["x"])
    if not wide or len(values) % wide:
        return []
    across = arrays["x"] if len(arrays["x"]) == wide else [f"x{at}" for at in range(wide)]
    down = arrays["y"] if len(arrays["y"]) == len(values) // wide else [f"y{at}" for at in range(len(values) // wide)]
    cells = ((down[at // wide], across[at % wide], value) for at, value in enumerate(values) if value is not None)
    return _numbered(place, ["classe", "croisée avec", _title(trace, layout)], cells)


def _flows(trace: Mapping[str, Any], place: str) -> list[Grid]:
    names, links = _within(trace, "node", "label"), trace.get("link")
    parts = [_within(links, name) for name in ("source", "target", "value")]
    if not all(isinstance(part, list) for part in parts) or len({len(part) for part in parts}) > 1:
        return []
    known = names if isinstance(names, list) else []

    def named(at: Any) -> Any:
        return known[at] if isinstance(at, int) and 0 <= at < len(known) else f"nœud {at}"

    rows = ((named(source), named(target), value) for source, target, value in zip(*parts, strict=True))
    return _numbered(place, ["de", "vers", _text(trace.get("name")) or "valeurs"], rows)


def _array(value: Any) -> list[Any]:
    """Return a column of a Bokeh source: a list, or an array packed as version 2 or 3 packs one."""
    if isinstance(value, list):
        return value
    packed = _within(value, "__ndarray__") or _within(value, "array", "data") or _within(value, "array")
    if isinstance(packed, list):
        return packed
    dtype = str(_within(value, "dtype") or "")
    if not isinstance(packed, str) or dtype not in _DTYPES:
        return []
    import numpy as np

    try:
        return list(np.frombuffer(base64.b64decode(packed), dtype=f"<{np.dtype(dtype).str[1:]}").tolist())
    except (binascii.Error, ValueError):
        return []


def drawn_by_bokeh(node: Any, place: str, most: int) -> Iterator[Grid]:
    """Yield the column sources of a Bokeh document as tables, those of *most* lines at most."""
    if isinstance(node, list):
        for item in node:
            yield from drawn_by_bokeh(item, place, most)
    if not isinstance(node, Mapping):
        return
    if "ColumnDataSource" in (node.get("name"), node.get("type")):
        data = _within(node, "attributes", "data")
        entries = data.get("entries", data) if isinstance(data, Mapping) else {}
        pairs = entries.items() if isinstance(entries, Mapping) else [pair for pair in entries if len(pair) == 2]
        columns = {str(name): _array(value) for name, value in pairs}
        edges = {"right", "top"} if {"left", "bottom"} <= columns.keys() else {"right"} if "left" in columns else set()
        kept = {name: values for name, values in columns.items() if name not in _PLACING | edges and values}
        if len({len(values) for values in kept.values()}) == 1 and len(next(iter(kept.values()))) <= most:
            yield from _numbered(place, list(kept), zip(*kept.values(), strict=True))
    for value in node.values():
        yield from drawn_by_bokeh(value, place, most)
